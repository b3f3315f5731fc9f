/** Feature stores: made, shared, repaired, and what training makes of them. */
import { existsSync } from 'node:fs'
import { open, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { prepareFeatures } from '../../lib/features/build.js'
import {
  type BuildFeatureStoreOptions,
  buildFeatureStore,
  listFeatureStores,
  removeFeatureStores,
} from '../../lib/features/index.js'
import { openImages } from '../../lib/features/key.js'
import { buildSchema } from '../../lib/features/options.js'
import { openStore } from '../../lib/features/plan.js'
import type { FeatureStoreProgress } from '../../lib/features/progress.js'
import { Stego, type StepEvent, type TrainOptions } from '../../lib/index.js'
import { computeNeighbors } from '../../lib/neighbors/index.js'
import { makeDataset, SMALL, temporaryFolder } from '../support/dataset.js'

const CHEAP = { backbone: 'starter', position: 'keep', resolution: 32 } as const
const SHIFTS = { self: 0.5, knn: 0.5, random: 0.4 }
const PAGE = 4096

async function makeStore(t: ExecutionContext, store: BuildFeatureStoreOptions['featureStore'] = {}) {
  const data = await makeDataset(t, { train: 11 })
  const folder = await temporaryFolder(t)
  const input = { data, featureStore: { ...store, folder }, ...CHEAP }
  return { data, folder, input, built: await buildFeatureStore(input) }
}

/** Steps of a short training. */
async function stepsOf(input: Partial<TrainOptions> & { data: string }): Promise<StepEvent[]> {
  const steps: StepEvent[] = []
  const onEvent: TrainOptions['onEvent'] = (event) => event.type === 'step' && steps.push(event)
  const model = await Stego.train({ ...SMALL, shifts: SHIFTS, onEvent, ...input } as TrainOptions)
  model.dispose()
  return steps
}

const losses = (steps: StepEvent[]) =>
  steps.flatMap((step) => [step.correspondence, step.clusterProbe, step.linearProbe!])

/** Bit by bit, as RFC 3720 defines it. */
function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0x82f63b78 : 0)
  }
  return ~value >>> 0
}

/** Relative, of small values absolute. */
function largestDifference(a: number[], b: number[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!) / Math.max(1e-3, Math.abs(b[i]!))))
}

test('a store is built once, listed and removed', async (t) => {
  const { input, built, folder } = await makeStore(t)
  t.is(built.computed, 11)
  t.is(built.bytes, 11 * (16 * 192 * 2 + 192 * 4))
  t.is((await buildFeatureStore(input)).computed, 0)
  const [store, ...others] = await listFeatureStores({ folder })
  t.deepEqual(others, [])
  t.like(store, { images: 11, done: 11, file: built.file })
  t.like(store!.description, { backbone: 'starter', resolution: 32, storeType: 'float16', data: input.data })
  await t.throwsAsync(removeFeatureStores(['nothing'], { folder }), { code: 'ERR_STEGO_DATA_MISSING' })
  t.true(existsSync(built.file))
  t.deepEqual(
    (await removeFeatureStores([store!.name], { folder })).map(({ file }) => file),
    [built.file],
  )
  t.deepEqual(await listFeatureStores({ folder }), [])
  t.deepEqual(await listFeatureStores({ folder: join(folder, 'nowhere') }), [])
})

test('another transform, type or image is another store', async (t) => {
  const { input, built, folder } = await makeStore(t)
  for (const change of [
    { resolution: 40 },
    { featureStore: { ...input.featureStore, dtype: 'float32' } },
    { fit: 'squash' },
    { featureLayer: 2 },
  ] as const) {
    t.not((await buildFeatureStore({ ...input, ...change })).file, built.file)
  }
  const [name] = (await readdir(join(input.data, 'imgs/train'))).sort()
  const image = join(input.data, 'imgs/train', name!)
  await writeFile(image, await readFile(join(input.data, 'imgs/train', '05.png')))
  const changed = await buildFeatureStore(input)
  t.not(changed.file, built.file)
  t.is(changed.computed, 11)
  t.is((await listFeatureStores({ folder })).length, 6)
})

test('what an aborted build computed stays', async (t) => {
  const data = await makeDataset(t, { train: 20 })
  const input = { data, featureStore: { folder: await temporaryFolder(t) }, ...CHEAP }
  const stop = new AbortController()
  const onProgress = ({ type, done }: FeatureStoreProgress) =>
    type === 'features' && done > 0 && stop.abort(new Error('enough'))
  await t.throwsAsync(buildFeatureStore({ ...input, onProgress, signal: stop.signal }), { message: 'enough' })
  t.is((await listFeatureStores(input.featureStore))[0]!.done, 8)
  const progress: number[][] = []
  const again = await buildFeatureStore({
    ...input,
    onProgress: ({ type, done, total }) => type === 'features' && progress.push([done, total!]),
  })
  t.is(again.computed, 12)
  t.deepEqual(progress, [
    [8, 20],
    [16, 20],
    [20, 20],
  ])
})

test('training takes features from the store and gives what it gives without one', async (t) => {
  const { data, folder } = await makeStore(t, { dtype: 'float32' })
  const stored = await stepsOf({ data, steps: 50, featureStore: { mode: 'disk', dtype: 'float32', folder } })
  const plain = await stepsOf({ data, steps: 50, featureStore: { mode: 'off' } })
  const memory = await stepsOf({ data, steps: 50, featureStore: { mode: 'memory' } })
  t.true(largestDifference(losses(stored), losses(plain)) < 1e-5)
  t.true(largestDifference(losses(memory), losses(plain)) < 1e-5)
  const half = await stepsOf({ data, steps: 50, featureStore: { mode: 'disk', folder } })
  t.true(largestDifference(losses(half), losses(plain)) < 2e-2)
  t.notDeepEqual(losses(half), losses(stored))
})

test('a training fills the store for the next, and neighbors share it', async (t) => {
  const data = await makeDataset(t, { train: 6 })
  const folder = await temporaryFolder(t)
  const first = await stepsOf({ data, featureStore: { mode: 'disk', folder } })
  t.is((await buildFeatureStore({ data, featureStore: { folder }, ...CHEAP })).computed, 0)
  t.deepEqual(losses(await stepsOf({ data, featureStore: { mode: 'disk', folder } })), losses(first))
  const progress: number[] = []
  const onProgress = ({ done }: FeatureStoreProgress) => progress.push(done)
  const shared = await computeNeighbors({
    data,
    k: 2,
    featureStore: { mode: 'disk', folder },
    onProgress,
    ...CHEAP,
  })
  t.deepEqual(progress, [6])
  t.deepEqual(shared.indices, (await computeNeighbors({ data, k: 2, ...CHEAP })).indices)
})

test('a damaged record is computed again, whatever part is damaged', async (t) => {
  const { data, folder, built } = await makeStore(t)
  const whole = await readFile(built.file)
  const before = await stepsOf({ data, featureStore: { mode: 'disk', folder } })
  const features = PAGE + Math.ceil((11 * 16) / PAGE) * PAGE
  const means = features + Math.ceil((11 * 16 * 192 * 2) / PAGE) * PAGE
  for (const place of [features + 5, features + 3 * 16 * 192 * 2 + 7, means + 4 * 192 * 2 + 1]) {
    const file = await open(built.file, 'r+')
    await file.write(Buffer.of(whole[place]! ^ 0x55), 0, 1, place)
    await file.close()
    const steps = await stepsOf({ data, featureStore: { mode: 'disk', folder } })
    t.true(largestDifference(losses(steps), losses(before)) < 1e-3)
    t.is((await stat(built.file)).size, whole.length)
  }
  t.is((await buildFeatureStore({ data, featureStore: { folder }, ...CHEAP })).computed, 0)
})

test('a file that is cut, foreign or empty is begun anew', async (t) => {
  const { input, built } = await makeStore(t)
  await truncate(built.file, 9000)
  t.is((await buildFeatureStore(input)).computed, 11)
  await writeFile(built.file, 'nonsense')
  const [listed] = await listFeatureStores(input.featureStore)
  t.like(listed, { description: null, images: 0 })
  t.is((await buildFeatureStore(input)).computed, 11)
  await truncate(built.file, 0)
  t.is((await buildFeatureStore(input)).computed, 11)
})

test('two runs do not fill one store at the same time', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  const input = { data, featureStore: { folder: await temporaryFolder(t) }, ...CHEAP }
  const options = buildSchema.parse(input)
  const { backbone, plan } = await prepareFeatures(await openImages(options), options, 'disk')
  const filling = openStore(backbone, plan)
  await t.throwsAsync(buildFeatureStore(input), {
    code: 'ERR_STEGO_FILE',
    message: /Another run is filling the feature store .* Wait until it is done/,
  })
  filling.dispose()
  t.is((await buildFeatureStore(input)).computed, 3)
})

test('the checksums in a store are CRC-32C', async (t) => {
  const { built } = await makeStore(t)
  t.is(crc32c(Buffer.from('123456789')), 0xe3069283)
  const bytes = await readFile(built.file)
  const first = 2 * PAGE
  for (let record = 0; record < 11; record++) {
    const entry = PAGE + 16 * record
    const length = 16 * 192 * 2
    t.is(bytes.readUInt32LE(entry), 1)
    t.is(bytes.readUInt32LE(entry + 4), crc32c(bytes.subarray(first + record * length).subarray(0, length)))
  }
})

test('a run resumed on a store ends in the same bytes', async (t) => {
  const data = await makeDataset(t, { train: 7 })
  const folder = await temporaryFolder(t)
  const options = {
    ...SMALL,
    data,
    shifts: SHIFTS,
    steps: 6,
    featureStore: { mode: 'disk', folder },
  } as const
  await Stego.train({ ...options, out: join(folder, 'whole') })
  await Stego.train({ ...options, steps: 3, out: join(folder, 'stopped') })
  await Stego.train({ resume: join(folder, 'stopped'), steps: 6 })
  const model = (run: string) => readFile(join(folder, run, 'checkpoints/last.safetensors'))
  const head = (bytes: Buffer) => bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)))
  t.deepEqual(head(await model('stopped')), head(await model('whole')))
})

test('auto: memory where all fits, a store where that fits, else what fits in memory', async (t) => {
  const data = await makeDataset(t, { train: 5 })
  const folder = await temporaryFolder(t)
  const modes: string[] = []
  const onEvent: TrainOptions['onEvent'] = (event) =>
    event.type === 'start' && modes.push(event.features.mode)
  const record = { data, onEvent, steps: 1, shifts: SHIFTS }
  await Stego.train({ ...SMALL, ...record })
  await Stego.train({ ...SMALL, ...record, featureStore: { folder, memoryBytes: 1000 } })
  await Stego.train({ ...SMALL, ...record, featureStore: { folder, memoryBytes: 1000, diskBytes: 1000 } })
  t.deepEqual(modes, ['memory', 'disk', 'memory'])
  t.is((await listFeatureStores({ folder })).length, 1)
})

test('a store that cannot be is refused before any work', async (t) => {
  const data = await makeDataset(t, { train: 2 })
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'file'), '')
  await t.throwsAsync(buildFeatureStore({ data, featureStore: { folder: join(folder, 'file') }, ...CHEAP }), {
    code: 'ERR_STEGO_FILE',
    message: /feature store folder .* cannot be created/,
  })
})
