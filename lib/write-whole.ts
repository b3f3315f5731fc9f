/** Files that appear whole or not at all. */
import { fsync } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { StegoError } from './errors.js'

const fsyncLater = promisify(fsync)

/** As `handle.sync()`, which the handles of Yarn's Plug'n'Play do not have. */
export const syncFile = (handle: FileHandle): Promise<void> => fsyncLater(handle.fd)

/**
 * Writes to a temporary name in the same folder, syncs and renames; a missing folder is made.
 * @param content the bytes, or a function that writes and syncs the file of the name it is given
 *
 * Throws `ERR_STEGO_FILE` where that fails, and what `content` throws.
 */
export async function writeWhole(
  file: string,
  content: Uint8Array | ((temporary: string) => Promise<void>),
): Promise<void> {
  const folder = dirname(file)
  const temporary = join(
    folder,
    `.${basename(file)}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`,
  )
  try {
    await mkdir(folder, { recursive: true })
    if (typeof content === 'function') await content(temporary)
    else await writeSynced(temporary, content)
    await rename(temporary, file)
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {})
    if (cause instanceof StegoError && cause.code !== 'ERR_STEGO_FILE') throw cause
    const { code, message } = cause as NodeJS.ErrnoException
    const reason = cause instanceof StegoError ? message.replaceAll(temporary, file) : (code ?? String(cause))
    throw new StegoError(
      'ERR_STEGO_FILE',
      `${file} cannot be written (${reason}). Check the folder's permissions and the space left, or choose ` +
        'another place.',
      { cause },
    )
  }
}

async function writeSynced(path: string, content: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx')
  try {
    await handle.writeFile(content)
    await syncFile(handle)
  } finally {
    await handle.close()
  }
}
