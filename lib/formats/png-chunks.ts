/** The chunks of a PNG file, of which damaged ones that are no part of the picture can be left out. */
import { crc32 } from 'node:zlib'

const PNG_END = Buffer.from([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82])
/** Ancillary chunks without which the picture is another one. */
const NEEDED = ['tRNS']

/**
 * A PNG without its damaged ancillary chunks, and with an end. A damaged chunk of the picture stays, for its reader to
 * refuse.
 */
export function intactPng(bytes: Buffer): { intact: Buffer; left: string[] } {
  const kept: Buffer[] = [bytes.subarray(0, 8)]
  const left: string[] = []
  for (let at = 8; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    const type = bytes.toString('latin1', at + 4, at + 8)
    const end = at + 12 + length
    if (end > bytes.length) {
      // What follows the picture may be cut off.
      if (isAncillary(type) || type === 'IEND') left.push(type === 'IEND' ? 'its end' : `its ${type} chunk`)
      else kept.push(bytes.subarray(at))
      if (isAncillary(type) || type === 'IEND') kept.push(PNG_END)
      return { intact: Buffer.concat(kept), left }
    }
    const isDamaged = crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)
    if (isDamaged && isAncillary(type)) left.push(`its ${type} chunk`)
    else kept.push(bytes.subarray(at, end))
    if (type === 'IEND') return { intact: Buffer.concat(kept), left }
    at = end
  }
  return { intact: Buffer.concat([...kept, PNG_END]), left: [...left, 'its end'] }
}

/** Whether a chunk can be left out: its name begins with a small letter. */
function isAncillary(type: string): boolean {
  return /^[a-z][A-Za-z]{3}$/.test(type) && !NEEDED.includes(type)
}
