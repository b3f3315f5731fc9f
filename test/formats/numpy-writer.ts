/** Writes .npy and .npz files as NumPy does, for tests. */
import { writeFile } from 'node:fs/promises'
import { endianness } from 'node:os'
import { promisify } from 'node:util'
import { crc32, deflateRaw } from 'node:zlib'
import type { NpyArray, NpyData } from '../../lib/formats/npy.js'

const deflateAsync = promisify(deflateRaw)

const TYPES: Record<string, new (buffer: ArrayBuffer) => NpyData> = {
  i1: Int8Array,
  u1: Uint8Array,
  i2: Int16Array,
  u2: Uint16Array,
  i4: Int32Array,
  u4: Uint32Array,
  i8: BigInt64Array,
  u8: BigUint64Array,
  f4: Float32Array,
  f8: Float64Array,
}
const MAGIC = Buffer.from('\x93NUMPY', 'latin1')
const ALIGNMENT = 64
const LITTLE_ENDIAN = endianness() === 'LE'

const LOCAL = 0x04034b50
const ENTRY = 0x02014b50
const END = 0x06054b50
const LOCAL_SIZE = 30
const ENTRY_SIZE = 46
const END_SIZE = 22
const STORED = 0
const DEFLATED = 8
const UTF8 = 0x0800
/** January 1, 1980, the first day of zip. */
const FIRST_DAY = 0x21

/** Writes arrays by name as `numpy.savez` does or, with `compress`, `numpy.savez_compressed`. */
export async function writeNpz(
  path: string,
  arrays: Record<string, NpyArray>,
  { compress = false } = {},
): Promise<void> {
  const members = Object.entries(arrays).map(([name, array]) => ({
    name: `${name}.npy`,
    bytes: encodeNpy(array),
  }))
  await writeFile(path, await packZip(members, compress))
}

/** Writes an array in row-major order. */
export function encodeNpy({ data, shape }: NpyArray): Buffer {
  const kind = Object.keys(TYPES).find((name) => data instanceof TYPES[name]!)!
  const order = data.BYTES_PER_ELEMENT === 1 ? '|' : LITTLE_ENDIAN ? '<' : '>'
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const text = `{'descr': '${order}${kind}', 'fortran_order': False, 'shape': ${tuple}, }`
  const padded = Math.ceil((MAGIC.length + 4 + text.length + 1) / ALIGNMENT) * ALIGNMENT
  const header = Buffer.alloc(padded, ' ')
  MAGIC.copy(header)
  header[6] = 1
  header[7] = 0
  header.writeUInt16LE(padded - MAGIC.length - 4, 8)
  header.write(text, 10, 'latin1')
  header[padded - 1] = 0x0a
  return Buffer.concat([header, Buffer.from(data.buffer, data.byteOffset, data.byteLength)])
}

/** Packs members into a zip, in their order, without dates. */
export async function packZip(
  members: { name: string; bytes: Buffer }[],
  compress: boolean,
): Promise<Buffer> {
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
