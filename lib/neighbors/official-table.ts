/** Encodes the only NumPy file that is written: an uncompressed .npz with one integer table. */
import { crc32 } from 'node:zlib'
import { StegoError } from '../errors.js'

const HEADER_ALIGNMENT = 64
/** Size limit of a zip file without zip64. */
const MAX_BYTES = 0xffffffff - 2 ** 16
const LOCAL_HEADER = 0x04034b50
const DIRECTORY_ENTRY = 0x02014b50
const DIRECTORY_END = 0x06054b50
const ZIP_VERSION = 20
/** January 1, 1980, the earliest zip date, so that the same table gives the same bytes. */
const FIRST_DAY = 0x21

/** Encodes `data`, int64 [rows, columns], as a named array in a .npz. Throws `ERR_STEGO_ARGUMENT` above 4 GiB. */
export function packTable(name: string, data: BigInt64Array, columns: number): Buffer {
  const array = Buffer.concat([
    npyHeader(data.length / columns, columns),
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  ])
  if (array.length > MAX_BYTES) {
    throw new StegoError(
      'ERR_STEGO_ARGUMENT',
      `Expected a table of at most ${MAX_BYTES} bytes, but it has ${array.length}. Write a .safetensors file.`,
    )
  }
  return zipOf(Buffer.from(`${name}.npy`), array)
}

function npyHeader(rows: number, columns: number): Buffer {
  const text = `{'descr': '<i8', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`
  const length = Math.ceil((10 + text.length + 1) / HEADER_ALIGNMENT) * HEADER_ALIGNMENT
  const header = Buffer.alloc(length, ' ')
  header.write('\x93NUMPY\x01\x00', 'latin1')
  header.writeUInt16LE(length - 10, 8)
  header.write(`${text.padEnd(length - 11)}\n`, 10, 'latin1')
  return header
}

/** Encodes a zip with one stored member. */
function zipOf(name: Buffer, content: Buffer): Buffer {
  const local = Buffer.alloc(30)
  local.writeUInt32LE(LOCAL_HEADER, 0)
  local.writeUInt16LE(ZIP_VERSION, 4)
  local.writeUInt16LE(FIRST_DAY, 12)
  local.writeUInt32LE(crc32(content), 14)
  local.writeUInt32LE(content.length, 18)
  local.writeUInt32LE(content.length, 22)
  local.writeUInt16LE(name.length, 26)
  const entry = Buffer.alloc(46)
  entry.writeUInt32LE(DIRECTORY_ENTRY, 0)
  entry.writeUInt16LE(ZIP_VERSION, 4)
  local.copy(entry, 6, 4, 30)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(DIRECTORY_END, 0)
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(entry.length + name.length, 12)
  end.writeUInt32LE(local.length + name.length + content.length, 16)
  return Buffer.concat([local, name, content, entry, name, end])
}
