/** Paths, as functions take them: as text or as `file:` URLs, which may be text too. */
import { fileURLToPath } from 'node:url'
import { StegoError } from '../errors.js'
import { brief, isUrl, typeWords } from '../values.js'

/** The path as text. Throws `ERR_STEGO_OPTION` for what is neither a path nor a `file:` URL. */
export function pathOf(path: string | URL): string {
  const text = pathText(path)
  if (text !== null) return text
  const given = isUrl(path) ? path.href : path
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `expected a path or a file: URL, got ${given === '' ? 'an empty path' : typeof given === 'string' ? brief(given) : typeWords(given)}.`,
  )
}

/** The path as text; null for what is neither a path nor a `file:` URL of this machine. */
export function pathText(path: unknown): string | null {
  const text = isUrl(path) ? path.href : path
  if (typeof text !== 'string' || text === '') return null
  if (!isUrl(path) && !/^file:/i.test(text)) return text
  try {
    return fileURLToPath(text)
  } catch {
    return null
  }
}
