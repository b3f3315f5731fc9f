/** Atomic writes. */
import { fsync } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { StegoError } from './errors.js'

const fsyncLater = promisify(fsync)

/** Like `handle.sync()`, which is missing from file handles under Yarn Plug'n'Play. */
export const syncFile = (handle: FileHandle): Promise<void> => fsyncLater(handle.fd)

/**
 * Writes to a temporary file in the same folder, syncs and renames it. Creates the folder if needed.
 * @param content the bytes, or a function that writes and syncs the file at the path it is given
 *
 * Throws `ERR_STEGO_FILE` on failure, or any error that `content` throws.
 */
export async function writeWhole(
  file: string,
  content: Uint8Array | ((temporary: string) => Promise<void>),
): Promise<void> {
  const folder = dirname(file)
  // A short name of its own: beside a long one there may be no room for more.
  const temporary = join(folder, `.stego-${process.pid}-${Math.random().toString(36).slice(2)}.tmp`)
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
      `${file} cannot be written (${reason}). Check the folder's permissions and free space, or choose ` +
        'another location.',
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
