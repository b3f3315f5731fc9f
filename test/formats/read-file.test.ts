/** Files that are missing, no files, too large, or of another byte order. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { ByteSource } from '../../lib/formats/byte-source.js'
import { FormatError } from '../../lib/formats/format-error.js'
import { RandomAccessFile } from '../../lib/formats/random-access.js'
import { readFileOrExplain } from '../../lib/formats/read-file.js'
import { fillRowMajor } from '../../lib/formats/row-major.js'
import { temporaryFolder } from '../support/dataset.js'

test('a whole file, up to the limit', async (t) => {
  const path = join(await temporaryFolder(t), 'a.npz')
  await writeFile(path, 'twelve bytes')
  t.is((await readFileOrExplain(path, 'npz', 12)).toString(), 'twelve bytes')
  await t.throwsAsync(readFileOrExplain(path, 'npz', 11), {
    code: 'ERR_STEGO_FILE',
    message: /^Expected a \.npz file of at most 11 bytes, but \S+a\.npz has 12\./,
  })
})

test('no file, a file in the place of a folder, a folder, a pipe', async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'a.mat')
  await writeFile(file, '')
  for (const path of [join(folder, 'none.mat'), join(file, 'none.mat')]) {
    await t.throwsAsync(readFileOrExplain(path, 'mat', 9), {
      code: 'ERR_STEGO_DATA_MISSING',
      message: /none\.mat/,
    })
  }
  const message = /not a regular file\. Name a file\./
  await t.throwsAsync(readFileOrExplain(folder, 'npz', 9), { code: 'ERR_STEGO_FILE', message })
  await promisify(execFile)('mkfifo', [join(folder, 'pipe')])
  await t.throwsAsync(readFileOrExplain(join(folder, 'pipe'), 'npz', 9), { code: 'ERR_STEGO_FILE', message })
  await t.throwsAsync(readFileOrExplain(join(folder, 'x'.repeat(300)), 'npz', 9), {
    code: 'ERR_STEGO_FILE',
    message: /ENAMETOOLONG/,
  })
})

test('parts of a file are read within its bounds', async (t) => {
  const path = join(await temporaryFolder(t), 'a')
  await writeFile(path, '0123456789')
  const opened = await RandomAccessFile.open(path)
  t.teardown(() => opened.close())
  for (const file of [opened, RandomAccessFile.of(Buffer.from('0123456789'), 'a')]) {
    t.is((await file.read(2, 3)).toString(), '234')
    t.is((await file.read(10, 0)).length, 0)
    for (const [offset, length] of [
      [8, 3],
      [11, 0],
      [-1, 2],
      [0, -1],
      [Number.NaN, 1],
      [2 ** 53, 1],
    ] as const) {
      await t.throwsAsync(file.read(offset, length), { instanceOf: FormatError })
    }
  }
})

test('a source goes from window to window', async (t) => {
  const bytes = Buffer.alloc(200_000)
  for (let i = 0; i < bytes.length; i += 4) bytes.writeUInt32LE(i, i)
  const source = new ByteSource(RandomAccessFile.of(bytes, 'a'), 4, bytes.length)
  for (let at = 4; at < bytes.length; at += 4) {
    if (!source.isLoaded(4)) await source.load(4)
    if (source.position !== at || source.unsigned(4) !== at) t.fail(String(at))
  }
  t.true(source.isLoaded(1))
  t.throws(() => source.byte(), { instanceOf: FormatError })
  const skipping = new ByteSource(RandomAccessFile.of(bytes, 'a'), 0, bytes.length)
  await skipping.load(4)
  skipping.skip(150_000)
  await skipping.load(4)
  t.is(skipping.unsigned(4), 150_000)
  t.throws(() => skipping.skip(50_000), { instanceOf: FormatError })
})

test('columns first to rows first, and each value converted', (t) => {
  const target = new Float64Array(6)
  fillRowMajor(target, BigInt64Array.of(1n, 4n, 2n, 5n, 3n, 6n), [2, 3], Number)
  t.deepEqual(target, Float64Array.of(1, 2, 3, 4, 5, 6))
})
