/** Whether a library is whole: the system's loader reads beyond the end of one that is cut off, which ends the process. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** The head of an ELF file of 64 bits, of which the last three entries here say where its section headers lie. */
const HEAD = { bytes: 64, magic: 0x7f454c46, bits: 4, start: 40, size: 58, count: 60 }
const BITS_64 = 2

/** Whether a file that begins like this is a library or program of Linux of 64 bits. */
export function isElf(head: Buffer): boolean {
  return head.length >= HEAD.bytes && head.readUInt32BE(0) === HEAD.magic && head[HEAD.bits] === BITS_64
}

/** What is wrong with a library of Linux; null where nothing is, it is not there, or another system's. */
export function brokenLibrary(file: string, platform: string = process.platform): string | null {
  if (platform !== 'linux') return null
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return null // the loader says it in its own words
  }
  try {
    const head = Buffer.alloc(HEAD.bytes)
    const read = readSync(descriptor, head, 0, HEAD.bytes, 0)
    if (!isElf(head.subarray(0, read))) return `${file}: it is not a library`
    const headers = head.readUInt16LE(HEAD.size) * head.readUInt16LE(HEAD.count)
    const least = Number(head.readBigUInt64LE(HEAD.start)) + headers
    const { size } = fstatSync(descriptor)
    return size < least ? `${file}: it is cut off, ${size} of at least ${least} bytes are there` : null
  } finally {
    closeSync(descriptor)
  }
}
