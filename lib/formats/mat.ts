/**
 * Reads one numeric array of a MATLAB file, level 5 (MATLAB 5 to 7.2, scipy.io.savemat): plain and compressed, of
 * either byte order. Only the variable asked for is decoded, and never more bytes than it says it has. The older
 * level 4 and the newer 7.3, which is HDF5, are refused by name.
 */
import { promisify } from 'node:util'
import { constants, inflate, inflateSync } from 'node:zlib'
import { StegoError } from '../errors.js'
import type { ByteOrder } from './byte-order.js'
import { explaining, FormatError } from './format-error.js'
import { type MatElement, MI_COMPRESSED, MI_MATRIX, readElement } from './mat-element.js'
import { type MatArray, matrixValues, readMatrixHead } from './mat-matrix.js'
import { readFileOrExplain } from './read-file.js'

export type { MatArray } from './mat-matrix.js'

const inflateAsync = promisify(inflate)

const MAX_FILE_BYTES = 2 ** 30
const HEADER_BYTES = 128
/** More variables than any data set's file has; each costs a little work even when it is passed over. */
const MAX_VARIABLES = 1024
/** Compressed bytes that hold the name of a variable for certain. */
const HEAD_BYTES = 768
const MAX_BYTES = 2 ** 29
/** The most that a byte of deflate can stand for. */
const DEFLATE_LIMIT = 1032
const HDF5_SIGNATURE = Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a])

/**
 * Reads a variable of a .mat file.
 * @returns its size and its values in row-major order
 *
 * Rejects with `ERR_STEGO_DATA_MISSING` where the file or the variable does not exist, `ERR_STEGO_IMAGE` where the file is
 * damaged, is not a MATLAB file of level 5, or the variable is not a numeric array.
 */
export async function readMat(path: string, variable: string): Promise<MatArray> {
  return decodeMat(await readFileOrExplain(path, 'mat', MAX_FILE_BYTES), variable, path)
}

/** The same from the bytes of a file; `name` is what messages call it. */
export async function decodeMat(bytes: Buffer, variable: string, name: string): Promise<MatArray> {
  const { array, names } = await explaining(name, 'mat', () => findVariable(bytes, variable))
  if (array) return array
  throw new StegoError(
    'ERR_STEGO_DATA_MISSING',
    `Expected a variable "${variable}" in ${name}, but it holds: ${names.join(', ') || 'nothing'}. Check that it is ` +
      'a file of this data set.',
  )
}

async function findVariable(
  bytes: Buffer,
  variable: string,
): Promise<{ array: MatArray | null; names: string[] }> {
  const order = byteOrder(bytes)
  const names: string[] = []
  let at = HEADER_BYTES
  for (let count = 0; at < bytes.length; count++) {
    if (count === MAX_VARIABLES) throw new FormatError(`it holds more than ${MAX_VARIABLES} variables`)
    const element = readElement(bytes, at, order)
    // Compressed elements are the only ones that are not padded to eight bytes.
    at = element.type === MI_COMPRESSED ? element.end : element.padded
    const head = headOf(element, order)
    if (head === null) continue
    if (head.name === variable) {
      return { array: matrixValues(head, await bodyOf(element, order), order), names }
    }
    names.push(head.name)
  }
  return { array: null, names }
}

/** What a matrix says of itself; null for other elements. A compressed one is only opened for its first bytes. */
function headOf(element: MatElement, order: ByteOrder) {
  if (element.type === MI_MATRIX) return readMatrixHead(element.data, order)
  if (element.type !== MI_COMPRESSED) return null
  const start = inflated(() =>
    inflateSync(element.data.subarray(0, HEAD_BYTES), { finishFlush: constants.Z_SYNC_FLUSH }),
  )
  if (start.length < 8) throw new FormatError('a compressed variable ends early')
  const isMatrix = read32(start, 0, order) === MI_MATRIX
  return isMatrix ? readMatrixHead(start.subarray(8), order) : null
}

/** The bytes of a matrix after its tag. */
async function bodyOf(element: MatElement, order: ByteOrder): Promise<Buffer> {
  if (element.type === MI_MATRIX) return element.data
  const start = inflateSync(element.data.subarray(0, HEAD_BYTES), { finishFlush: constants.Z_SYNC_FLUSH })
  const size = read32(start, 4, order)
  if (size > MAX_BYTES || size > element.data.length * DEFLATE_LIMIT) {
    throw new FormatError(`a compressed variable says it has ${size} bytes, which it cannot hold`)
  }
  const whole = await inflateAsync(element.data, { maxOutputLength: size + 8 }).catch((cause) => {
    throw new FormatError(`a compressed variable is damaged (${cause.code ?? cause.message})`, { cause })
  })
  if (whole.length < size + 8) throw new FormatError('a compressed variable ends early')
  return whole.subarray(8)
}

function inflated(work: () => Buffer): Buffer {
  try {
    return work()
  } catch (cause) {
    throw new FormatError(`a compressed variable is damaged (${(cause as NodeJS.ErrnoException).code})`, {
      cause,
    })
  }
}

function byteOrder(bytes: Buffer): ByteOrder {
  const isHdf5 = (at: number) => bytes.subarray(at, at + 8).equals(HDF5_SIGNATURE)
  if (isHdf5(0) || isHdf5(512)) throw new FormatError('it is of MATLAB 7.3 (HDF5), expected MATLAB 5 to 7.2')
  // A level 5 file begins with text, a level 4 file with a small number.
  if (bytes.length >= 4 && bytes.subarray(0, 4).includes(0)) {
    throw new FormatError('it is of MATLAB 4 or no MATLAB file, expected MATLAB 5 to 7.2')
  }
  const mark = bytes.toString('latin1', 126, 128)
  if (bytes.length < HEADER_BYTES || (mark !== 'IM' && mark !== 'MI')) {
    throw new FormatError('it is not a MATLAB file')
  }
  return mark === 'IM' ? 'little' : 'big'
}

const read32 = (bytes: Buffer, at: number, order: ByteOrder) =>
  order === 'little' ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
