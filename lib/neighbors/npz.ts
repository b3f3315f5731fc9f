/** NumPy's array files on disk: .npy with one array, .npz with several by name. */
import { readFile, stat } from 'node:fs/promises'
import { StegoError } from '../errors.js'
import { writeWhole } from '../write-whole.js'
import { FormatError } from './format-error.js'
import { decodeNpy, encodeNpy, type NpyArray } from './npy.js'
import { listZip, MOST_BYTES, packZip } from './zip.js'

const EXTENSION = '.npy'

/**
 * Reads a .npy file: integers of 8 to 64 bits, float32, float64 and booleans (as bytes), of either byte order, always
 * returned in row-major order.
 * Rejects with `ERR_STEGO_DATA_MISSING` where it does not exist, `ERR_STEGO_FILE` where it is damaged, of another kind
 * or larger than 1 GiB.
 */
export async function readNpy(path: string): Promise<NpyArray> {
  const bytes = await readBytes(path)
  return explained(path, 'a .npy file', async () => decodeNpy(bytes))
}

/**
 * Reads the arrays of a .npz file by name, as `numpy.load` does, stored and compressed ones alike. Members that are no
 * arrays are left out. Rejects as `readNpy` does; objects and structured types are refused, nothing is unpickled.
 */
export async function readNpz(path: string): Promise<Map<string, NpyArray>> {
  const bytes = await readBytes(path)
  return explained(path, 'a .npz file', async () => {
    const arrays = new Map<string, NpyArray>()
    for (const member of listZip(bytes)) {
      if (!member.name.endsWith(EXTENSION)) continue
      const name = member.name.slice(0, -EXTENSION.length)
      arrays.set(name, await named(name, async () => decodeNpy(await member.read())))
    }
    return arrays
  })
}

/**
 * Writes a .npy file (version 1.0, row-major, this machine's byte order), whole or not at all.
 * Rejects with `ERR_STEGO_ARGUMENT` where data and shape disagree, `ERR_STEGO_FILE` where writing fails.
 */
export async function writeNpy(path: string, array: NpyArray): Promise<void> {
  await writeWhole(path, await packed(path, async () => encodeNpy(array)))
}

/**
 * Writes arrays by name as `numpy.savez` does or, with `compress`, `numpy.savez_compressed`; whole or not at all, and
 * the same bytes for the same arrays. Rejects as `writeNpy` does, also for more than 1 GiB.
 */
export async function writeNpz(
  path: string,
  arrays: Record<string, NpyArray>,
  options: { compress?: boolean } = {},
): Promise<void> {
  const content = await packed(path, async () => {
    const members = Object.entries(arrays).map(([name, array]) => ({
      name: name + EXTENSION,
      bytes: encodeNpy(array),
    }))
    return packZip(members, options.compress ?? false)
  })
  await writeWhole(path, content)
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    const stats = await stat(path)
    if (stats.isFile() && stats.size <= MOST_BYTES) return await readFile(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new StegoError('ERR_STEGO_DATA_MISSING', `the file ${path} does not exist. Check the path.`, {
        cause,
      })
    }
    throw new StegoError(
      'ERR_STEGO_FILE',
      `the file ${path} cannot be read (${code ?? cause}). Check its permissions.`,
      { cause },
    )
  }
  throw new StegoError('ERR_STEGO_FILE', `expected ${path} to be a file of at most ${MOST_BYTES} bytes.`)
}

/** Puts an array's name before what is wrong with it. */
async function named<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof FormatError) throw new FormatError(`of the array ${name}, ${error.message}`)
    throw error
  }
}

async function explained<T>(path: string, kind: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause
    throw new StegoError(
      'ERR_STEGO_FILE',
      `expected ${kind}, but ${path} is damaged or of another kind: ${cause.message}. Write it again.`,
      { cause },
    )
  }
}

async function packed(path: string, work: () => Promise<Buffer>): Promise<Buffer> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause
    throw new StegoError('ERR_STEGO_ARGUMENT', `${path} cannot be written: ${cause.message}.`, { cause })
  }
}
