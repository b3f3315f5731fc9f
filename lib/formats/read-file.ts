/** Opens and reads files for the readers of formats. */
import { StegoError } from '../errors.js'
import { explaining, type FileKind, nameOfKind } from './format-error.js'
import { RandomAccessFile } from './random-access.js'

/**
 * Opens a file for a reader and closes it afterwards. Malformed content is explained as with `explaining`;
 * also rejects with `ERR_STEGO_DATA_MISSING` if it does not exist and `ERR_STEGO_FILE` if it cannot be read.
 */
export function withFile<T>(
  path: string,
  kind: FileKind,
  work: (file: RandomAccessFile) => Promise<T>,
): Promise<T> {
  return explaining(path, kind, async () => {
    const file = await RandomAccessFile.open(path)
    try {
      return await work(file)
    } finally {
      await file.close()
    }
  })
}

/**
 * Reads a whole file of at most `limit` bytes. Rejects with `ERR_STEGO_DATA_MISSING` if it does not exist and
 * `ERR_STEGO_FILE` if it cannot be read or is larger.
 */
export function readFileOrExplain(path: string, kind: FileKind, limit: number): Promise<Buffer> {
  return withFile(path, kind, async (file) => {
    if (file.size > limit) {
      throw new StegoError(
        'ERR_STEGO_FILE',
        `Expected ${nameOfKind(kind)} of at most ${limit} bytes, but ${path} has ${file.size}. Name a smaller file.`,
      )
    }
    return file.read(0, file.size)
  })
}
