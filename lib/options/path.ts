/** Paths, as functions take them: as text or as `file:` URLs. */
import { fileURLToPath } from 'node:url'
import { StegoError } from '../errors.js'

/** The path as text. Throws `ERR_STEGO_OPTION` for what is neither a path nor a `file:` URL. */
export function pathOf(path: string | URL): string {
  if (path instanceof URL && path.protocol === 'file:') return fileURLToPath(path)
  if (typeof path === 'string' && path !== '') return path
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `expected a path or a file: URL, got ${path === '' ? 'an empty path' : path}.`,
  )
}
