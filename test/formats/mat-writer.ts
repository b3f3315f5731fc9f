/** Writes level 5 MATLAB files as the format's description has them, right and wrong ones. */
import { deflateSync } from 'node:zlib'

export type Order = 'little' | 'big'

/** Numbers of the types of elements. */
export const MI = {
  int8: 1,
  uint8: 2,
  int16: 3,
  uint16: 4,
  int32: 5,
  uint32: 6,
  single: 7,
  double: 9,
  int64: 12,
  uint64: 13,
  matrix: 14,
  compressed: 15,
} as const

/** Numbers of the classes of matrices. */
export const MX = {
  struct: 2,
  char: 4,
  sparse: 5,
  double: 6,
  single: 7,
  int8: 8,
  uint8: 9,
  int16: 10,
  uint16: 11,
  int32: 12,
  uint32: 13,
  int64: 14,
  uint64: 15,
} as const

const WIDTH: Record<number, number> = { 1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8 }

/** Numbers as an element's type stores them. */
export function numbersOf(type: number, values: readonly (number | bigint)[], order: Order): Buffer {
  const width = WIDTH[type]!
  const bytes = Buffer.alloc(values.length * width)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const little = order === 'little'
  for (const [i, value] of values.entries()) {
    const at = i * width
    if (type === MI.single) view.setFloat32(at, Number(value), little)
    else if (type === MI.double) view.setFloat64(at, Number(value), little)
    else if (width === 8) view.setBigInt64(at, BigInt(value), little)
    else if (width === 4) view.setInt32(at, Number(value), little)
    else if (width === 2) view.setInt16(at, Number(value), little)
    else view.setInt8(at, Number(value))
  }
  return bytes
}

function word(value: number, order: Order): Buffer {
  const bytes = Buffer.alloc(4)
  if (order === 'little') bytes.writeUInt32LE(value)
  else bytes.writeUInt32BE(value)
  return bytes
}

/** An element; up to four bytes of data go into the tag where `small`. */
export function element(type: number, data: Buffer, order: Order, small = false): Buffer {
  if (small && data.length <= 4) {
    return Buffer.concat([word(data.length * 0x10000 + type, order), data, Buffer.alloc(4 - data.length)])
  }
  const padding = type === MI.compressed ? 0 : (8 - (data.length % 8)) % 8
  return Buffer.concat([word(type, order), word(data.length, order), data, Buffer.alloc(padding)])
}

export interface Matrix {
  name: string
  /** Number of the class, with flags above it. */
  class: number
  shape: number[]
  /** Type of the element of values. */
  type: number
  /** Column by column. */
  values: readonly (number | bigint)[]
  small?: boolean
}

/** A matrix as an element. */
export function matrix(parts: Matrix, order: Order): Buffer {
  const { small = true } = parts
  const body = [
    element(MI.uint32, numbersOf(MI.uint32, [parts.class, 0], order), order),
    element(MI.int32, numbersOf(MI.int32, parts.shape, order), order),
    element(MI.int8, Buffer.from(parts.name), order, small),
    element(parts.type, numbersOf(parts.type, parts.values, order), order, small),
  ]
  return element(MI.matrix, Buffer.concat(body), order)
}

/** An element, compressed. */
export function compressed(inner: Buffer, order: Order): Buffer {
  return element(MI.compressed, deflateSync(inner), order)
}

/** A file of these elements. */
export function matFile(elements: Buffer[], order: Order = 'little'): Buffer {
  const header = Buffer.alloc(128, ' ')
  header.write('MATLAB 5.0 MAT-file, written by a test', 'latin1')
  header.fill(0, 116, 124)
  header.write(order === 'little' ? '\x00\x01IM' : '\x01\x00MI', 124, 'latin1')
  return Buffer.concat([header, ...elements])
}

/** A file of one unsigned 8-bit array given row by row. */
export function imageFile(name: string, shape: number[], at: (...index: number[]) => number): Buffer {
  const values: number[] = []
  const [rows, columns, channels] = shape as [number, number, number?]
  for (let c = 0; c < (channels ?? 1); c++) {
    for (let x = 0; x < columns; x++) for (let y = 0; y < rows; y++) values.push(at(y, x, c))
  }
  const inner = matrix({ name, class: MX.uint8, shape, type: MI.uint8, values }, 'little')
  return matFile([compressed(inner, 'little')])
}
