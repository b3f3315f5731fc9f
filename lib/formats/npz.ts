/** Reads NumPy's .npz files, which are zips of named .npy arrays. */
import { explaining, FormatError } from './format-error.js'
import { type NpyArray, parseNpy } from './npy.js'
import { RandomAccessFile } from './random-access.js'
import { withFile } from './read-file.js'

const EXTENSION = '.npy'
const MAX_BYTES = 2 ** 30

/** Limits on what is read. */
export interface NpzLimits {
  /** Maximum total size of the decompressed arrays in bytes. Default: 1 GiB. */
  maxBytes?: number
}

/**
 * Reads the arrays of a .npz file by name, compressed or not, as `numpy.load` does. Members that are not
 * arrays are skipped. Object and structured types are rejected, and nothing is unpickled. Rejects with
 * `ERR_STEGO_DATA_MISSING` if the file does not exist, `ERR_STEGO_FILE` if it is damaged, of another type or
 * exceeds the limits.
 */
export function readNpz(path: string, limits: NpzLimits = {}): Promise<Map<string, NpyArray>> {
  return withFile(path, 'npz', (file) => readArrays(file, limits))
}

/** Decodes the bytes of a .npz file. `name` is used in messages. */
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
      throw new FormatError(`its arrays exceed the limit of ${maxBytes} bytes`)
    }
    const bytes = await archive.read(member)
    left -= bytes.length
    const name = member.slice(0, -EXTENSION.length)
    arrays.set(name, parseNamed(name, bytes))
  }
  return arrays
}

/** Parses an array, adding its name to error messages. */
function parseNamed(name: string, bytes: Buffer): NpyArray {
  try {
    return parseNpy(bytes)
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause
    throw new FormatError(`in array ${name}, ${cause.message}`, { cause })
  }
}
