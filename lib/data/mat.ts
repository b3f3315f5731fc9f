/**
 * Reads one numeric array of a MATLAB file, level 5 (MATLAB 5 to 7.2, scipy.io.savemat): plain and compressed, of
 * either byte order. Only the variable asked for is decoded, and never more bytes than it says it has. The older
 * level 4 and the newer 7.3, which is HDF5, are refused by name.
 */
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { constants, inflate, inflateSync } from 'node:zlib'
import { StegoError } from '../errors.js'
import {
  type ByteOrder,
  type MatElement,
  MatError,
  MI_COMPRESSED,
  MI_MATRIX,
  readElement,
} from './mat-element.js'
import { type MatArray, matrixValues, readMatrixHead } from './mat-matrix.js'

export type { MatArray } from './mat-matrix.js'

const inflateAsync = promisify(inflate)

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
 * Throws `ERR_STEGO_DATA_MISSING` where the file or the variable does not exist, `ERR_STEGO_IMAGE` where the file is
 * damaged, is no MATLAB file of level 5, or the variable is not a numeric array.
 */
export async function readMat(path: string, variable: string): Promise<MatArray> {
  const bytes = await readFile(path).catch((cause) => {
    const missing = cause.code === 'ENOENT' || cause.code === 'ENOTDIR'
    throw missing
      ? new StegoError('ERR_STEGO_DATA_MISSING', `the file ${path} does not exist. Check the path.`, {
          cause,
        })
      : new StegoError('ERR_STEGO_FILE', `the file ${path} cannot be read (${cause.code}).`, { cause })
  })
  return decodeMat(bytes, variable, path)
}

/** The same from the bytes of a file; `name` is what messages call it. */
export async function decodeMat(bytes: Buffer, variable: string, name: string): Promise<MatArray> {
  try {
    const found = await findVariable(bytes, variable)
    if (found.array) return found.array
    throw new StegoError(
      'ERR_STEGO_DATA_MISSING',
      `${name} has no variable "${variable}"; it holds: ${found.names.join(', ') || 'nothing'}. ` +
        'Check that it is a file of this data set.',
    )
  } catch (cause) {
    if (!(cause instanceof MatError)) throw cause
    throw new StegoError(
      'ERR_STEGO_IMAGE',
      `${name} cannot be read: ${cause.message}. Save it again as MATLAB 5 to 7.2 (scipy.io.savemat, or save -v7).`,
      { cause },
    )
  }
}

async function findVariable(
  bytes: Buffer,
  variable: string,
): Promise<{ array: MatArray | null; names: string[] }> {
  const order = byteOrder(bytes)
  const names: string[] = []
  let at = HEADER_BYTES
  for (let count = 0; at < bytes.length; count++) {
    if (count === MAX_VARIABLES) throw new MatError(`it holds more than ${MAX_VARIABLES} variables`)
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
  if (start.length < 8) throw new MatError('a compressed variable ends early')
  const isMatrix = read32(start, 0, order) === MI_MATRIX
  return isMatrix ? readMatrixHead(start.subarray(8), order) : null
}

/** The bytes of a matrix after its tag. */
async function bodyOf(element: MatElement, order: ByteOrder): Promise<Buffer> {
  if (element.type === MI_MATRIX) return element.data
  const start = inflateSync(element.data.subarray(0, HEAD_BYTES), { finishFlush: constants.Z_SYNC_FLUSH })
  const size = read32(start, 4, order)
  if (size > MAX_BYTES || size > element.data.length * DEFLATE_LIMIT) {
    throw new MatError(`a compressed variable says it has ${size} bytes, which it cannot hold`)
  }
  const whole = await inflateAsync(element.data, { maxOutputLength: size + 8 }).catch((cause) => {
    throw new MatError(`a compressed variable is damaged (${cause.code ?? cause.message})`, { cause })
  })
  if (whole.length < size + 8) throw new MatError('a compressed variable ends early')
  return whole.subarray(8)
}

function inflated(work: () => Buffer): Buffer {
  try {
    return work()
  } catch (cause) {
    throw new MatError(`a compressed variable is damaged (${(cause as NodeJS.ErrnoException).code})`, {
      cause,
    })
  }
}

function byteOrder(bytes: Buffer): ByteOrder {
  const isHdf5 = (at: number) => bytes.subarray(at, at + 8).equals(HDF5_SIGNATURE)
  if (isHdf5(0) || isHdf5(512)) throw new MatError('it is of MATLAB 7.3 (HDF5), expected MATLAB 5 to 7.2')
  // A level 5 file begins with text, a level 4 file with a small number.
  if (bytes.length >= 4 && bytes.subarray(0, 4).includes(0)) {
    throw new MatError('it is of MATLAB 4 or no MATLAB file, expected MATLAB 5 to 7.2')
  }
  const mark = bytes.toString('latin1', 126, 128)
  if (bytes.length < HEADER_BYTES || (mark !== 'IM' && mark !== 'MI')) {
    throw new MatError('it is not a MATLAB file')
  }
  return mark === 'IM' ? 'little' : 'big'
}

const read32 = (bytes: Buffer, at: number, order: ByteOrder) =>
  order === 'little' ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
