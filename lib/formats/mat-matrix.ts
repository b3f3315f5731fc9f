/** Reads a matrix of a level 5 MATLAB file: flags, size and name, then values in column order. */
import { isArrayOf } from '../values.js'
import type { ByteOrder } from './byte-order.js'
import { FormatError } from './format-error.js'
import { type MatNumbers, readElement, storedNumbers } from './mat-element.js'
import { fillRowMajor } from './row-major.js'

/** Typed array for each of MATLAB's numeric classes. */
const CLASSES = {
  6: Float64Array,
  7: Float32Array,
  8: Int8Array,
  9: Uint8Array,
  10: Int16Array,
  11: Uint16Array,
  12: Int32Array,
  13: Uint32Array,
  14: BigInt64Array,
  15: BigUint64Array,
} as const
type NumericClass = keyof typeof CLASSES

/** Names of the other classes in messages. */
const OTHER_CLASSES: Record<number, string> = {
  1: 'a cell array',
  2: 'a struct',
  3: 'an object',
  4: 'text',
  5: 'a sparse matrix',
  16: 'a function',
  17: 'an object',
}
const COMPLEX_FLAG = 0x08
const MAX_DIMENSIONS = 32
const MAX_ELEMENTS = 2 ** 28
/** Far more than MATLAB's own limit. */
const LONGEST_NAME = 512
const MI_INT8 = 1
const MI_UINT8 = 2
const MI_INT32 = 5
const MI_UINT32 = 6

/** A numeric array. */
export interface MatArray {
  /** Size of each dimension, at least two: [rows, columns, ...]. */
  shape: number[]
  /** Values in row-major order, in the typed array for MATLAB's class. */
  data: MatNumbers
}

export interface MatrixHead {
  name: string
  class: number
  complex: boolean
  shape: number[]
  /** Offset of the values from the end of the matrix's tag. */
  values: number
}

/** Reads the header of a matrix. `bytes` is a matrix without its tag, or the start of one. */
export function readMatrixHead(bytes: Buffer, order: ByteOrder): MatrixHead {
  const flags = readElement(bytes, 0, order)
  const word = flags.type === MI_UINT32 ? storedNumbers(flags, order)?.[0] : undefined
  if (typeof word !== 'number') throw new FormatError('the flags of a variable are damaged')
  const size = readElement(bytes, flags.padded, order)
  const isShape = size.type === MI_INT32 && size.data.length <= 4 * MAX_DIMENSIONS
  const shape = isShape ? Array.from(storedNumbers(size, order)!, Number) : []
  if (shape.length < 2 || shape.some((side) => side < 0)) {
    throw new FormatError('the size of a variable is damaged')
  }
  const name = readElement(bytes, size.padded, order)
  if ((name.type !== MI_INT8 && name.type !== MI_UINT8) || name.data.length > LONGEST_NAME) {
    throw new FormatError('the name of a variable is damaged')
  }
  return {
    name: name.data.toString('latin1'),
    class: word & 0xff,
    complex: ((word >> 8) & COMPLEX_FLAG) !== 0,
    shape,
    values: name.padded,
  }
}

/** Reads the values of a matrix into row-major order. */
export function matrixValues(head: MatrixHead, bytes: Buffer, order: ByteOrder): MatArray {
  const { name, shape } = head
  if (!(head.class in CLASSES)) {
    const kind = OTHER_CLASSES[head.class] ?? `of the unknown class ${head.class}`
    throw new FormatError(`its variable "${name}" is ${kind}, expected a numeric array`)
  }
  if (head.complex) throw new FormatError(`its variable "${name}" is complex, expected real numbers`)
  const count = shape.reduce((product, side) => product * side, 1)
  if (count > MAX_ELEMENTS) throw new FormatError(`its variable "${name}" is too large: ${shape.join(' x ')}`)
  const stored = storedNumbers(readElement(bytes, head.values, order), order)
  if (stored?.length !== count) {
    throw new FormatError(
      `its variable "${name}" of ${shape.join(' x ')} has ${stored?.length ?? 'no'} values, expected ${count}`,
    )
  }
  const data = new CLASSES[head.class as NumericClass](count)
  const isBig = data instanceof BigInt64Array || data instanceof BigUint64Array
  if (isBig && isArrayOf(stored, 'Float32Array', 'Float64Array')) {
    throw new FormatError(`its variable "${name}" stores 64-bit integers as floating point`)
  }
  fillRowMajor(data, stored, shape, isBig ? BigInt : Number)
  return { shape, data }
}
