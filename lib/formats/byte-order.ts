/** Byte order of numbers. */
import { endianness } from 'node:os'

/** `little`: the least significant byte comes first. */
export type ByteOrder = 'little' | 'big'

/** Byte order of this machine. */
export const BYTE_ORDER: ByteOrder = endianness() === 'LE' ? 'little' : 'big'

/** Swaps the byte order of `width`-byte numbers in place. */
export function swapBytes(bytes: Buffer, width: number): void {
  if (width === 2) bytes.swap16()
  if (width === 4) bytes.swap32()
  if (width === 8) bytes.swap64()
}
