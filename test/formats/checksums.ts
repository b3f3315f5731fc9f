/** Makes checksums fit damaged content, so that damage is not found by them alone. */
import { crc32 } from 'node:zlib'

/** Those of a PNG's chunks. */
export function repairPng(bytes: Buffer): void {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at)
    if (end + 4 > bytes.length) return
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end)
    at = end + 4
  }
}

/** Those of a zip's stored members. */
export function repairZip(bytes: Buffer): void {
  const DIRECTORY_ENTRY = 'PK\x01\x02'
  for (let at = bytes.indexOf(DIRECTORY_ENTRY); at >= 0; at = bytes.indexOf(DIRECTORY_ENTRY, at + 4)) {
    if (at + 46 > bytes.length) return
    const local = bytes.readUInt32LE(at + 42)
    if (bytes.readUInt16LE(at + 10) !== 0 || local + 30 > bytes.length) continue
    const begin = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
    bytes.writeUInt32LE(crc32(bytes.subarray(begin, begin + bytes.readUInt32LE(at + 24))), at + 16)
  }
}
