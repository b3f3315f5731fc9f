/** Parses the JSON of a .safetensors header: objects, arrays, strings and integers, with unique names. */
import { FormatError } from './format-error.js'

const MAX_DEPTH = 16
/** Enough for half a million tensors. */
const MAX_VALUES = 2 ** 22

const code = (character: string) => character.charCodeAt(0)
const QUOTE = code('"')
const BACKSLASH = code('\\')
const COLON = code(':')
const COMMA = code(',')
const OPEN_OBJECT = code('{')
const OPEN_ARRAY = code('[')
const CLOSE_OBJECT = code('}')
const CLOSE_ARRAY = code(']')
/** Characters allowed outside strings. */
const ALLOWED = new Set([...'{}[]:, \t\r\n0123456789'].map(code))

/** Parses a header. Throws `FormatError` for anything but the JSON subset above. */
export function parseHeader(bytes: Buffer): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    checkTokens(text)
    return JSON.parse(text)
  } catch (cause) {
    if (cause instanceof FormatError) throw cause
    throw new FormatError(`its header is not JSON (${(cause as Error).message})`, { cause })
  }
}

/**
 * Rejects what `JSON.parse` would accept or be slow at: deep nesting, too many values, other kinds of values,
 * duplicate names. Invalid JSON is left to `JSON.parse`.
 */
function checkTokens(text: string): void {
  /** Names in each open object; null for an array. */
  const open: (Set<string> | null)[] = []
  let values = 0
  let last = ''
  for (let at = 0; at < text.length; at++) {
    const token = text.charCodeAt(at)
    if (token === QUOTE) {
      const end = endOfString(text, at)
      last = contentOf(text.slice(at, end))
      at = end - 1
    } else if (!ALLOWED.has(token)) {
      throw new FormatError('its header has a value that is not an object, array, string or integer')
    } else if (token === COLON) {
      const names = open.at(-1)
      if (names?.has(last)) throw new FormatError(`its header has the name '${last}' twice`)
      names?.add(last)
    } else if (token === OPEN_OBJECT || token === OPEN_ARRAY) {
      open.push(token === OPEN_OBJECT ? new Set() : null)
      if (open.length > MAX_DEPTH) throw new FormatError('its header has too many nested values')
      values++
    } else if (token === CLOSE_OBJECT || token === CLOSE_ARRAY) {
      open.pop()
    } else if (token === COMMA) {
      values++
    }
    if (values > MAX_VALUES) throw new FormatError(`its header has more than ${MAX_VALUES} values`)
  }
}

/** Offset just after the string that starts here, or the end of the text if it is unterminated. */
function endOfString(text: string, begin: number): number {
  let at = begin + 1
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at + 1
}

/** Decodes a quoted string. */
function contentOf(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  const content: string = JSON.parse(quoted)
  if (/\p{Surrogate}/u.test(content)) throw new FormatError('its header has an unpaired surrogate')
  return content
}
