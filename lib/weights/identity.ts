/** Identifies backbones in feature keys. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { StegoError } from '../errors.js'

/**
 * Returns `sha256:` and the hash of the weight file, or the name of a built-in backbone.
 * Rejects with `ERR_STEGO_DATA_MISSING` or `ERR_STEGO_FILE` for a file that cannot be read.
 */
export async function identifyBackbone(name: string): Promise<string> {
  const isFile = await stat(name).then(
    (stats) => stats.isFile(),
    () => false,
  )
  if (!isFile) return name
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(name), hash)
  } catch (cause) {
    throw unreadable(name, cause)
  }
  return `sha256:${hash.digest('hex')}`
}

/** The error for a file that is missing or unreadable. */
export function unreadable(path: string, cause: unknown): StegoError {
  const { code } = cause as NodeJS.ErrnoException
  const missing = code === 'ENOENT' || code === 'ENOTDIR'
  return new StegoError(
    missing ? 'ERR_STEGO_DATA_MISSING' : 'ERR_STEGO_FILE',
    missing
      ? `the file ${path} does not exist. Check the path.`
      : `the file ${path} cannot be read (${code ?? cause}). Check its permissions.`,
    { cause },
  )
}
