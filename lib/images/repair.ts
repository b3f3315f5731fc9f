/** Small damage that hides no pixel: a JPEG without its end marker, a PNG with a damaged chunk that is no picture. */
import { intactPng } from '../formats/png-chunks.js'

/** An image without the damage. */
export interface Mended {
  bytes: Buffer
  /** What was wrong, in words that follow the file's name. */
  damage: string
}

const JPEG_START = Buffer.from([0xff, 0xd8])
/** Rows below which the decoder does not tell whether more than the end is missing. */
const JUDGED_ROWS = 16
const JPEG_END = Buffer.from([0xff, 0xd9])
const PNG_START = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** An image that is whole again, if that is all it lacks; null if there is nothing to mend. */
export function mended(bytes: Buffer, { height }: { height: number }): Mended | null {
  if (bytes.subarray(0, 2).equals(JPEG_START)) return height > JUDGED_ROWS ? mendedJpeg(bytes) : null
  if (bytes.subarray(0, 8).equals(PNG_START)) return mendedPng(bytes)
  return null
}

function mendedJpeg(bytes: Buffer): Mended | null {
  // Zeros after the picture are padding of a disk or a camera.
  let end = bytes.length
  while (end > 2 && bytes[end - 1] === 0) end--
  if (bytes.subarray(end - 2, end).equals(JPEG_END)) return null
  const half = bytes[end - 1] === 0xff ? 1 : 0
  return {
    bytes: Buffer.concat([bytes.subarray(0, end - half), JPEG_END]),
    damage: 'lacks the marker at its end',
  }
}

function mendedPng(bytes: Buffer): Mended | null {
  const { intact, left } = intactPng(bytes)
  if (left.length === 0) return null
  return { bytes: intact, damage: `has damage in ${left.join(', ')}, which is no part of the picture` }
}
