/**
 * Reads a numeric array from a level 5 MATLAB file (MATLAB 5 to 7.2, scipy.io.savemat), compressed or not, of
 * either byte order. Only the requested variable is decoded, and never more bytes than its declared size.
 * Level 4 and 7.3 (HDF5) files are rejected with a specific message.
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
/** More variables than any dataset file has. Even skipped variables cost some work. */
const MAX_VARIABLES = 1024
/** Compressed bytes that are sure to include a variable's name. */
const HEAD_BYTES = 768
const MAX_BYTES = 2 ** 29
/** Maximum expansion of a deflated byte. */
const DEFLATE_LIMIT = 1032
const HDF5_SIGNATURE = Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a])

/**
 * Reads a variable of a .mat file.
 * @returns its size and its values in row-major order
 *
 * Rejects with `ERR_STEGO_DATA_MISSING` if the file or the variable does not exist, `ERR_STEGO_IMAGE` if the
 * file is damaged, is not a MATLAB file of level 5, or the variable is not a numeric array.
 */
export async function readMat(path: string, variable: string): Promise<MatArray> {
  return decodeMat(await readFileOrExplain(path, 'mat', MAX_FILE_BYTES), variable, path)
}

/** Reads a variable from the bytes of a file. `name` is used in messages. */
export async function decodeMat(bytes: Buffer, variable: string, name: string): Promise<MatArray> {
  const { array, names } = await explaining(name, 'mat', () => findVariable(bytes, variable))
  if (array) return array
  throw new StegoError(
    'ERR_STEGO_DATA_MISSING',
    `Expected a variable "${variable}" in ${name}, but it contains: ${names.join(', ') || 'nothing'}. Check that it ` +
      'belongs to this dataset.',
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
    if (count === MAX_VARIABLES) throw new FormatError(`it has more than ${MAX_VARIABLES} variables`)
    const element = readElement(bytes, at, order)
    // Only compressed elements are not padded to eight bytes.
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

/** Header of a matrix; null for other elements. Only the first bytes of a compressed one are inflated. */
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

/** Bytes of a matrix after its tag. */
async function bodyOf(element: MatElement, order: ByteOrder): Promise<Buffer> {
  if (element.type === MI_MATRIX) return element.data
  const start = inflateSync(element.data.subarray(0, HEAD_BYTES), { finishFlush: constants.Z_SYNC_FLUSH })
  const size = read32(start, 4, order)
  if (size > MAX_BYTES || size > element.data.length * DEFLATE_LIMIT) {
    throw new FormatError(`a compressed variable declares ${size} bytes, which it cannot contain`)
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
  if (isHdf5(0) || isHdf5(512))
    throw new FormatError('it is a MATLAB 7.3 (HDF5) file, expected MATLAB 5 to 7.2')
  // A level 5 file starts with text, a level 4 file with a small number.
  if (bytes.length >= 4 && bytes.subarray(0, 4).includes(0)) {
    throw new FormatError('it is a MATLAB 4 file or not a MATLAB file, expected MATLAB 5 to 7.2')
  }
  const mark = bytes.toString('latin1', 126, 128)
  if (bytes.length < HEADER_BYTES || (mark !== 'IM' && mark !== 'MI')) {
    throw new FormatError('it is not a MATLAB file')
  }
  return mark === 'IM' ? 'little' : 'big'
}

const read32 = (bytes: Buffer, at: number, order: ByteOrder) =>
  order === 'little' ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
