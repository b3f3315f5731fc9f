/**
 * Values of the addon in a realm that did not load it, as in Jest, where each test file has a realm of its own: their
 * arrays are not this realm's, so that `instanceof Uint8Array` is false.
 */
import { tagOf } from '../values.js'

type ArrayType = new (buffer: ArrayBufferLike, offset: number, length: number) => ArrayBufferView

/** The same value made of this realm's arrays and objects; typed arrays share their memory. Handles stay. */
export function ofThisRealm<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Object) return value
  return adopted(value) as T
}

function adopted(value: object): unknown {
  if (ArrayBuffer.isView(value)) {
    const type = Reflect.get(globalThis, tagOf(value)) as ArrayType | undefined
    const { buffer, byteOffset, length } = value as Uint8Array
    return type ? new type(buffer, byteOffset, length) : value
  }
  if (Array.isArray(value)) return Array.from(value, ofThisRealm)
  const isPlain = Object.getPrototypeOf(Object.getPrototypeOf(value) ?? {}) === null
  if (!isPlain || tagOf(value) !== 'Object') return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, ofThisRealm(each)]))
}
