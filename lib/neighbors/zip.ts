/**
 * The zip container of .npz files (PKWARE APPNOTE): stored and deflated members, zip64 read. Sizes come from the
 * central directory and are checked before anything is allocated, for a file may claim whatever it likes.
 */
import { promisify } from 'node:util'
import { crc32, deflateRaw, inflateRaw } from 'node:zlib'
import { FormatError } from './format-error.js'

const inflateAsync = promisify(inflateRaw)
const deflateAsync = promisify(deflateRaw)

/** One file in a zip. */
export interface ZipMember {
  name: string
  /** Its bytes. Rejects with `FormatError` where they are damaged. */
  read(): Promise<Buffer>
}

/** What all members of a file may hold together, unpacked. */
export const MOST_BYTES = 2 ** 30

const LOCAL = 0x04034b50
const ENTRY = 0x02014b50
const END = 0x06054b50
const END64 = 0x06064b50
const LOCATOR64 = 0x07064b50

const LOCAL_SIZE = 30
const ENTRY_SIZE = 46
const END_SIZE = 22
const END64_SIZE = 56
const LOCATOR64_SIZE = 20
const LONGEST_COMMENT = 0xffff

const STORED = 0
const DEFLATED = 8
const ENCRYPTED = 1
const UTF8 = 0x0800
/** 1 January 1980, the first day of zip: the same content gives the same bytes. */
const FIRST_DAY = 0x21
const ZIP64_EXTRA = 1
/** A 32-bit field whose value stands in the zip64 extra. */
const ELSEWHERE = 0xffffffff

/** Lists the members of a zip. Throws `FormatError` where it is none, or damaged, encrypted or split. */
export function listZip(bytes: Buffer): ZipMember[] {
  const directory = findDirectory(bytes)
  if (!(directory.offset + directory.size <= bytes.length)) {
    throw new FormatError('its directory lies beyond its end')
  }
  const members: ZipMember[] = []
  const names = new Set<string>()
  let unpacked = 0
  for (let at = directory.offset, i = 0; i < directory.entries; i++) {
    const { next, ...entry } = readEntry(bytes, at, directory.offset + directory.size)
    if (names.has(entry.name)) throw new FormatError(`it holds ${entry.name} twice`)
    unpacked += entry.size
    if (unpacked > MOST_BYTES) throw new FormatError(`it unpacks to more than ${MOST_BYTES} bytes`)
    names.add(entry.name)
    members.push({ name: entry.name, read: () => readMember(bytes, entry) })
    at = next
  }
  return members
}

interface Directory {
  entries: number
  size: number
  offset: number
}

function findDirectory(bytes: Buffer): Directory {
  const first = Math.max(0, bytes.length - END_SIZE - LONGEST_COMMENT)
  for (let at = bytes.length - END_SIZE; at >= first; at--) {
    const found =
      bytes.readUInt32LE(at) === END && at + END_SIZE + bytes.readUInt16LE(at + 20) === bytes.length
    if (!found) continue
    if (bytes.readUInt16LE(at + 4) !== 0 || bytes.readUInt16LE(at + 6) !== 0) {
      throw new FormatError('it is one part of several')
    }
    return (
      findDirectory64(bytes, at - LOCATOR64_SIZE) ?? {
        entries: bytes.readUInt16LE(at + 10),
        size: bytes.readUInt32LE(at + 12),
        offset: bytes.readUInt32LE(at + 16),
      }
    )
  }
  throw new FormatError('it is no zip file, or its end is missing')
}

function findDirectory64(bytes: Buffer, locator: number): Directory | null {
  if (locator < 0 || bytes.readUInt32LE(locator) !== LOCATOR64) return null
  const at = readUInt64(bytes, locator + 8)
  if (at + END64_SIZE > locator || bytes.readUInt32LE(at) !== END64) {
    throw new FormatError('its zip64 directory is damaged')
  }
  return {
    entries: readUInt64(bytes, at + 32),
    size: readUInt64(bytes, at + 40),
    offset: readUInt64(bytes, at + 48),
  }
}

interface Entry {
  name: string
  method: number
  checksum: number
  packed: number
  size: number
  local: number
}

function readEntry(bytes: Buffer, at: number, end: number): Entry & { next: number } {
  if (at + ENTRY_SIZE > end || bytes.readUInt32LE(at) !== ENTRY) {
    throw new FormatError('its directory is damaged')
  }
  const nameEnd = at + ENTRY_SIZE + bytes.readUInt16LE(at + 28)
  const extraEnd = nameEnd + bytes.readUInt16LE(at + 30)
  const next = extraEnd + bytes.readUInt16LE(at + 32)
  if (next > end) throw new FormatError('its directory is damaged')
  const name = bytes.toString('utf8', at + ENTRY_SIZE, nameEnd)
  const method = bytes.readUInt16LE(at + 10)
  if (bytes.readUInt16LE(at + 8) & ENCRYPTED) throw new FormatError(`${name} in it is encrypted`)
  if (method !== STORED && method !== DEFLATED) {
    throw new FormatError(`${name} in it is packed by method ${method}, only stored and deflated are read`)
  }
  const checksum = bytes.readUInt32LE(at + 16)
  const [size, packed, local] = wide(bytes.subarray(nameEnd, extraEnd), [
    bytes.readUInt32LE(at + 24),
    bytes.readUInt32LE(at + 20),
    bytes.readUInt32LE(at + 42),
  ]) as [number, number, number]
  return { name, method, checksum, packed, size, local, next }
}

/** Size, packed size and offset of an entry: those that do not fit 32 bits follow in this order in its extra. */
function wide(extra: Buffer, narrow: number[]): number[] {
  if (!narrow.includes(ELSEWHERE)) return narrow
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = extra.readUInt16LE(at + 2)
    if (extra.readUInt16LE(at) === ZIP64_EXTRA) {
      let place = at + 4
      const end = Math.min(place + length, extra.length)
      return narrow.map((value) => {
        if (value !== ELSEWHERE) return value
        if (place + 8 > end) throw new FormatError('its zip64 sizes are damaged')
        place += 8
        return readUInt64(extra, place - 8)
      })
    }
    at += 4 + length
  }
  throw new FormatError('its zip64 sizes are missing')
}

/** A 64-bit number; those beyond 2^53 stay beyond every file. */
function readUInt64(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at))
}

async function readMember(bytes: Buffer, entry: Entry): Promise<Buffer> {
  const { name, local, packed, size, method, checksum } = entry
  if (local + LOCAL_SIZE > bytes.length || bytes.readUInt32LE(local) !== LOCAL) {
    throw new FormatError(`${name} in it is not where its directory says`)
  }
  const start = local + LOCAL_SIZE + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
  if (start + packed > bytes.length) throw new FormatError(`${name} in it ends early`)
  const content = bytes.subarray(start, start + packed)
  const unpacked = method === STORED ? content : await inflate(content, size)
  if (unpacked?.length !== size || crc32(unpacked) !== checksum) {
    throw new FormatError(`${name} in it is damaged`)
  }
  return unpacked
}

/** null where the bytes are no deflate stream, or unpack to more than `size`. */
function inflate(content: Buffer, size: number): Promise<Buffer | null> {
  return inflateAsync(content, { maxOutputLength: Math.max(1, size) }).catch(() => null)
}

/** Packs members into a zip, in their order, without dates. Throws `FormatError` beyond `MOST_BYTES`. */
export async function packZip(
  members: { name: string; bytes: Buffer }[],
  compress: boolean,
): Promise<Buffer> {
  if (members.reduce((sum, { bytes }) => sum + bytes.length, 0) > MOST_BYTES) {
    throw new FormatError(`it would hold more than ${MOST_BYTES} bytes`)
  }
  const parts: Buffer[] = []
  const entries: Buffer[] = []
  let offset = 0
  for (const { name, bytes } of members) {
    const title = Buffer.from(name)
    const content = compress ? await deflateAsync(bytes) : bytes
    const shared = sharedFields(compress ? DEFLATED : STORED, bytes, content.length, title.length)
    const local = Buffer.alloc(LOCAL_SIZE)
    local.writeUInt32LE(LOCAL, 0)
    shared.copy(local, 4)
    const entry = Buffer.alloc(ENTRY_SIZE)
    entry.writeUInt32LE(ENTRY, 0)
    entry.writeUInt16LE(20, 4)
    shared.copy(entry, 6)
    entry.writeUInt32LE(offset, 42)
    parts.push(local, title, content)
    entries.push(entry, title)
    offset += LOCAL_SIZE + title.length + content.length
  }
  const directory = Buffer.concat(entries)
  const end = Buffer.alloc(END_SIZE)
  end.writeUInt32LE(END, 0)
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, directory, end])
}

/** What local header and directory entry say alike: version to the length of the extra, 26 bytes. */
function sharedFields(method: number, bytes: Buffer, packed: number, nameLength: number): Buffer {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(20, 0)
  fields.writeUInt16LE(UTF8, 2)
  fields.writeUInt16LE(method, 4)
  fields.writeUInt16LE(FIRST_DAY, 8)
  fields.writeUInt32LE(crc32(bytes), 10)
  fields.writeUInt32LE(packed, 14)
  fields.writeUInt32LE(bytes.length, 18)
  fields.writeUInt16LE(nameLength, 22)
  return fields
}
