/** .npz and .npy files, against those that NumPy wrote (test/golden/npz/make.py). */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { StegoError } from '../../lib/errors.js'
import { FormatError } from '../../lib/neighbors/format-error.js'
import { decodeNpy, type NpyArray, type NpyData } from '../../lib/neighbors/npy.js'
import { readNpy, readNpz, writeNpy, writeNpz } from '../../lib/neighbors/npz.js'
import { listZip } from '../../lib/neighbors/zip.js'
import { temporaryFolder } from '../support/dataset.js'

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
    t.deepEqual(await readNpy(golden(`version${version}.npy`)), expected('i4'), String(version))
  }
})

test('what is written is read back, by layout as NumPy wants it', async (t) => {
  const root = await temporaryFolder(t)
  const file = join(root, 'deep', 'all.npz')
  const arrays: Record<string, NpyArray> = {
    ...Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, expected(kind)])),
    single: { data: BigInt64Array.of(-5n), shape: [] },
    empty: { data: new Int32Array(), shape: [0, 30] },
    row: { data: Float64Array.of(1, 2, 3).subarray(1), shape: [2] },
  }
  for (const compress of [false, true]) {
    await writeNpz(file, arrays, { compress })
    t.deepEqual(Object.fromEntries(await readNpz(file)), {
      ...arrays,
      row: { data: Float64Array.of(2, 3), shape: [2] },
    })
    const once = await readFile(file)
    await writeNpz(file, arrays, { compress })
    t.deepEqual(await readFile(file), once)
  }
  t.deepEqual(await readdir(join(root, 'deep')), ['all.npz'])

  const plain = join(root, 'plain.npy')
  await writeNpy(plain, arrays.row!)
  const bytes = await readFile(plain)
  t.is((10 + bytes.readUInt16LE(8)) % 64, 0)
  t.is(bytes.toString('latin1', 10).trimEnd().split('\n')[0]!.trimEnd(), ROW_HEADER)
  t.deepEqual((await readNpy(plain)).shape, [2])
})

const ROW_HEADER = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"

test('arrays whose shape does not fit are not written', async (t) => {
  const file = join(await temporaryFolder(t), 'a.npz')
  for (const shape of [[3], [2, 2], [-1, -2], [0.5, 4]]) {
    await t.throwsAsync(writeNpz(file, { a: { data: new Int32Array(2), shape } }), {
      code: 'ERR_STEGO_ARGUMENT',
    })
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
  await t.throwsAsync(readNpz(join(root, 'folder.npz')), { code: 'ERR_STEGO_FILE', message: /a file/ })
  await writeFile(join(root, 'empty.npz'), '')
  await t.throwsAsync(readNpz(join(root, 'empty.npz')), { code: 'ERR_STEGO_FILE', message: /no zip/ })
  await t.throwsAsync(readNpy(golden('stored.npz')), { code: 'ERR_STEGO_FILE', message: /no \.npy/ })
  await t.throwsAsync(readNpz(golden('version1.npy')), { code: 'ERR_STEGO_FILE', message: /no zip/ })
})

/** A version 1.0 array with this header. */
function npy(header: string, body: Uint8Array = new Uint8Array()): Buffer {
  const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1')
  start.writeUInt16LE(header.length, 8)
  return Buffer.concat([start, Buffer.from(header, 'latin1'), body])
}

test('headers are read as data, not as Python', async (t) => {
  const root = await temporaryFolder(t)
  const file = join(root, 'a.npy')
  const good = [
    "{'shape': (2,), 'fortran_order': False, 'descr': '<i2'}",
    "{'descr': '=i2', 'fortran_order': True, 'shape': (2L, 1L)}\n",
  ]
  for (const header of good) {
    await writeFile(file, npy(header, new Uint8Array([1, 0, 2, 0])))
    t.deepEqual((await readNpy(file)).data, Int16Array.of(1, 2), header)
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
    await writeFile(file, npy(header, new Uint8Array(4)))
    await t.throwsAsync(readNpy(file), { instanceOf: StegoError, code: 'ERR_STEGO_FILE' }, header)
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
    /more than/,
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
    /ends early/,
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
    /where its directory says/,
    entry((bytes, at) => bytes.writeUInt32LE(7, at + 42)),
  )
  await refused(
    'stored.npz',
    /sizes are missing/,
    entry((bytes, at) => bytes.writeUInt32LE(0xffffffff, at + 42)),
  )
  await refused('stored.npz', /twice/, (bytes) => {
    bytes.write('a', bytes.lastIndexOf('b.npy'))
    return bytes
  })
  await refused(
    'stored.npz',
    /beyond its end/,
    end((bytes, at) => bytes.writeUInt32LE(0xfffffff0, at + 16)),
  )
  await refused(
    'stored.npz',
    /directory is damaged/,
    end((bytes, at) => bytes.writeUInt16LE(60000, at + 10)),
  )
  await refused(
    'stored.npz',
    /one part of several/,
    end((bytes, at) => bytes.writeUInt16LE(1, at + 4)),
  )
  await refused('zip64.npz', /beyond its end/, (bytes) => {
    bytes.writeBigUInt64LE(2n ** 63n, bytes.lastIndexOf('PK\x06\x06') + 48)
    return bytes
  })
  await refused('zip64.npz', /zip64 directory/, (bytes) => {
    bytes.writeBigUInt64LE(2n ** 64n - 1n, bytes.lastIndexOf('PK\x06\x07') + 8)
    return bytes
  })
})

test('a file cut or changed anywhere is read or refused, nothing else', async (t) => {
  const bytes = await readFile(golden('zip64.npz'))
  const cuts = [...bytes.keys()].map((length) => bytes.subarray(0, length))
  const flips = [...bytes.keys()].map((at) => Buffer.from(bytes.with(at, bytes[at]! ^ 0xff)))
  let refused = 0
  for (const content of [...cuts, ...flips]) {
    try {
      for (const member of listZip(content)) {
        const unpacked = await member.read()
        if (member.name.endsWith('.npy')) decodeNpy(unpacked)
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
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
      t.throws(() => decodeNpy(bytes.subarray(0, at)), { instanceOf: FormatError })
      try {
        t.is(decodeNpy(flipped).data.byteLength, 48)
      } catch (error) {
        t.true(error instanceof FormatError, String(error))
      }
    }
  }
})
