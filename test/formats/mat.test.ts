import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateSync } from 'node:zlib'
import test from 'ava'
import { decodeMat, readMat } from '../../lib/formats/mat.js'
import { createRandom } from '../../lib/random/random.js'
import { compressed, element, type Matrix, MI, MX, matFile, matrix, numbersOf } from './mat-writer.js'

const golden = (name: string) => fileURLToPath(new URL(`../golden/mat/${name}`, import.meta.url))

const CASES = [
  ['double', MI.double, Float64Array],
  ['single', MI.single, Float32Array],
  ['int8', MI.int8, Int8Array],
  ['uint8', MI.uint8, Uint8Array],
  ['int16', MI.int16, Int16Array],
  ['uint16', MI.uint16, Uint16Array],
  ['int32', MI.int32, Int32Array],
  ['uint32', MI.uint32, Uint32Array],
  ['int64', MI.int64, BigInt64Array],
  ['uint64', MI.uint64, BigUint64Array],
] as const

const BYTES: Matrix = {
  name: 'gt',
  class: MX.uint8,
  shape: [2, 3],
  type: MI.uint8,
  values: [0, 3, 1, 4, 2, 5],
}

for (const order of ['little', 'big'] as const) {
  for (const [kind, type, Values] of CASES) {
    test(`${kind}, ${order} endian, plain and compressed`, async (t) => {
      const unsigned = kind.startsWith('u')
      // Element (row, column) of [2, 3] is 3 row + column + 1, once with the sign turned.
      const columns = [1, 4, 2, 5, 3, unsigned ? 6 : -6]
      const one = matrix({ name: 'gt', class: MX[kind], shape: [2, 3], type, values: columns }, order)
      const other = matrix({ ...BYTES, name: 'other' }, order)
      const rows = [1, 2, 3, 4, 5, unsigned ? 6 : -6]
      for (const elements of [
        [one, other],
        [compressed(other, order), compressed(one, order)],
      ]) {
        const array = await decodeMat(matFile(elements, order), 'gt', 'a.mat')
        t.deepEqual(array.shape, [2, 3])
        t.true(array.data instanceof Values)
        t.deepEqual(Array.from(array.data as ArrayLike<number>, Number), rows)
      }
    })
  }
}

test('values may be stored in a smaller type than their class', async (t) => {
  const parts = { name: 'x', class: MX.double, shape: [1, 3], type: MI.uint8, values: [0, 7, 255] }
  const double = await decodeMat(matFile([matrix(parts, 'little')]), 'x', 'a.mat')
  t.deepEqual(double.data, Float64Array.of(0, 7, 255))
  const whole = matrix({ ...parts, class: MX.int64, type: MI.int8, values: [0, -7, 100] }, 'big')
  t.deepEqual((await decodeMat(matFile([whole], 'big'), 'x', 'a.mat')).data, BigInt64Array.of(0n, -7n, 100n))
})

test('short data in the tag and in an element of its own', async (t) => {
  for (const order of ['little', 'big'] as const) {
    for (const small of [true, false]) {
      const parts = { name: 'g', class: MX.uint8, shape: [1, 3], type: MI.uint8, values: [9, 8, 7], small }
      const { data } = await decodeMat(matFile([matrix(parts, order)], order), 'g', 'a.mat')
      t.deepEqual(data, Uint8Array.of(9, 8, 7))
    }
  }
})

test('four dimensions turn from columns first to rows first', async (t) => {
  const shape = [2, 3, 4, 5]
  const values: number[] = []
  for (let d = 0; d < 5; d++) {
    for (let c = 0; c < 4; c++) {
      for (let b = 0; b < 3; b++) for (let a = 0; a < 2; a++) values.push(a * 60 + b * 20 + c * 5 + d)
    }
  }
  const file = matFile([matrix({ name: 'x', class: MX.uint8, shape, type: MI.uint8, values }, 'little')])
  t.deepEqual([...(await decodeMat(file, 'x', 'a.mat')).data].map(Number), [...Array(120).keys()])
})

test('an empty array has no values', async (t) => {
  const file = matFile([matrix({ ...BYTES, shape: [0, 3], values: [] }, 'little')])
  t.deepEqual(await decodeMat(file, 'gt', 'a.mat'), { shape: [0, 3], data: new Uint8Array(0) })
})

for (const file of ['scipy-plain.mat', 'scipy-compressed.mat']) {
  test(`${file}: every numeric class`, async (t) => {
    for (const [kind, , Values] of CASES) {
      const name = kind === 'double' ? 'float64' : kind === 'single' ? 'float32' : kind
      const start = kind.startsWith('u') ? 0 : -30
      const expected = Array.from({ length: 60 }, (_, i) => 2 * i + start)
      const { shape, data } = await readMat(golden(file), name)
      t.deepEqual(shape, [3, 4, 5])
      t.true(data instanceof Values)
      t.deepEqual(Array.from(data as ArrayLike<number>, Number), expected)
    }
    const column = await readMat(golden(file), 'column')
    t.deepEqual(column, { shape: [2, 3], data: Uint8Array.of(0, 1, 2, 3, 4, 5) })
    t.deepEqual((await readMat(golden(file), 'logical')).data, Uint8Array.of(1, 0, 0, 1))
  })

  test(`${file}: what is no numeric array is refused by its kind`, async (t) => {
    const code = 'ERR_STEGO_IMAGE'
    const refused = (name: string, message: RegExp) =>
      t.throwsAsync(readMat(golden(file), name), { name: 'StegoError', code, message })
    await refused('complex', /"complex" is complex/)
    await refused('text', /"text" is text, expected a numeric array/)
    await refused('struct', /"struct" is a struct/)
    await refused('cell', /"cell" is a cell array/)
  })
}

test('a variable that is not there names those that are', async (t) => {
  const error = await t.throwsAsync(readMat(golden('scipy-compressed.mat'), 'img'), {
    code: 'ERR_STEGO_DATA_MISSING',
  })
  t.regex(error.message, /variable "img" in \S+\.mat, but it contains: uint8, int8, .*cell/)
})

test('only the variable asked for is decoded', async (t) => {
  const random = createRandom(1)
  const values = Array.from({ length: 3000 }, () => random.integer(256))
  const parts = { ...BYTES, name: 'x', shape: [1, 3000], values }
  const broken = compressed(matrix(parts, 'little'), 'little')
  broken.fill(0xff, broken.length - 4)
  const file = matFile([broken, matrix(BYTES, 'little')])
  t.deepEqual((await decodeMat(file, 'gt', 'a.mat')).data, Uint8Array.of(0, 1, 2, 3, 4, 5))
  await t.throwsAsync(decodeMat(file, 'x', 'a.mat'), { code: 'ERR_STEGO_IMAGE', message: /damaged/ })
})

test('other formats are refused by name', async (t) => {
  const hdf5 = Buffer.alloc(1024, ' ')
  hdf5.write('MATLAB 7.3 MAT-file')
  Buffer.from('894844460d0a1a0a', 'hex').copy(hdf5, 512)
  const level4 = Buffer.concat([numbersOf(MI.int32, [0, 2, 3, 0, 3], 'little'), Buffer.from('gt\0')])
  const cases: [Buffer, RegExp][] = [
    [hdf5, /MATLAB 7\.3 \(HDF5\) file, expected MATLAB 5 to 7\.2/],
    [hdf5.subarray(512), /MATLAB 7\.3/],
    [level4, /MATLAB 4/],
    [Buffer.from('GIF89a'), /not a MATLAB file/],
    [Buffer.alloc(200, 'x'), /not a MATLAB file/],
    [Buffer.alloc(0), /not a MATLAB file/],
  ]
  for (const [file, message] of cases) {
    const error = await t.throwsAsync(decodeMat(file, 'gt', 'a.mat'), { code: 'ERR_STEGO_IMAGE', message })
    t.regex(error.message, /^Expected a MATLAB file, but a\.mat is .*savemat/)
  }
})

test('damage is found, without memory for what is not there', async (t) => {
  const good = matFile([matrix(BYTES, 'little')])
  const claims = (parts: Partial<Matrix>) => matFile([matrix({ ...BYTES, ...parts }, 'little')])
  const bomb = Buffer.concat([
    matrix({ ...BYTES, shape: [2 ** 20, 2 ** 20] }, 'little'),
    Buffer.alloc(2 ** 24),
  ])
  bomb.writeUInt32LE(0xfffffff0, 4)
  const cases: [Buffer, RegExp][] = [
    [good.subarray(0, 150), /ends early/],
    [good.subarray(0, good.length - 8), /ends early/],
    [claims({ shape: [2, 4] }), /2 x 4 has 6 values, expected 8/],
    [claims({ shape: [-2, 3] }), /size of a variable is damaged/],
    [claims({ shape: [6] }), /size of a variable is damaged/],
    [claims({ shape: [2 ** 15, 2 ** 15] }), /too large/],
    [claims({ shape: Array(40).fill(1) }), /size of a variable is damaged/],
    [claims({ class: 99 }), /unknown class 99/],
    [claims({ class: MX.uint8 | 0x800 }), /complex/],
    [claims({ class: MX.int64, shape: [1, 1], type: MI.double, values: [Number.NaN] }), /as floating point/],
    [matFile([compressed(bomb, 'little')]), /declares 4294967280 bytes/],
    [matFile([element(MI.compressed, Buffer.from('not deflate'), 'little')]), /damaged/],
    [matFile([element(MI.compressed, deflateSync(Buffer.alloc(4)), 'little')]), /ends early/],
    [matFile(Array(1100).fill(matrix({ ...BYTES, name: 'x' }, 'little'))), /more than 1024 variables/],
  ]
  for (const [file, message] of cases) {
    await t.throwsAsync(decodeMat(file, 'gt', 'a.mat'), { code: 'ERR_STEGO_IMAGE', message })
  }
})

test('noise in place of any byte ends in a result or an error of ours', async (t) => {
  const file = await readFile(golden('scipy-compressed.mat'))
  const random = createRandom(2)
  let refused = 0
  for (let round = 0; round < 300; round++) {
    const noisy = Buffer.from(file.subarray(0, 2000))
    noisy[128 + random.integer(noisy.length - 128)] = random.integer(256)
    try {
      await decodeMat(noisy, 'float64', 'noisy.mat')
    } catch (error) {
      refused++
      t.is((error as Error).name, 'StegoError', String((error as Error).stack))
    }
  }
  t.true(refused > 0)
})

test('a missing file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'stego-mat-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await t.throwsAsync(readMat(join(folder, 'no.mat'), 'img'), {
    code: 'ERR_STEGO_DATA_MISSING',
    message: /no\.mat/,
  })
  await writeFile(join(folder, 'a.mat'), matFile([matrix(BYTES, 'little')]))
  t.is((await readMat(join(folder, 'a.mat'), 'gt')).data.length, 6)
})
