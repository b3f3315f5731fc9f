/** Reads part of a file from front to back. */
import { FormatError } from './format-error.js'
import type { RandomAccessFile } from './random-access.js'

const WINDOW_BYTES = 2 ** 16
const LINE_FEED = 0x0a
/** The longest line, including its end. */
export const LONGEST_LINE = 4097

/**
 * Call `await load(n)` before reading n bytes, so that reads are synchronous. Every method throws
 * `FormatError` at the end of the range.
 */
export class ByteSource {
  readonly #file: RandomAccessFile
  readonly #end: number
  /** Offset of the window in the file. */
  #begin: number
  #window: Buffer = Buffer.alloc(0)
  #cursor = 0

  constructor(file: RandomAccessFile, begin: number, end: number) {
    if (begin > end || end > file.size) throw new FormatError('it ends early')
    this.#file = file
    this.#begin = begin
    this.#end = end
  }

  /** Position in the file. */
  get position(): number {
    return this.#begin + this.#cursor
  }

  /** Whether the next `count` bytes, or all remaining ones, are loaded. */
  isLoaded(count: number): boolean {
    return this.#window.length - this.#cursor >= Math.min(count, this.#end - this.position)
  }

  /** Loads the next `count` bytes, or all remaining ones. */
  async load(count: number): Promise<void> {
    if (this.isLoaded(count)) return
    const begin = this.position
    const bytes = Math.min(Math.max(count, WINDOW_BYTES), this.#end - begin)
    this.#window = await this.#file.read(begin, bytes)
    this.#begin = begin
    this.#cursor = 0
  }

  byte(): number {
    if (this.#cursor === this.#window.length) throw new FormatError('it ends early')
    return this.#window[this.#cursor++]!
  }

  take(count: number): Buffer {
    const end = this.#cursor + count
    if (!(end <= this.#window.length)) throw new FormatError('it ends early')
    const bytes = this.#window.subarray(this.#cursor, end)
    this.#cursor = end
    return bytes
  }

  /** Reads an unsigned little-endian integer. Values above 2^53 are rounded. */
  unsigned(bytes: number): number {
    const digits = this.take(bytes)
    return bytes === 8 ? Number(digits.readBigUInt64LE()) : digits.readUIntLE(0, bytes)
  }

  /** Reads up to the next line feed and consumes it. */
  line(): string {
    const end = this.#window.indexOf(LINE_FEED, this.#cursor)
    const length = end - this.#cursor
    if (end < 0 || length >= LONGEST_LINE) throw new FormatError('it has an unterminated or overlong line')
    const text = this.take(length).toString()
    this.byte()
    return text
  }

  skip(count: number): void {
    if (!(count <= this.#end - this.position)) throw new FormatError('it ends early')
    this.#cursor += count
    if (this.#cursor > this.#window.length) {
      this.#begin = this.position
      this.#window = Buffer.alloc(0)
      this.#cursor = 0
    }
  }
}
