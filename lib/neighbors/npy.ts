/**
 * NumPy's .npy format, versions 1.0 to 3.0: a magic word, a Python dictionary with element type, order and shape,
 * then the elements. Arrays of plain numbers only; nothing is ever evaluated.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { endianness } from 'node:os'
import { FormatError } from './format-error.js'

/** Arrays of the element types that are read and written. */
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

/** Values in row-major order, and their shape; [] for a single number. */
export interface NpyArray {
  /** The values. */
  data: NpyData
  /** Length of each axis. */
  shape: number[]
}

const MAGIC = Buffer.from('\x93NUMPY', 'latin1')
/** What a file begins with is padded to a multiple of this. */
const ALIGNMENT = 64
const LITTLE_ENDIAN = endianness() === 'LE'

/** Element types by what follows the byte order in NumPy's name for them. Booleans are bytes of 0 and 1. */
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

/** Reads an array, Fortran order and foreign byte order included. Throws `FormatError`. */
export function decodeNpy(bytes: Buffer): NpyArray {
  const { header, start } = splitHeader(bytes)
  const { descr, fortranOrder, shape } = parseHeader(header)
  const [, order, kind] = /^([<>|=])([a-z]\d+)$/.exec(descr) ?? []
  const type = kind !== undefined && Object.hasOwn(TYPES, kind) ? TYPES[kind] : undefined
  if (!type) {
    throw new FormatError(`its elements are ${descr}, only ${Object.keys(TYPES).join(', ')} are read`)
  }
  const elementBytes = Number(kind!.slice(1))
  const needed = countOf(shape) * elementBytes
  if (bytes.length - start !== needed) {
    throw new FormatError(`its shape [${shape.join(', ')}] does not fit its ${bytes.length - start} bytes`)
  }
  const content = Buffer.from(new ArrayBuffer(needed))
  bytes.copy(content, 0, start)
  if ((order === '>' && LITTLE_ENDIAN) || (order === '<' && !LITTLE_ENDIAN)) swap(content, elementBytes)
  const data = new type(content.buffer)
  return { data: fortranOrder ? toRowMajor(data, shape) : data, shape }
}

/** Writes an array in row-major order. Throws `FormatError` where data and shape disagree. */
export function encodeNpy({ data, shape }: NpyArray): Buffer {
  if (shape.some((side) => !Number.isSafeInteger(side) || side < 0) || countOf(shape) !== data.length) {
    throw new FormatError(`its shape [${shape.join(', ')}] does not fit its ${data.length} values`)
  }
  const kind = Object.keys(TYPES).find((name) => data instanceof TYPES[name]!)!
  const order = data.BYTES_PER_ELEMENT === 1 ? '|' : LITTLE_ENDIAN ? '<' : '>'
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const text = `{'descr': '${order}${kind}', 'fortran_order': False, 'shape': ${tuple}, }`
  const padded = Math.ceil((MAGIC.length + 4 + text.length + 1) / ALIGNMENT) * ALIGNMENT
  const header = Buffer.alloc(padded, ' ')
  MAGIC.copy(header)
  header[6] = 1
  header[7] = 0
  header.writeUInt16LE(padded - MAGIC.length - 4, 8)
  header.write(text, 10, 'latin1')
  header[padded - 1] = 0x0a
  return Buffer.concat([header, Buffer.from(data.buffer, data.byteOffset, data.byteLength)])
}

function splitHeader(bytes: Buffer): { header: string; start: number } {
  if (bytes.length < 12 || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new FormatError('it is no .npy array')
  }
  const version = bytes[6]!
  if (version < 1 || version > 3) {
    throw new FormatError(`it has .npy version ${version}, only 1 to 3 are read`)
  }
  const begin = version === 1 ? 10 : 12
  const start = begin + (version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8))
  if (start > bytes.length) throw new FormatError('its header is longer than the file')
  return { header: bytes.toString(version === 3 ? 'utf8' : 'latin1', begin, start), start }
}

interface Header {
  descr: string
  fortranOrder: boolean
  shape: number[]
}

const ENTRY = /\s*'(?<key>\w+)'\s*:\s*(?:'(?<text>[^']*)'|(?<flag>True|False)|\((?<sides>[\d\s,L]*)\))\s*,?/y

/** Reads the dictionary: three keys in any order, and no expression beyond text, truth values and whole numbers. */
function parseHeader(header: string): Header {
  const text = header.trim()
  const fail = () => new FormatError('its header is not that of an array of plain numbers')
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
  const shape = words.map(Number)
  if (words.includes('') || !shape.every(Number.isSafeInteger)) throw fail()
  return { descr, fortranOrder: flag === 'True', shape }
}

/** Values of a shape; Infinity where they cannot be counted. */
function countOf(shape: number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((product, side) => product * side, 1)
}

function swap(content: Buffer, elementBytes: number): void {
  if (elementBytes === 2) content.swap16()
  if (elementBytes === 4) content.swap32()
  if (elementBytes === 8) content.swap64()
}

/** Column-major values in row-major order. */
function toRowMajor(data: NpyData, shape: number[]): NpyData {
  // Elements are moved, never looked at: one type stands for all.
  const from = data as Float64Array
  const to = from.slice()
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, side) => product * side, 1))
  const index = shape.map(() => 0)
  for (let place = 0, source = 0; place < to.length; place++) {
    to[place] = from[source]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      source -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return to
}
