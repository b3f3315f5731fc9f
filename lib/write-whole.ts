/** Files that appear whole or not at all. */
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { StegoError } from './errors.js'
import { syncFile } from './sync-file.js'

/**
 * Writes to a temporary name in the same folder, syncs and renames; a missing folder is made.
 * Throws `ERR_STEGO_FILE` where that fails.
 */
export async function writeWhole(file: string, content: Buffer): Promise<void> {
  const folder = dirname(file)
  const temporary = join(
    folder,
    `.${basename(file)}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`,
  )
  try {
    await mkdir(folder, { recursive: true })
    const handle = await open(temporary, 'wx')
    try {
      await handle.writeFile(content)
      await syncFile(handle)
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {})
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new StegoError(
      'ERR_STEGO_FILE',
      `${file} cannot be written (${reason}). Check the folder's permissions and the space left, or choose ` +
        'another place.',
      { cause },
    )
  }
}
