/** Numbers of either byte order. */
import { endianness } from 'node:os'

/** `little`: the least significant byte comes first. */
export type ByteOrder = 'little' | 'big'

/** This machine's. */
export const BYTE_ORDER: ByteOrder = endianness() === 'LE' ? 'little' : 'big'

/** Turns numbers of `width` bytes each into those of the other byte order, in place. */
export function swapBytes(bytes: Buffer, width: number): void {
  if (width === 2) bytes.swap16()
  if (width === 4) bytes.swap32()
  if (width === 8) bytes.swap64()
}
