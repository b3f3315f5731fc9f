/**
 * NumPy's .npy format, versions 1.0 to 3.0: a magic word, a Python dictionary with element type, order and
 * shape, then the elements. Arrays of plain numbers only; nothing is ever evaluated.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { BYTE_ORDER, swapBytes } from './byte-order.js'
import { FormatError } from './format-error.js'
import { fillRowMajor } from './row-major.js'

/** Typed arrays for the supported element types. */
export type NpyData =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array

/** An array in row-major order. The shape of a scalar is []. */
export interface NpyArray {
  /** The values. */
  data: NpyData
  /** Length of each axis. */
  shape: number[]
}

const MAGIC = Buffer.from('\x93NUMPY', 'latin1')
/** NumPy's own limit. */
const MAX_HEADER_BYTES = 10_000
/** NumPy's own limit, before version 2. */
const MAX_AXES = 32

/** Element types by NumPy type code without byte order. Booleans are bytes 0 and 1. */
const TYPES: Record<string, new (buffer: ArrayBuffer) => NpyData> = {
  i1: Int8Array,
  u1: Uint8Array,
  b1: Uint8Array,
  i2: Int16Array,
  u2: Uint16Array,
  i4: Int32Array,
  u4: Uint32Array,
  i8: BigInt64Array,
  u8: BigUint64Array,
  f4: Float32Array,
  f8: Float64Array,
}

/**
 * Parses the bytes of a .npy array with 8- to 64-bit integers, float32, float64 or booleans (as bytes), of
 * either byte order. Values are returned in row-major order. Throws `FormatError` if they are damaged or of
 * another type.
 */
export function parseNpy(bytes: Buffer): NpyArray {
  const { header, start } = splitHeader(bytes)
  const { descr, fortranOrder, shape } = parseHeader(header)
  const [, order, kind] = /^([<>|=])([a-z]\d+)$/.exec(descr) ?? []
  const type = kind !== undefined && Object.hasOwn(TYPES, kind) ? TYPES[kind] : undefined
  if (!type) {
    throw new FormatError(
      `its elements are ${descr}, but only ${Object.keys(TYPES).join(', ')} are supported`,
    )
  }
  const elementBytes = Number(kind!.slice(1))
  const needed = countOf(shape) * elementBytes
  if (bytes.length - start !== needed) {
    throw new FormatError(`its shape [${shape.join(', ')}] does not fit its ${bytes.length - start} bytes`)
  }
  const content = Buffer.from(new ArrayBuffer(needed))
  bytes.copy(content, 0, start)
  if (order === (BYTE_ORDER === 'little' ? '>' : '<')) swapBytes(content, elementBytes)
  const stored = new type(content.buffer)
  if (!fortranOrder) return { data: stored, shape }
  const data = new type(new ArrayBuffer(needed))
  fillRowMajor(data, stored, shape)
  return { data, shape }
}

function splitHeader(bytes: Buffer): { header: string; start: number } {
  if (bytes.length < 12 || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new FormatError('it is not a .npy array')
  }
  const version = bytes[6]!
  if (version < 1 || version > 3) {
    throw new FormatError(`it has .npy version ${version}, but only 1 to 3 are supported`)
  }
  const begin = version === 1 ? 10 : 12
  const length = version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8)
  if (length > MAX_HEADER_BYTES) {
    throw new FormatError(`its header has ${length} bytes, above the limit of ${MAX_HEADER_BYTES}`)
  }
  const start = begin + length
  if (start > bytes.length) throw new FormatError('its header is longer than the file')
  return { header: bytes.toString(version === 3 ? 'utf8' : 'latin1', begin, start), start }
}

interface Header {
  descr: string
  fortranOrder: boolean
  shape: number[]
}

const ENTRY = /\s*'(?<key>\w+)'\s*:\s*(?:'(?<text>[^']*)'|(?<flag>True|False)|\((?<sides>[\d\s,L]*)\))\s*,?/y

/** Parses the dictionary: three keys in any order, with only strings, booleans and integers as values. */
function parseHeader(header: string): Header {
  const text = header.trim()
  const fail = () => new FormatError('its header does not describe an array of plain numbers')
  if (!text.startsWith('{') || !text.endsWith('}')) throw fail()
  const inside = text.slice(1, -1).trimEnd()
  const found = new Map<string, Record<string, string | undefined>>()
  for (ENTRY.lastIndex = 0; ENTRY.lastIndex < inside.length; ) {
    const groups = ENTRY.exec(inside)?.groups
    if (!groups || found.has(groups.key!)) throw fail()
    found.set(groups.key!, groups)
  }
  const descr = found.get('descr')?.text
  const flag = found.get('fortran_order')?.flag
  const sides = found.get('shape')?.sides
  if (found.size !== 3 || descr === undefined || flag === undefined || sides === undefined) throw fail()
  const words = sides.split(',').map((side) => side.trim().replace(/L$/, ''))
  if (words.at(-1) === '') words.pop()
  if (words.length > MAX_AXES) {
    throw new FormatError(`it has ${words.length} axes, above the limit of ${MAX_AXES}`)
  }
  const shape = words.map(Number)
  if (words.includes('') || !shape.every(Number.isSafeInteger)) throw fail()
  return { descr, fortranOrder: flag === 'True', shape }
}

/** Number of values in a shape; Infinity on overflow. */
function countOf(shape: number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((product, side) => product * side, 1)
}
