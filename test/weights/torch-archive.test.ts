import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { job, type NameMap } from '../../lib/native/index.js'
import { createRandom } from '../../lib/random/random.js'
import { temporaryFolder } from '../support/dataset.js'
import { golden, integer, legacy, tensorBytes, text } from './fixtures.js'

const inspect = (file: string) => job((native) => native.inspectWeights(file))
const read = (file: string, names?: NameMap) => job((native) => native.readWeights(file, names))

/** The tensors of tensors.pth by their own names. */
async function plainNames(file: string): Promise<NameMap> {
  const { tensors } = await inspect(file)
  const named = tensors.flatMap(({ name }) => (name.startsWith('tensors.') ? [name] : []))
  return Object.fromEntries(named.map((name) => [name.slice('tensors.'.length), name]))
}

for (const file of ['tensors.pth', 'tensors.legacy.pth']) {
  test(`${file}: every type, view and shared storage, as PyTorch has them`, async (t) => {
    const names = await plainNames(golden(file))
    const expected = await read(golden('tensors.safetensors'))
    if (file.includes('legacy')) delete expected.u16
    t.deepEqual(await read(golden(file), names), expected)

    const copy = join(await temporaryFolder(t), 'copy.safetensors')
    await job((native) => native.convertWeights(golden(file), names, copy, {}, 'safetensors'))
    const bytes = await tensorBytes(golden('tensors.safetensors'))
    if (file.includes('legacy')) delete bytes.u16
    t.deepEqual(await tensorBytes(copy), bytes)
  })

  test(`${file}: what is not a tensor stays readable, and nothing is executed`, async (t) => {
    const { format, metadata, values, tensors } = await inspect(golden(file))
    t.is(format, 'torch')
    t.deepEqual(metadata, {})
    t.deepEqual(JSON.parse(values!).described, {
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
    t.deepEqual(JSON.parse(values!).unknown, {
      __class__: 'nowhere.at_all.Stranger',
      answer: 42,
      itself: '...',
    })
    t.false(existsSync('executed'))
    t.deepEqual(tensors.find(({ name }) => name === 'tensors.slice')!.shape, [2, 3])
  })
}

test('tensors of types that weights do not have are listed, and refused only when needed', async (t) => {
  const { tensors } = await inspect(golden('tensors.pth'))
  const refused = tensors.filter(({ name }) => name.startsWith('refused.'))
  t.deepEqual(
    refused.map(({ dtype }) => dtype),
    ['ComplexFloat', 'QInt8', 'Float8_e4m3fn'],
  )
  for (const { name, dtype } of refused) {
    const message = new RegExp(`'${name}'.*${dtype}`)
    await t.throwsAsync(read(golden('tensors.pth'), { a: name }), { code: 'ERR_STEGO_CHECKPOINT', message })
  }
  await t.throwsAsync(read(golden('tensors.pth')), { code: 'ERR_STEGO_CHECKPOINT' })
})

for (const protocol of [3, 4, 5]) {
  test(`pickle protocol ${protocol}`, async (t) => {
    const file = golden(`protocol${protocol}.pth`)
    t.deepEqual((await read(file)).a, (await read(golden('tensors.safetensors'))).f32)
    t.is(JSON.parse((await inspect(file)).values!).text, 'x'.repeat(300))
  })
}

test('names choose tensors and join several along the first axis', async (t) => {
  const file = golden('tensors.pth')
  const { twice } = await read(file, { twice: ['tensors.f32', 'tensors.f32'] })
  const f32 = (await read(golden('tensors.safetensors'))).f32!
  t.deepEqual(twice, {
    data: Float32Array.of(...(f32.data as Float32Array), ...(f32.data as Float32Array)),
    shape: [8, 6],
  })
  const code = 'ERR_STEGO_CHECKPOINT'
  await t.throwsAsync(read(file, { a: 'tensors.f33' }), { code, message: /'tensors\.f33'/ })
  await t.throwsAsync(read(file, { a: ['tensors.f32', 'tensors.slice'] }), {
    code,
    message: /tensors\.slice/,
  })
  await t.throwsAsync(read(file, { a: ['tensors.scalar', 'tensors.scalar'] }), { code })
  await t.throwsAsync(read(file, { a: [] }), { code: 'ERR_STEGO_ARGUMENT' })
  await t.throwsAsync(read(file, { a: 3 } as unknown as NameMap), { code: 'ERR_STEGO_ARGUMENT' })
})

test('what is written for PyTorch is read as it was', async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'weights.pth')
  const tensors = {
    'a.weight': { data: Float32Array.of(1, -0, Number.NaN, Infinity), shape: [2, 2] },
    doubles: { data: Float64Array.of(1e300), shape: [] },
    long: { data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n), shape: [2] },
    int: { data: Int32Array.of(-5), shape: [1, 1, 1] },
    short: { data: Int16Array.of(-5), shape: [1] },
    char: { data: Int8Array.of(-5), shape: [1] },
    unsigned: { data: Uint16Array.of(65535), shape: [1] },
    bytes: { data: Uint8Array.of(0, 255), shape: [2] },
    empty: { data: new Float32Array(0), shape: [0, 3] },
  }
  const metadata = { note: 'zwölf "Boxkämpfer"\t\u0001', model: '{}' }
  await job((native) => native.writeTorchArchive(file, tensors, metadata))
  const names = Object.fromEntries(Object.keys(tensors).map((name) => [name, `state_dict.${name}`]))
  t.deepEqual(await read(file, names), tensors)
  t.deepEqual(JSON.parse((await inspect(file)).values!), { state_dict: {}, metadata })
  const missing = join(folder, 'nowhere', 'weights.pth')
  await t.throwsAsync(job((native) => native.writeTorchArchive(missing, tensors, {})))
  t.false(existsSync(missing))
})

test('a .safetensors file that begins like a pickle is still one', async (t) => {
  const file = join(await temporaryFolder(t), 'a.safetensors')
  const header = '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'.padEnd(0x80)
  const length = Buffer.alloc(8)
  length.writeUInt8(0x80)
  await writeFile(file, Buffer.concat([length, Buffer.from(header), Buffer.of(7)]))
  t.deepEqual(await read(file), { a: { data: Uint8Array.of(7), shape: [1] } })
})

/** A tensor's making as PyTorch pickles it, on a storage that need not exist. */
const rebuilt = (offset: number, shape: number[], strides: number[]) => [
  'ctorch._utils\n_rebuild_tensor_v2\n(',
  '(',
  text('storage'),
  'ctorch\nFloatStorage\n',
  text('0'),
  text('cpu'),
  integer(1),
  'tQ',
  integer(offset),
  '(',
  ...shape.map(integer),
  't(',
  ...strides.map(integer),
  't',
  [0x89],
  '}tR',
]

test('hand-made pickles: what cannot be is refused, what is odd is read', async (t) => {
  const file = join(await temporaryFolder(t), 'made.pth')
  const bad: Record<string, Buffer> = {
    'an empty stack': legacy(''),
    'a memo that was never filled': legacy('h', [9]),
    'a mark that was never set': legacy('t'),
    'a list that is none': legacy('N', 'K', [1], 'a'),
    'a dictionary that is none': legacy(']', 'NNs'),
    'a key without a value': legacy('}(NNNu'),
    'values of somebody else': legacy('N(', [0x86]),
    'a text of 4 GiB': legacy('X', [0xff, 0xff, 0xff, 0xff]),
    'a text of 2^63 bytes': legacy([0x8d, 0, 0, 0, 0, 0, 0, 0, 0x80]),
    'an integer of 2 GiB': legacy([0x8b, 0xff, 0xff, 0xff, 0x7f]),
    'the extension registry': legacy([0x82, 1]),
    'a buffer outside of the pickle': legacy([0x97]),
    'an unknown operation': legacy([0xff]),
    'a line without an end': legacy('I', '1'.repeat(10_000)),
    'a number that is none': legacy('Itwo\n'),
    'a class without a name': legacy('NN', [0x93]),
    'a tensor without a storage': legacy(...rebuilt(0, [1], [1])),
    'a tensor of negative size': legacy(...rebuilt(0, [-1], [1])),
    'a tensor of negative offset': legacy(...rebuilt(-1, [1], [1])),
    'a tensor of more axes than strides': legacy(...rebuilt(0, [1, 1], [1])),
    'a tensor of 2^93 values': legacy(...rebuilt(0, [2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1], [0, 0, 0])),
    'a tensor of nothing': legacy('ctorch._utils\n_rebuild_tensor_v2\n)R'),
    'two tensors of one name': legacy(
      '}',
      '(',
      text('a.b'),
      ...rebuilt(0, [0], [1]),
      text('a'),
      '}',
      text('b'),
      ...rebuilt(0, [0], [1]),
      'su',
    ),
    'lists nested too deeply': legacy(']'.repeat(100), 'a'.repeat(99)),
    'a million million lists': legacy(']q\x00', ...Array(40).fill(']h\x00ah\x00aq\x00')),
    'many more values than bytes': legacy(
      `](${'N'.repeat(5000)}eq\x00`,
      'cbuiltins\ndict\nh\x00\x85R'.repeat(1000),
    ),
  }
  for (const [what, bytes] of Object.entries(bad)) {
    await writeFile(file, bytes)
    const error = await t.throwsAsync(read(file), { code: 'ERR_STEGO_CHECKPOINT' }, what)
    t.true(error!.message.includes(file), what)
  }
  const odd: Record<string, [Buffer, unknown]> = {
    'a list that holds itself': [legacy(']q\x00h\x00a'), ['...']],
    'a dictionary that holds itself': [legacy('}q\x00', text('me'), 'h\x00s'), { me: '...' }],
    'protocol 0': [
      legacy('(dp0\nVa\np1\nI01\nsVb\nL12L\nsVc\nF0.5\nsS"d"\nN', 's'),
      { a: true, b: 12, c: 0.5, d: null },
    ],
    'an object of an old class': [
      legacy('(imodule\nOld\n}', text('x'), 'K\x01sb'),
      { __class__: 'module.Old', x: 1 },
    ],
    'values that were thrown away': [legacy('N0(NN1(0K\x05'), 5],
    'a deep list without tensors': [legacy(']'.repeat(60), 'a'.repeat(59)), undefined],
  }
  for (const [what, [bytes, expected]] of Object.entries(odd)) {
    await writeFile(file, bytes)
    const { values, tensors } = await inspect(file)
    t.deepEqual(tensors, [], what)
    if (expected !== undefined) t.deepEqual(JSON.parse(values!), expected, what)
  }
})

test('metadata beyond all measure is cut, and stays JSON', async (t) => {
  const file = join(await temporaryFolder(t), 'long.pth')
  await writeFile(file, legacy('](', ...Array.from({ length: 200 }, () => text('é'.repeat(40_000))), 'e'))
  const { values } = await inspect(file)
  t.true(values!.length < 5 * 2 ** 20)
  t.is((JSON.parse(values!) as string[]).at(-1), '...')
})

test('archives that torch.save did not write are refused with the reason', async (t) => {
  const file = join(await temporaryFolder(t), 'other.pth')
  const good = await readFile(golden('protocol3.pth'))
  const compressed = Buffer.from(good)
  compressed.writeUInt16LE(8, good.indexOf('PK\x01\x02') + 10)
  const cases: [Buffer, RegExp][] = [
    [compressed, /compressed/],
    [
      Buffer.from(good.toString('latin1').replaceAll('data.pkl', 'data.pickle'.slice(0, 8)), 'latin1'),
      /no data\.pkl/,
    ],
    [Buffer.from(good.toString('latin1').replaceAll('little', 'biggie'), 'latin1'), /big-endian/],
    [Buffer.from(good.toString('latin1').replaceAll('/data/0', '/data/9'), 'latin1'), /storage 0 is missing/],
    [Buffer.from([0x80, 2, 0x4b, 1, 0x2e]), /not one that torch\.save wrote/],
    [Buffer.from('PK\x03\x04'), /too short/],
    [Buffer.from('nonsense, and nothing else'), /Expected a weight file/],
  ]
  for (const [bytes, message] of cases) {
    await writeFile(file, bytes)
    await t.throwsAsync(inspect(file), { code: 'ERR_STEGO_CHECKPOINT', message })
  }
  await t.throwsAsync(inspect(join(file, '..', 'nothing.pth')), { code: 'ERR_STEGO_DATA_MISSING' })
})

for (const name of ['tensors.pth', 'tensors.legacy.pth']) {
  test(`${name}, damaged in 400 ways: an error or other values, never more`, async (t) => {
    const file = join(await temporaryFolder(t), 'damaged.pth')
    const good = await readFile(golden(name))
    const names = await plainNames(golden(name))
    for (let i = 0; i < 200; i++) {
      await writeFile(file, good.subarray(0, Math.floor((i * good.length) / 200)))
      await t.throwsAsync(inspect(file), { code: 'ERR_STEGO_CHECKPOINT' }, `${i} of 200`)
    }
    const random = createRandom(1, 2)
    let refused = 0
    for (let i = 0; i < 200; i++) {
      const bytes = Buffer.from(good)
      for (let flips = 1 + (i % 3); flips > 0; flips--) {
        bytes[random.integer(bytes.length)]! ^= 1 << random.integer(8)
      }
      await writeFile(file, bytes)
      try {
        await inspect(file)
        await read(file, names)
      } catch (error) {
        refused += 1
        t.is((error as { code?: string }).code, 'ERR_STEGO_CHECKPOINT', String(error))
      }
    }
    t.true(refused > 20 && refused < 200)
  })
}
