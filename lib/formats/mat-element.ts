/** Elements of a level 5 MATLAB file: a type, a length and data. */
import { BYTE_ORDER, type ByteOrder, swapBytes } from './byte-order.js'
import { FormatError } from './format-error.js'

export const MI_MATRIX = 14
export const MI_COMPRESSED = 15

export interface MatElement {
  type: number
  data: Buffer
  /** Offset just after the data. */
  end: number
  /** `end` rounded up to eight bytes, where the next element starts. */
  padded: number
}

/** Reads the element at an offset. Data of up to four bytes may be in the tag itself. */
export function readElement(bytes: Buffer, at: number, order: ByteOrder): MatElement {
  if (at + 8 > bytes.length) throw new FormatError('it ends early')
  const read32 = (place: number) =>
    order === 'little' ? bytes.readUInt32LE(place) : bytes.readUInt32BE(place)
  const word = read32(at)
  const small = word >>> 16
  if (small !== 0) {
    if (small > 4) throw new FormatError(`it has a small element of ${small} bytes`)
    const end = at + 8
    return { type: word & 0xffff, data: bytes.subarray(at + 4, at + 4 + small), end, padded: end }
  }
  const length = read32(at + 4)
  const end = at + 8 + length
  if (end > bytes.length) throw new FormatError('it ends early')
  return { type: word, data: bytes.subarray(at + 8, end), end, padded: at + 8 + 8 * Math.ceil(length / 8) }
}

/** Typed array class for each element type. */
const STORED = {
  1: Int8Array,
  2: Uint8Array,
  3: Int16Array,
  4: Uint16Array,
  5: Int32Array,
  6: Uint32Array,
  7: Float32Array,
  9: Float64Array,
  12: BigInt64Array,
  13: BigUint64Array,
} as const

export type MatNumbers = InstanceType<(typeof STORED)[keyof typeof STORED]>

/** Copies the numbers of an element in stored order; null for other elements. */
export function storedNumbers({ type, data }: MatElement, order: ByteOrder): MatNumbers | null {
  if (!(type in STORED)) return null
  const Numbers = STORED[type as keyof typeof STORED]
  const width = Numbers.BYTES_PER_ELEMENT
  const bytes = new Uint8Array(data.length - (data.length % width))
  bytes.set(data.subarray(0, bytes.length))
  if (order !== BYTE_ORDER) swapBytes(Buffer.from(bytes.buffer), width)
  return new Numbers(bytes.buffer)
}
