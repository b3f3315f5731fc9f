/** Values of weight files as the addon reads them, from where TypeScript says they lie. */
import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { readTensorFile } from '../../lib/formats/read-tensor-file.js'
import { job, type StoredTensors } from '../../lib/native/index.js'
import { storedTensors } from '../../lib/weights/tensors.js'
import { temporaryFolder } from '../support/dataset.js'
import { readTensors, writeTensors } from '../support/weights.js'
import { golden } from './fixtures.js'

/** The tensors of tensors.pth by their own names. */
async function plainNames(file: string): Promise<Record<string, string>> {
  const { tensors } = await readTensorFile(file)
  const named = tensors.flatMap(({ name }) => (name.startsWith('tensors.') ? [name] : []))
  return Object.fromEntries(named.map((name) => [name.slice('tensors.'.length), name]))
}

for (const file of ['tensors.pth', 'tensors.legacy.pth']) {
  test(`${file}: every type, view and shared storage, as PyTorch has them`, async (t) => {
    const expected = await readTensors(golden('tensors.safetensors'))
    if (file.includes('legacy')) delete expected.u16
    t.deepEqual(await readTensors(golden(file), await plainNames(golden(file))), expected)
  })
}

test('names choose tensors and join several along the first axis', async (t) => {
  const file = golden('tensors.pth')
  const { twice } = await readTensors(file, { twice: ['tensors.f32', 'tensors.f32'] })
  const f32 = (await readTensors(golden('tensors.safetensors'))).f32!
  t.deepEqual(twice, {
    data: Float32Array.of(...(f32.data as Float32Array), ...(f32.data as Float32Array)),
    shape: [8, 6],
  })
  const code = 'ERR_STEGO_CHECKPOINT'
  await t.throwsAsync(readTensors(file, { a: 'tensors.f33' }), { code, message: /'tensors\.f33'/ })
  const differing = readTensors(file, { a: ['tensors.f32', 'tensors.slice'] })
  await t.throwsAsync(differing, { code, message: /tensors\.slice/ })
  await t.throwsAsync(readTensors(file, { a: ['tensors.scalar', 'tensors.scalar'] }), { code })
})

test('places that cannot be are refused, and a file that was cut off since', async (t) => {
  const file = join(await temporaryFolder(t), 'a.safetensors')
  await writeTensors(file, { a: { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] } })
  const stored = storedTensors(await readTensorFile(file))
  const read = (changes: object) =>
    job((native) => native.readTensors({ a: [{ ...stored.a![0]!, ...changes }] } as StoredTensors))
  const refused = (changes: object) => t.throwsAsync(read(changes), { code: 'ERR_STEGO_ARGUMENT' })
  for (const changes of [
    { shape: [2] },
    { shape: [-1, 2] },
    { strides: [-2, 1] },
    { shape: [2 ** 40, 2 ** 40] },
    { strides: [2 ** 52, 1] },
    { offset: -1 },
    { dtype: 'F31' },
    { file: 7 },
  ]) {
    await refused(changes)
  }
  t.deepEqual((await read({ strides: [0, 1] })).a!.data, Float32Array.of(1, 2, 1, 2))
  await t.throwsAsync(read({ offset: 2 ** 40 }), { code: 'ERR_STEGO_CHECKPOINT', message: /ends early/ })
  await truncate(file, stored.a![0]!.offset + 8)
  const error = await t.throwsAsync(read({}), { code: 'ERR_STEGO_CHECKPOINT' })
  t.true(error!.message.includes(file))
})
