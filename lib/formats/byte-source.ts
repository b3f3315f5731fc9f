/** Reads part of a file from front to back. */
import { FormatError } from './format-error.js'
import type { RandomAccessFile } from './random-access.js'

const WINDOW_BYTES = 2 ** 16
const LINE_FEED = 0x0a
/** The longest line, its end included. */
export const LONGEST_LINE = 4097

/**
 * What is read must have been loaded before, `await load(n)`, so that reading itself needs not wait. Every function
 * throws `FormatError` at the end of the part.
 */
export class ByteSource {
  readonly #file: RandomAccessFile
  readonly #end: number
  /** Where the window lies in the file. */
  #begin: number
  #window: Buffer = Buffer.alloc(0)
  #cursor = 0

  constructor(file: RandomAccessFile, begin: number, end: number) {
    if (begin > end || end > file.size) throw new FormatError('it ends early')
    this.#file = file
    this.#begin = begin
    this.#end = end
  }

  /** Place in the file. */
  get position(): number {
    return this.#begin + this.#cursor
  }

  /** Whether the next `count` bytes, or all that are left, are loaded. */
  isLoaded(count: number): boolean {
    return this.#window.length - this.#cursor >= Math.min(count, this.#end - this.position)
  }

  /** Loads the next `count` bytes, or all that are left. */
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

  /** Little-endian, unsigned; of more than six bytes, values beyond 2^53 are rounded. */
  unsigned(bytes: number): number {
    const digits = this.take(bytes)
    return bytes === 8 ? Number(digits.readBigUInt64LE()) : digits.readUIntLE(0, bytes)
  }

  /** Up to the next line feed, which is taken too. */
  line(): string {
    const end = this.#window.indexOf(LINE_FEED, this.#cursor)
    const length = end - this.#cursor
    if (end < 0 || length >= LONGEST_LINE) throw new FormatError('it holds a line that does not end')
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
