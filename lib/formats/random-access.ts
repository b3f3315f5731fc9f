/** Files with random access. */
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { StegoError } from '../errors.js'
import { FormatError } from './format-error.js'

/** A file, or bytes in memory, of which any part can be read. Every read is checked against the length. */
export class RandomAccessFile {
  /** Name in messages. */
  readonly path: string
  /** Length in bytes. */
  readonly size: number
  readonly #source: FileHandle | Buffer

  private constructor(path: string, size: number, source: FileHandle | Buffer) {
    this.path = path
    this.size = size
    this.#source = source
  }

  /**
   * Opens a file; the caller closes it. Rejects with `ERR_STEGO_DATA_MISSING` if it does not exist,
   * `ERR_STEGO_FILE` if the system refuses, and `FormatError` if it is a folder or a device.
   */
  static async open(path: string): Promise<RandomAccessFile> {
    // O_NONBLOCK: a pipe is rejected below, and opening one must not block.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause) => {
      throw systemError(path, cause)
    })
    try {
      const stats = await handle.stat()
      if (!stats.isFile()) throw new FormatError('it is not a regular file', { remedy: 'Name a file.' })
      return new RandomAccessFile(path, stats.size, handle)
    } catch (cause) {
      await handle.close()
      throw cause instanceof FormatError ? cause : systemError(path, cause)
    }
  }

  /** Bytes as a file with this name. */
  static of(bytes: Buffer, name: string): RandomAccessFile {
    return new RandomAccessFile(name, bytes.length, bytes)
  }

  /** Reads a part. Rejects with `FormatError` if the file does not have it. */
  async read(offset: number, length: number): Promise<Buffer> {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) throw new FormatError('it ends early')
    if (Buffer.isBuffer(this.#source)) return this.#source.subarray(offset, offset + length)
    const bytes = Buffer.allocUnsafe(length)
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await this.#source
        .read(bytes, filled, length - filled, offset + filled)
        .catch((cause) => {
          throw systemError(this.path, cause)
        })
      if (bytesRead === 0) throw new FormatError('it ends early')
      filled += bytesRead
    }
    return bytes
  }

  async close(): Promise<void> {
    if (!Buffer.isBuffer(this.#source)) await this.#source.close()
  }
}

function systemError(path: string, cause: unknown): StegoError {
  const code = (cause as NodeJS.ErrnoException).code
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new StegoError(
      'ERR_STEGO_DATA_MISSING',
      `Expected a file at ${path}, but the file does not exist. Check the path.`,
      { cause },
    )
  }
  return new StegoError(
    'ERR_STEGO_FILE',
    `Expected to read ${path}, but the file cannot be read (${code ?? cause}). Check its permissions.`,
    { cause },
  )
}
