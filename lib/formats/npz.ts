/** NumPy's .npz files: a zip of .npy arrays by name. */
import { explaining, FormatError } from './format-error.js'
import { type NpyArray, parseNpy } from './npy.js'
import { RandomAccessFile } from './random-access.js'
import { withFile } from './read-file.js'

const EXTENSION = '.npy'
const MAX_BYTES = 2 ** 30

/** How much is read. */
export interface NpzLimits {
  /** Bytes that all arrays of a file may hold together, unpacked; default 1 GiB. */
  maxBytes?: number
}

/**
 * Reads the arrays of a .npz file by name, as `numpy.load` does, stored and compressed ones alike. Members that are not
 * arrays are left out. Rejects with `ERR_STEGO_DATA_MISSING` where it does not exist, `ERR_STEGO_FILE` where it is
 * damaged, of another kind or beyond the limits; objects and structured types are refused, nothing is unpickled.
 */
export function readNpz(path: string, limits: NpzLimits = {}): Promise<Map<string, NpyArray>> {
  return withFile(path, 'npz', (file) => readArrays(file, limits))
}

/** The same from the bytes of a file; `name` is what messages call it. */
export function decodeNpz(
  bytes: Buffer,
  name: string,
  limits: NpzLimits = {},
): Promise<Map<string, NpyArray>> {
  return explaining(name, 'npz', () => readArrays(RandomAccessFile.of(bytes, name), limits))
}

async function readArrays(file: RandomAccessFile, limits: NpzLimits): Promise<Map<string, NpyArray>> {
  const { maxBytes = MAX_BYTES } = limits
  const { ZipArchive } = await import('./zip.js')
  const archive = await ZipArchive.open(file)
  const arrays = new Map<string, NpyArray>()
  let left = maxBytes
  for (const member of archive.names) {
    if (!member.endsWith(EXTENSION)) continue
    const size = archive.sizeOf(member)
    if (size > left) {
      throw new FormatError(`its arrays hold more than ${maxBytes} bytes, the limit of one file`)
    }
    const bytes = await archive.read(member)
    left -= bytes.length
    const name = member.slice(0, -EXTENSION.length)
    arrays.set(name, parseNamed(name, bytes))
  }
  return arrays
}

/** Puts an array's name before what is wrong with it. */
function parseNamed(name: string, bytes: Buffer): NpyArray {
  try {
    return parseNpy(bytes)
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause
    throw new FormatError(`of the array ${name}, ${cause.message}`, { cause })
  }
}
