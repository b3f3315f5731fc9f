/** Unpacks what is needed of a wheel. Every file appears whole, so that an interrupted or a second setup does no harm. */
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import yauzl from 'yauzl'
import { StegoError } from '../errors.js'
import { writeWhole } from '../write-whole.js'
import { isNeeded } from './contents.js'

/**
 * Unpacks a wheel into a folder and returns the number of bytes written. Throws `ERR_STEGO_DOWNLOAD` if the archive is
 * damaged or has an entry that leads out of the folder, `ERR_STEGO_FILE` for disk errors, and the signal's reason.
 */
export async function unpackWheel(archive: string, folder: string, signal?: AbortSignal): Promise<number> {
  let bytes = 0
  const zip = await explained(archive, () =>
    yauzl.openPromise(archive, { autoClose: false, strictFileNames: true }),
  )
  try {
    // The library rejects absolute names, backslashes and `..`, whether the entry is needed or not.
    await explained(archive, async () => {
      for await (const entry of zip.eachEntry()) {
        signal?.throwIfAborted()
        const { fileName, uncompressedSize } = entry
        if (!isNeeded(fileName)) continue
        await writeWhole(join(folder, fileName), async (temporary) => {
          const output = createWriteStream(temporary, { flags: 'wx', flush: true })
          await pipeline(await zip.openReadStreamPromise(entry), output, { signal })
        })
        bytes += uncompressedSize
      }
    })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    zip.close()
  }
  return bytes
}

/** Converts the library's errors; those of the system keep their code. */
async function explained<T>(archive: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof StegoError || (cause as NodeJS.ErrnoException).code === 'ENOENT') throw cause
    const message = cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause)
    throw new StegoError(
      'ERR_STEGO_DOWNLOAD',
      `${archive} cannot be unpacked: ${message}. Delete it and run stego doctor --setup cuda again; if that does not ` +
        'help, report it to whoever runs the package index.',
      { cause },
    )
  }
}
