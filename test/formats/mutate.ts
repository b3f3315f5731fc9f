/** Damages bytes: flipped bits, cuts, splices, and counts and lengths that are larger than what follows them. */
import type { Random } from '../../lib/random/random.js'

const MOST_CHANGES = 4
const LONGEST_PIECE = 64
/** What lengths and counts are made to be. */
const NUMBERS = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0xffffffffn,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
]
const WIDTHS = [1, 2, 4, 8]

/** A copy with one to four changes, mostly one. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  let mutated = Buffer.from(bytes)
  for (let changes = 1 + random.integer(1 + random.integer(MOST_CHANGES)); changes > 0; changes--) {
    const change = CHANGES[random.integer(CHANGES.length)]!
    if (mutated.length > 0) mutated = change(mutated, random)
  }
  return mutated
}

type Change = (bytes: Buffer<ArrayBuffer>, random: Random) => Buffer<ArrayBuffer>

const flipBit: Change = (bytes, random) => {
  bytes[random.integer(bytes.length)]! ^= 1 << random.integer(8)
  return bytes
}

const setByte: Change = (bytes, random) => {
  bytes[random.integer(bytes.length)] = random.integer(256)
  return bytes
}

const cut: Change = (bytes, random) => Buffer.from(bytes.subarray(0, random.integer(bytes.length)))

/** Puts a piece of the bytes in at another place. */
const insert: Change = (bytes, random) => {
  const at = random.integer(bytes.length)
  return Buffer.concat([bytes.subarray(0, at), piece(bytes, random), bytes.subarray(at)])
}

/** Writes a piece of the bytes over another place. */
const overwrite: Change = (bytes, random) => {
  Buffer.from(piece(bytes, random)).copy(bytes, random.integer(bytes.length))
  return bytes
}

const remove: Change = (bytes, random) => {
  const at = random.integer(bytes.length)
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.integer(LONGEST_PIECE))])
}

const inflate: Change = (bytes, random) => {
  const number = Buffer.alloc(8)
  number.writeBigUInt64LE(NUMBERS[random.integer(NUMBERS.length)]!)
  const width = WIDTHS[random.integer(WIDTHS.length)]!
  const ordered = random.integer(2) === 0 ? number.subarray(0, width) : number.subarray(0, width).reverse()
  ordered.copy(bytes, random.integer(bytes.length))
  return bytes
}

/** Makes a number that is written as text larger. */
const inflateDigits: Change = (bytes, random) => {
  const start = random.integer(bytes.length)
  const at = bytes.findIndex((byte, place) => place >= start && byte >= 0x30 && byte <= 0x39)
  if (at < 0) return bytes
  const digits = Buffer.from('9'.repeat(1 + random.integer(20)))
  return Buffer.concat([bytes.subarray(0, at), digits, bytes.subarray(at + 1)])
}

const CHANGES = [flipBit, setByte, cut, insert, overwrite, remove, inflate, inflateDigits]

function piece(bytes: Buffer, random: Random): Buffer {
  const from = random.integer(bytes.length)
  return bytes.subarray(from, from + 1 + random.integer(LONGEST_PIECE))
}
