/**
 * Reads zip archives with yauzl: offsets of stored members, and contents of stored and deflated ones. Archive
 * metadata is not trusted: offsets are checked against the file, and inflation stops at the declared size.
 */
import { promisify } from 'node:util'
import { crc32, inflateRaw } from 'node:zlib'
import yauzl from 'yauzl'
import { FormatError } from './format-error.js'
import type { RandomAccessFile } from './random-access.js'

const inflateAsync = promisify(inflateRaw)

/** A byte range in a file. */
export interface FileRange {
  begin: number
  bytes: number
}

const STORED = 0
const DEFLATED = 8
/** More than any archive of weights or arrays has. */
const MAX_MEMBERS = 2 ** 16
const WINDOW_BYTES = 2 ** 16

/** A zip archive with members by name. */
export class ZipArchive {
  readonly #file: RandomAccessFile
  readonly #zip: yauzl.ZipFile
  readonly #entries: ReadonlyMap<string, yauzl.Entry>

  private constructor(file: RandomAccessFile, zip: yauzl.ZipFile, entries: ReadonlyMap<string, yauzl.Entry>) {
    this.#file = file
    this.#zip = zip
    this.#entries = entries
  }

  /**
   * Reads the directory. Rejects with `FormatError` if it is damaged or has duplicate or too many members.
   */
  static async open(file: RandomAccessFile): Promise<ZipArchive> {
    const entries = new Map<string, yauzl.Entry>()
    const zip = await explained(() =>
      yauzl.fromRandomAccessReaderPromise(new Reader(file), file.size, {
        autoClose: false,
        decodeStrings: false,
        validateEntrySizes: false,
      }),
    )
    if (zip.entryCount > MAX_MEMBERS) {
      throw new FormatError(`its zip archive has more than ${MAX_MEMBERS} members`)
    }
    await explained(async () => {
      for await (const entry of zip.eachEntry()) {
        // Names are only looked up and never used as paths, so any name is safe.
        const name = entry.fileNameRaw.toString()
        if (entries.has(name)) throw new FormatError(`it holds ${name} twice`)
        entries.set(name, entry)
      }
    })
    return new ZipArchive(file, zip, entries)
  }

  /** Member names in directory order. */
  get names(): string[] {
    return [...this.#entries.keys()]
  }

  /**
   * Locates the bytes of a stored member; null if it does not exist. Rejects with `FormatError` if it is
   * compressed, encrypted or damaged.
   */
  async locate(name: string): Promise<FileRange | null> {
    const entry = this.#entries.get(name)
    if (!entry) return null
    if (entry.isEncrypted() || entry.compressionMethod !== STORED) {
      const state = entry.isEncrypted() ? 'encrypted' : 'compressed'
      throw new FormatError(`its entry ${name} is ${state}, but torch.save stores entries uncompressed`, {
        remedy: 'Pack it without compression.',
      })
    }
    if (entry.compressedSize !== entry.uncompressedSize) {
      throw new FormatError(`its entry ${name} has two sizes`)
    }
    return { begin: await this.#begin(entry), bytes: entry.uncompressedSize }
  }

  /** Maximum memory for reading a member: its declared compressed or uncompressed size. */
  sizeOf(name: string): number {
    const entry = this.#entries.get(name)
    return entry ? Math.max(entry.compressedSize, entry.uncompressedSize) : 0
  }

  /**
   * Reads a member, limiting inflation to its declared size. Rejects with `FormatError` if it is
   * missing, damaged, encrypted, of another size or compressed with another method.
   */
  async read(name: string): Promise<Buffer> {
    const entry = this.#entries.get(name)
    if (!entry) throw new FormatError(`it has no ${name}`)
    const { compressionMethod: method, compressedSize, uncompressedSize } = entry
    if (entry.isEncrypted()) throw new FormatError(`${name} in it is encrypted`)
    if (method !== STORED && method !== DEFLATED) {
      throw new FormatError(
        `${name} in it uses compression method ${method}, but only stored and deflated are supported`,
      )
    }
    const packed = await this.#file.read(await this.#begin(entry), compressedSize)
    const content = method === STORED ? packed : await inflate(packed, uncompressedSize)
    if (content?.length !== uncompressedSize || crc32(content) !== entry.crc32) {
      throw new FormatError(`${name} in it is damaged`)
    }
    return content
  }

  async #begin(entry: yauzl.Entry): Promise<number> {
    const header = await explained(() => this.#zip.readLocalFileHeaderPromise(entry, { minimal: true }))
    return header.fileDataStart
  }
}

/** Inflates bytes. Null if they are not a deflate stream or inflate to more than `size`. */
function inflate(packed: Buffer, size: number): Promise<Buffer | null> {
  return inflateAsync(packed, { maxOutputLength: Math.max(1, size) }).catch(() => null)
}

/** Converts the library's errors to `FormatError`. */
async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof FormatError) throw cause
    const message = cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause)
    const isCut = /end of central directory/i.test(message)
    const reason = isCut ? 'it ends early, as after an interrupted download' : message
    throw new FormatError(`its zip archive is damaged: ${reason}`, { cause })
  }
}

/** Serves the library's small reads from a buffered window of the file. */
class Reader extends yauzl.RandomAccessReader {
  readonly #file: RandomAccessFile
  #begin = 0
  #window: Buffer = Buffer.alloc(0)

  constructor(file: RandomAccessFile) {
    super()
    this.#file = file
  }

  override read(
    target: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#fetch(position, length).then(
      (bytes) => {
        bytes.copy(target, offset)
        setImmediate(callback, null)
      },
      (error) => setImmediate(callback, error),
    )
  }

  async #fetch(position: number, length: number): Promise<Buffer> {
    const held = position >= this.#begin && position + length <= this.#begin + this.#window.length
    if (!held) {
      const most = Math.max(length, Math.min(WINDOW_BYTES, this.#file.size - position))
      this.#window = await this.#file.read(position, most)
      this.#begin = position
    }
    const start = position - this.#begin
    return this.#window.subarray(start, start + length)
  }
}
