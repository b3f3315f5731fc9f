/** The JSON of a .safetensors header: objects, arrays, strings and whole numbers, every name once. */
import { FormatError } from './format-error.js'

const MAX_DEPTH = 16
const QUOTE = '"'.charCodeAt(0)
const BACKSLASH = '\\'.charCodeAt(0)
/** What stands outside of strings. */
const ALLOWED = new Set([...'{}[]:, \t\r\n0123456789'].map((character) => character.charCodeAt(0)))
const [OPEN_OBJECT, OPEN_ARRAY, CLOSE_OBJECT, CLOSE_ARRAY] = [...'{[}]'].map((c) => c.charCodeAt(0))
const COLON = ':'.charCodeAt(0)

/** Parses a header. Throws `FormatError` where it is no JSON, or JSON that a header does not need. */
export function parseHeader(bytes: Buffer): unknown {
  let text: string
  let value: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    value = JSON.parse(text)
  } catch (cause) {
    throw new FormatError(`its header is not JSON (${(cause as Error).message})`, { cause })
  }
  checkTokens(text)
  return value
}

/** Finds in valid JSON what `JSON.parse` lets pass: names that occur twice, other kinds of values, deep nesting. */
function checkTokens(text: string): void {
  /** The names of every open object; null for an array. */
  const open: (Set<string> | null)[] = []
  let last = ''
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      const end = endOfString(text, at)
      last = JSON.parse(text.slice(at, end + 1))
      if (/\p{Surrogate}/u.test(last)) throw new FormatError('its header has half a surrogate pair')
      at = end
    } else if (!ALLOWED.has(code)) {
      throw new FormatError('its header has a value that is neither object, array, string nor whole number')
    } else if (code === COLON) {
      const names = open.at(-1)!
      if (names.has(last)) throw new FormatError(`its header has the name '${last}' twice`)
      names.add(last)
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      open.push(code === OPEN_OBJECT ? new Set() : null)
      if (open.length > MAX_DEPTH) throw new FormatError('its header has too many nested values')
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      open.pop()
    }
  }
}

/** The closing quote of the string that begins here. */
function endOfString(text: string, begin: number): number {
  let at = begin + 1
  while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at
}
