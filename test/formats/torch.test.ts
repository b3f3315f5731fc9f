/** PyTorch files, against the recordings of test/weights/golden/make.py and made by hand. */
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { StegoError } from '../../lib/errors.js'
import { decodeTensorFile, readTensorFile } from '../../lib/formats/read-tensor-file.js'
import { tensorsToRead } from '../../lib/formats/tensor-file.js'
import { createRandom } from '../../lib/random/random.js'
import { temporaryFolder } from '../support/dataset.js'
import { golden, tensorBytes } from '../weights/fixtures.js'
import { packZip } from './numpy-writer.js'
import { storedBytes } from './stored-values.js'

const code = 'ERR_STEGO_CHECKPOINT'

for (const name of ['tensors.pth', 'tensors.legacy.pth']) {
  test(`${name}: every type, view and shared storage lies where its place says`, async (t) => {
    const expected = await tensorBytes(golden('tensors.safetensors'))
    if (name.includes('legacy')) delete expected.u16
    const { tensors } = await readTensorFile(golden(name))
    const found: Record<string, string> = {}
    for (const tensor of tensors) {
      if (!tensor.name.startsWith('tensors.')) continue
      t.is(tensor.problem, null)
      found[tensor.name.slice('tensors.'.length)] = await storedBytes(tensor)
    }
    t.deepEqual(found, expected)
  })

  test(`${name}: what is not a tensor stays readable, and nothing is executed`, async (t) => {
    const { path, format, metadata, values, tensors, bytes } = await readTensorFile(golden(name))
    t.is(path, golden(name))
    t.is(format, 'torch')
    t.is(bytes, (await readFile(golden(name))).length)
    t.deepEqual(metadata, {})
    const { described, unknown } = values as Record<string, unknown>
    t.deepEqual(described, {
      numbers: [1, -1, 2 ** 40, '0xc00000000000000000', 0.5, 'NaN'],
      text: 'Zürich "quoted"\n',
      nothing: null,
      yes: true,
      bytes: { __bytes__: '00ff' },
      tuple: [1, [2, []]],
      set: [7],
      size: [2, 3],
      ordered: { a: 1 },
      default: { b: [2] },
      keys: { 1: 'integer', '[1,2]': 'tuple' },
      namespace: { __class__: 'argparse.Namespace', arch: 'vit_small', lr: 0.0005 },
      dtype: { __global__: 'torch.float16' },
      harmful: { __class__: 'posix.system', __args__: ['touch executed'] },
    })
    t.deepEqual(unknown, { __class__: 'nowhere.at_all.Stranger', answer: 42, itself: '...' })
    t.false(existsSync('executed'))
    const slice = tensors.find((tensor) => tensor.name === 'tensors.slice')!
    t.deepEqual(slice.shape, [2, 3])
    t.deepEqual(slice.strides, [6, 2])
    t.is(slice.extent, 4 * (6 + 2 * 2 + 1))
  })

  test(`${name}, damaged in 400 ways: read or refused by name`, async (t) => {
    const good = await readFile(golden(name))
    for (let i = 0; i < 200; i++) {
      const cut = good.subarray(0, Math.floor((i * good.length) / 200))
      await t.throwsAsync(decodeTensorFile(cut, 'cut.pth'), { code, message: /cut\.pth/ }, `${i} of 200`)
    }
    const random = createRandom(1, 2)
    let refused = 0
    for (let i = 0; i < 200; i++) {
      const bytes = Buffer.from(good)
      for (let flips = 1 + (i % 3); flips > 0; flips--) {
        bytes[random.integer(bytes.length)]! ^= 1 << random.integer(8)
      }
      try {
        const file = await decodeTensorFile(bytes, 'flipped.pth')
        const plain = file.tensors.flatMap((tensor) => (/^tensors/.test(tensor.name) ? [tensor.name] : []))
        for (const { offset, extent } of tensorsToRead(file, plain)) t.true(offset + extent <= bytes.length)
      } catch (error) {
        refused += 1
        t.true(error instanceof StegoError && error.code === code, String(error))
        t.regex((error as Error).message, /flipped\.pth/)
      }
    }
    t.true(refused > 20 && refused < 200)
  })
}

test('tensors of types that weights do not have are listed, and refused only when needed', async (t) => {
  const file = await readTensorFile(golden('tensors.pth'))
  const refused = file.tensors.filter(({ name }) => name.startsWith('refused.'))
  t.deepEqual(
    refused.map(({ dtype }) => dtype),
    ['ComplexFloat', 'QInt8', 'Float8_e4m3fn'],
  )
  for (const { name, dtype } of refused) {
    const message = new RegExp(`'${name}' of .*tensors\\.pth.*${dtype}`)
    t.throws(() => tensorsToRead(file, [name]), { code, message })
  }
  t.throws(() => tensorsToRead(file), { code })
  t.throws(() => tensorsToRead(file, ['tensors.f33']), { code, message: /'tensors\.f33' in .*tensors\.pth/ })
  t.is(tensorsToRead(file, ['tensors.f32', 'tensors.f32']).length, 2)
})

for (const protocol of [3, 4, 5]) {
  test(`pickle protocol ${protocol}`, async (t) => {
    const { tensors, values } = await readTensorFile(golden(`protocol${protocol}.pth`))
    const expected = await tensorBytes(golden('tensors.safetensors'))
    t.is(await storedBytes(tensors.find(({ name }) => name === 'a')!), expected.f32!)
    t.is((values as { text: string }).text, 'x'.repeat(300))
  })
}

for (const pair of ['official', 'leggedrobotics']) {
  test(`${pair}.ckpt: tensors in row-major order fill their places`, async (t) => {
    const { tensors } = await readTensorFile(golden(`${pair}.ckpt`))
    t.true(tensors.length > 20)
    for (const tensor of tensors) {
      t.is(tensor.problem, null)
      t.is((await storedBytes(tensor)).split(' ').at(-1)!.length, 2 * tensor.extent, tensor.name)
    }
  })
}

test('archives that torch.save did not write are refused with the reason', async (t) => {
  const good = await readFile(golden('protocol3.pth'))
  const renamed = (from: string, to: string) =>
    Buffer.from(good.toString('latin1').replaceAll(from, to), 'latin1')
  const compressed = Buffer.from(good)
  compressed.writeUInt16LE(8, good.indexOf('PK\x01\x02') + 10)
  const encrypted = Buffer.from(good)
  encrypted[good.indexOf('PK\x01\x02') + 8]! |= 1
  const description = { name: 'a/data.pkl', bytes: Buffer.from('N.') }
  const twice = await packZip([description, description], false)
  const cases: [Buffer, RegExp][] = [
    [compressed, /compressed/],
    [encrypted, /encrypted/],
    [twice, /data\.pkl twice/],
    [renamed('data.pkl', 'data.pic'), /no data\.pkl/],
    [renamed('little', 'biggie'), /big-endian/],
    [renamed('/data/0', '/data/9'), /storage 0 is missing/],
    [Buffer.from([0x80, 2, 0x4b, 1, 0x2e]), /not one that torch\.save wrote/],
    [Buffer.from('PK\x03\x04'), /zip archive is damaged/],
    [Buffer.from('nonsense, and nothing else'), /Expected a weight file/],
    [Buffer.alloc(0), /Expected a weight file/],
  ]
  for (const [bytes, message] of cases) {
    const error = await t.throwsAsync(
      decodeTensorFile(bytes, 'other.pth'),
      { code, message },
      String(message),
    )
    t.regex(error.message, /other\.pth/)
  }
})

test('files that are not there, and what is no file', async (t) => {
  const folder = await temporaryFolder(t)
  const missing = join(folder, 'nothing.pth')
  await t.throwsAsync(readTensorFile(missing), { code: 'ERR_STEGO_DATA_MISSING', message: /nothing\.pth/ })
  await t.throwsAsync(readTensorFile(folder), { code, message: /not a regular file/ })
  await writeFile(join(folder, 'a.pth'), await readFile(golden('protocol3.pth')))
  t.is((await readTensorFile(join(folder, 'a.pth'))).tensors.length, 1)
})
