/** .npz and .npy files, against those that NumPy wrote (test/golden/npz/make.py). */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { StegoError } from '../../lib/errors.js'
import { FormatError } from '../../lib/formats/format-error.js'
import { type NpyArray, type NpyData, parseNpy } from '../../lib/formats/npy.js'
import { decodeNpz, readNpz } from '../../lib/formats/npz.js'
import { temporaryFolder } from '../support/dataset.js'
import { encodeNpy, packZip } from './numpy-writer.js'

const golden = (name: string) => fileURLToPath(new URL(`../golden/npz/${name}`, import.meta.url))

const SHAPE = [2, 3, 2]
/** What make.py puts first: the lower end of each type. */
const KINDS: Record<string, [new (length: number) => NpyData, number | bigint]> = {
  i1: [Int8Array, -(2 ** 7)],
  u1: [Uint8Array, 0],
  i2: [Int16Array, -(2 ** 15)],
  u2: [Uint16Array, 0],
  i4: [Int32Array, -(2 ** 31)],
  u4: [Uint32Array, 0],
  i8: [BigInt64Array, -(2n ** 63n)],
  u8: [BigUint64Array, 0n],
  f4: [Float32Array, -(2 ** 104) * (2 ** 24 - 1)],
  f8: [Float64Array, -Number.MAX_VALUE],
}

/** The values of make.py in row-major order. */
function expected(kind: string): NpyArray {
  const [type, low] = KINDS[kind]!
  const data = new type(12)
  for (let i = 0; i < 12; i++) data[i] = typeof low === 'bigint' ? BigInt(7 + i) : 7 + i
  data[0] = low
  return { data, shape: SHAPE }
}

test('every element type, byte order and array order that NumPy writes, compressed', async (t) => {
  const arrays = await readNpz(golden('kinds.npz'))
  for (const kind of Object.keys(KINDS)) {
    t.deepEqual(arrays.get(`little_${kind}`), expected(kind), kind)
    t.deepEqual(arrays.get(`big_${kind}`), expected(kind), `big ${kind}`)
  }
  for (const kind of ['i2', 'i8', 'f8']) {
    t.deepEqual(arrays.get(`fortran_${kind}`), expected(kind), `fortran ${kind}`)
  }
  t.deepEqual(arrays.get('big_fortran_f4'), expected('f4'))
  t.deepEqual(arrays.get('truth'), { data: Uint8Array.of(1, 0, 1), shape: [3] })
  t.deepEqual(arrays.get('single'), { data: BigInt64Array.of(-5n), shape: [] })
  t.deepEqual(arrays.get('empty'), { data: new Int32Array(), shape: [0, 30] })
  t.is(arrays.size, 27)
})

test('stored members and zip64 ones; what is no array is left out', async (t) => {
  const stored = await readNpz(golden('stored.npz'))
  t.deepEqual(stored.get('a'), expected('i8'))
  t.deepEqual(stored.get('b'), { data: Float32Array.of(0.5, -1.5), shape: [2] })
  const wide = await readNpz(golden('zip64.npz'))
  t.deepEqual([...wide.keys()], ['a', 'b'])
  t.deepEqual(wide.get('a'), expected('i8'))
  t.deepEqual(wide.get('b'), expected('i8'))
})

test('all three versions of .npy', async (t) => {
  for (const version of [1, 2, 3]) {
    t.deepEqual(parseNpy(await readFile(golden(`version${version}.npy`))), expected('i4'), String(version))
  }
})

test('objects and structures are refused, never unpickled', async (t) => {
  const code = 'ERR_STEGO_FILE'
  await t.throwsAsync(readNpz(golden('objects.npz')), { code, message: /array nns.*\|O/ })
  await t.throwsAsync(readNpz(golden('structured.npz')), { code, message: /array nns.*plain numbers/ })
})

test('missing, foreign and empty files', async (t) => {
  const root = await temporaryFolder(t)
  await t.throwsAsync(readNpz(join(root, 'none.npz')), { code: 'ERR_STEGO_DATA_MISSING' })
  await mkdir(join(root, 'folder.npz'))
  await t.throwsAsync(readNpz(join(root, 'folder.npz')), { code: 'ERR_STEGO_FILE', message: /regular file/ })
  await writeFile(join(root, 'empty.npz'), '')
  await t.throwsAsync(readNpz(join(root, 'empty.npz')), { code: 'ERR_STEGO_FILE', message: /zip archive/ })
  const zip = await readFile(golden('stored.npz'))
  t.throws(() => parseNpy(zip), { instanceOf: FormatError, message: /not a \.npy/ })
  await t.throwsAsync(readNpz(golden('version1.npy')), { code: 'ERR_STEGO_FILE', message: /zip archive/ })
})

/** A version 1.0 array with this header. */
function npy(header: string, body: Uint8Array = new Uint8Array()): Buffer {
  const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1')
  start.writeUInt16LE(header.length, 8)
  return Buffer.concat([start, Buffer.from(header, 'latin1'), body])
}

test('headers are read as data, not as Python', (t) => {
  const good = [
    "{'shape': (2,), 'fortran_order': False, 'descr': '<i2'}",
    "{'descr': '=i2', 'fortran_order': True, 'shape': (2L, 1L)}\n",
  ]
  for (const header of good) {
    t.deepEqual(parseNpy(npy(header, new Uint8Array([1, 0, 2, 0]))).data, Int16Array.of(1, 2), header)
  }
  const bad = [
    '',
    '{}',
    "{'descr': '<i2', 'fortran_order': False}",
    "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), 'more': True}",
    "{'descr': '<i2', 'descr': '<i2', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '<i2', 'fortran_order': 0, 'shape': (2,)}",
    "{'descr': '<i2', 'fortran_order': False, 'shape': (-2,)}",
    "{'descr': '<i2', 'fortran_order': False, 'shape': (1, , 2)}",
    "{'descr': '<i2', 'fortran_order': False, 'shape': (1 1,)}",
    "{'descr': '<i2', 'fortran_order': False, 'shape': (3,)}",
    "{'descr': '<i2', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '<i2', 'fortran_order': False, 'shape': (99999999999999999999,)}",
    "{'descr': '<i2', 'fortran_order': False, 'shape': (9007199254740991, 9007199254740991)}",
    "{'descr': '<f2', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '<constructor', 'fortran_order': False, 'shape': (2,)}",
    "__import__('os')",
  ]
  for (const header of bad) {
    t.throws(() => parseNpy(npy(header, new Uint8Array(4))), { instanceOf: FormatError }, header)
  }
})

async function damagedZip(t: ExecutionContext, name: string, damage: (bytes: Buffer) => Buffer | undefined) {
  const file = join(await temporaryFolder(t), 'damaged.npz')
  const bytes = await readFile(golden(name))
  await writeFile(file, damage(bytes) ?? bytes)
  return readNpz(file)
}

const ENTRY = Buffer.from('PK\x01\x02', 'latin1')
const END = Buffer.from('PK\x05\x06', 'latin1')

test('zip files that lie', async (t) => {
  const refused = async (name: string, message: RegExp, damage: (bytes: Buffer) => Buffer | undefined) => {
    await t.throwsAsync(damagedZip(t, name, damage), {
      instanceOf: StegoError,
      code: 'ERR_STEGO_FILE',
      message,
    })
  }
  const entry = (write: (bytes: Buffer, at: number) => void) => (bytes: Buffer) => {
    write(bytes, bytes.indexOf(ENTRY))
    return bytes
  }
  const end = (write: (bytes: Buffer, at: number) => void) => (bytes: Buffer) => {
    write(bytes, bytes.lastIndexOf(END))
    return bytes
  }
  // A bomb: more than the members may hold together.
  await refused(
    'kinds.npz',
    /limit of 1073741824 bytes/,
    entry((bytes, at) => bytes.writeUInt32LE(0xfffffffe, at + 24)),
  )
  // A size that is not the content's, within bounds.
  await refused(
    'kinds.npz',
    /is damaged/,
    entry((bytes, at) => bytes.writeUInt32LE(64, at + 24)),
  )
  await refused(
    'kinds.npz',
    /is damaged/,
    entry((bytes, at) => bytes.writeUInt32LE(2 ** 29, at + 24)),
  )
  await refused(
    'stored.npz',
    /is damaged/,
    entry((bytes, at) => bytes.writeUInt32LE(1, at + 16)),
  )
  await refused(
    'stored.npz',
    /overflows file bounds/,
    entry((bytes, at) => bytes.writeUInt32LE(5000, at + 20)),
  )
  await refused(
    'stored.npz',
    /encrypted/,
    entry((bytes, at) => bytes.writeUInt16LE(1, at + 8)),
  )
  await refused(
    'stored.npz',
    /method 12/,
    entry((bytes, at) => bytes.writeUInt16LE(12, at + 10)),
  )
  await refused(
    'stored.npz',
    /local file header signature/,
    entry((bytes, at) => bytes.writeUInt32LE(7, at + 42)),
  )
  await refused(
    'stored.npz',
    /overflow|ends early/,
    entry((bytes, at) => bytes.writeUInt32LE(0xffffffff, at + 42)),
  )
  await refused('stored.npz', /twice/, (bytes) => {
    bytes.write('a', bytes.lastIndexOf('b.npy'))
    return bytes
  })
  await refused(
    'stored.npz',
    /ends early/,
    end((bytes, at) => bytes.writeUInt32LE(0xfffffff0, at + 16)),
  )
  await refused(
    'stored.npz',
    /ends early|header signature/,
    end((bytes, at) => bytes.writeUInt16LE(60000, at + 10)),
  )
  await refused(
    'stored.npz',
    /multi-disk/,
    end((bytes, at) => bytes.writeUInt16LE(1, at + 4)),
  )
  await refused('zip64.npz', /ends early/, (bytes) => {
    bytes.writeBigUInt64LE(2n ** 63n, bytes.lastIndexOf('PK\x06\x06') + 48)
    return bytes
  })
  await refused('zip64.npz', /ends early/, (bytes) => {
    bytes.writeBigUInt64LE(2n ** 64n - 1n, bytes.lastIndexOf('PK\x06\x07') + 8)
    return bytes
  })
})

test('a member of any declared size is cut at it, and all of them at the limit of a file', async (t) => {
  const zeros: NpyArray = { data: new Uint8Array(2 ** 20), shape: [2 ** 20] }
  const members = ['a.npy', 'b.npy'].map((name) => ({ name, bytes: encodeNpy(zeros) }))
  const bytes = await packZip(members, true)
  t.true(bytes.length < 2 ** 14)
  const maxBytes = 2 ** 21
  await t.throwsAsync(decodeNpz(bytes, 'zeros.npz', { maxBytes }), {
    code: 'ERR_STEGO_FILE',
    message: /zeros\.npz.*limit of 2097152 bytes/,
  })
  t.is((await decodeNpz(bytes, 'zeros.npz', { maxBytes: maxBytes + 256 })).size, 2)
  for (let at = bytes.indexOf(ENTRY); at >= 0; at = bytes.indexOf(ENTRY, at + 1))
    bytes.writeUInt32LE(128, at + 24)
  await t.throwsAsync(decodeNpz(bytes, 'zeros.npz'), { message: /zeros\.npz.*a\.npy in it is damaged/ })
})

test('more axes than NumPy has, and headers longer than its', (t) => {
  const of = (sides: string) =>
    npy(`{'descr': '|u1', 'fortran_order': True, 'shape': (${sides})}`, Uint8Array.of(7))
  t.is(parseNpy(of('1,'.repeat(32))).shape.length, 32)
  t.throws(() => parseNpy(of('1,'.repeat(33))), { instanceOf: FormatError, message: /33 axes/ })
  const long = npy(`{}${' '.repeat(20_000)}`)
  t.throws(() => parseNpy(long), {
    instanceOf: FormatError,
    message: /20002 bytes, above the limit of 10000/,
  })
})

test('a file cut or changed anywhere is read or refused by name, nothing else', async (t) => {
  const bytes = await readFile(golden('zip64.npz'))
  const cuts = [...bytes.keys()].map((length) => bytes.subarray(0, length))
  const flips = [...bytes.keys()].map((at) => Buffer.from(bytes.with(at, bytes[at]! ^ 0xff)))
  let refused = 0
  for (const content of [...cuts, ...flips]) {
    try {
      await decodeNpz(content, 'cut.npz')
    } catch (error) {
      if (!(error instanceof StegoError && error.message.includes('cut.npz'))) throw error
      refused++
    }
  }
  t.true(refused > bytes.length)
})

test('an array cut or changed anywhere is read or refused', async (t) => {
  for (const version of [1, 2, 3]) {
    const bytes = await readFile(golden(`version${version}.npy`))
    for (const at of bytes.keys()) {
      const flipped = Buffer.from(bytes.with(at, bytes[at]! ^ 0xff))
      t.throws(() => parseNpy(bytes.subarray(0, at)), { instanceOf: FormatError })
      try {
        t.is(parseNpy(flipped).data.byteLength, 48)
      } catch (error) {
        t.true(error instanceof FormatError, String(error))
      }
    }
  }
})
