/** Identifies backbones in feature keys. */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { StegoError } from '../errors.js'
import { readBackboneConfig } from './backbone-config.js'
import { isImageNet } from './normalization.js'
import { findPublished } from './registry.js'
import { STARTER } from './starter.js'
import { weightFiles } from './weight-folder.js'

/**
 * Returns `sha256:` and a hash, or the name of a built-in or published backbone. The hash is that of the weight file. If
 * there are several, or the configuration beside them says how to compute, it is one over the hashes of the files and what
 * is said. Rejects with `ERR_STEGO_DATA_MISSING` or `ERR_STEGO_FILE` for a file that cannot be read, and
 * `ERR_STEGO_CHECKPOINT` for a malformed index or configuration.
 */
export async function identifyBackbone(name: string): Promise<string> {
  if (name === STARTER || findPublished(name) || !existsSync(name)) return name
  const hashes: string[] = []
  for (const file of await weightFiles(name)) hashes.push(await hashOf(file))
  const { heads, normalization } = await readBackboneConfig(name)
  const said = [
    ...(heads > 0 ? [`heads ${heads}`] : []),
    ...(isImageNet(normalization) ? [] : [JSON.stringify(normalization)]),
  ]
  const [only, ...others] = [...hashes, ...said]
  if (others.length === 0) return `sha256:${only}`
  return `sha256:${createHash('sha256')
    .update([only, ...others].join('\n'))
    .digest('hex')}`
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(file), hash)
  } catch (cause) {
    throw unreadable(file, cause)
  }
  return hash.digest('hex')
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
