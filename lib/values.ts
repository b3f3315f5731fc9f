/**
 * Kinds of values, whichever realm they come from: a test runner or `vm` context has a `Uint8Array`, a `URL` and an
 * `Error` of its own, for which `instanceof` is false.
 */

/** Typed arrays by the name of their type. */
interface ArrayTypes {
  Float32Array: Float32Array
  Float64Array: Float64Array
  BigInt64Array: BigInt64Array
  Int32Array: Int32Array
  Int16Array: Int16Array
  Int8Array: Int8Array
  Uint32Array: Uint32Array
  Uint16Array: Uint16Array
  Uint8Array: Uint8Array
  Uint8ClampedArray: Uint8ClampedArray
}
/** The name of a type of typed arrays. A Buffer is a Uint8Array. */
export type ArrayName = keyof ArrayTypes

/** The type of an object as its realm calls it: `Uint8Array`, `URL`, `Error`, `Object`. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}

/** Whether a value is a typed array of one of these types. */
export function isArrayOf<Name extends ArrayName>(
  value: unknown,
  ...names: Name[]
): value is ArrayTypes[Name] {
  return ArrayBuffer.isView(value) && names.some((name) => name === tagOf(value))
}

/** Whether a value is a URL. */
export function isUrl(value: unknown): value is URL {
  return tagOf(value) === 'URL' && typeof (value as URL).href === 'string'
}

/** Whether a value is an object of named values, of any realm. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return tagOf(value) === 'Object'
}

/** The bytes of an array or buffer, as a view of the same memory that belongs to this realm. */
export function bytesOf(value: ArrayBufferView | ArrayBufferLike): Uint8Array {
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value)
}

const LONGEST = 120

/** A text for a message: the whole of it, or its beginning and end if it is long. */
export function brief(text: string, longest = LONGEST): string {
  if (text.length <= longest) return text
  const end = Math.floor(longest / 3)
  return `${text.slice(0, longest - end - 3)}...${text.slice(-end)}`
}

/** Names a value's type for a message: `undefined`, `a string`, `an instance of Response`. */
export function typeWords(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value !== 'object') return `a ${typeof value}`
  const name = value.constructor?.name || tagOf(value)
  return isRecord(value) && name === 'Object'
    ? `an object with ${brief(Object.keys(value).join(', ')) || 'nothing in it'}`
    : `an instance of ${brief(name)}`
}
