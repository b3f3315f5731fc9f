/** What a feature says of where its patch lies: measured, decided on, taken off, and kept with the model. */
import { existsSync, readdirSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import sharp from 'sharp'
import { correspondFeatures } from '../../lib/correspond/index.js'
import { featureKey } from '../../lib/features/key.js'
import { Stego, type TrainingEvent } from '../../lib/index.js'
import { job, type NativeBackbone, type Pixels, type Tensor } from '../../lib/native/index.js'
import type { FeatureSource } from '../../lib/position/kept.js'
import { measureBackbone, sizeOf, wholeMap } from '../../lib/position/measure.js'
import { describePosition, type Position, placeBackbone, positionName } from '../../lib/position/position.js'
import { createRandom } from '../../lib/random/random.js'
import { loadBackbone } from '../../lib/weights/backbones.js'
import { readModel } from '../../lib/weights/model-file.js'
import { makeDataset, SMALL, temporaryFolder } from '../support/dataset.js'
import { readMetadata, readTensors, writeTensors } from '../support/weights.js'

const SIDE = 96
const TRANSFORM = { resolution: 64, fit: 'center', multiple: 8 } as const
const PICTURES = 24
const STARTER: FeatureSource = {
  backbone: 'starter',
  features: { kind: 'feat', layer: 1 },
  dtype: 'float32',
}
const SETTINGS = { transform: TRANSFORM, source: STARTER }

/** Colored blobs anywhere: pictures that share no layout. */
function scattered(index: number): Pixels {
  const random = createRandom(5, index)
  const blobs = Array.from({ length: 12 }, () => ({
    x: random.next() * SIDE,
    y: random.next() * SIDE,
    radius: 8 + random.next() * 24,
    color: [0, 1, 2].map(() => random.integer(256)),
  }))
  return paint((x, y) => {
    const nearest = blobs.find((blob) => Math.hypot(blob.x - x, blob.y - y) < blob.radius)
    return nearest?.color ?? [120, 120, 120]
  }, random.next)
}

/** A bright sky above, dark ground below: pictures that share a layout. */
function landscape(index: number): Pixels {
  const random = createRandom(6, index)
  const horizon = SIDE * (0.45 + 0.1 * random.next())
  const [sky, ground] = [200 + random.integer(40), 40 + random.integer(40)]
  return paint((_, y) => (y < horizon ? [sky - 40, sky, 250] : [ground, ground + 30, ground]), random.next)
}

function paint(color: (x: number, y: number) => number[], noise: () => number): Pixels {
  const data = new Uint8Array(3 * SIDE * SIDE)
  for (let i = 0; i < SIDE * SIDE; i++) {
    const rgb = color(i % SIDE, Math.floor(i / SIDE))
    for (let c = 0; c < 3; c++) data[3 * i + c] = Math.max(0, Math.min(255, rgb[c]! + 24 * (noise() - 0.5)))
  }
  return { data, width: SIDE, height: SIDE }
}

const folderOf = (draw: (index: number) => Pixels) => ({
  count: PICTURES,
  read: async (index: number) => draw(index),
})

async function finish<T, R>(work: AsyncGenerator<T, R>): Promise<{ told: T[]; result: R }> {
  const told: T[] = []
  let step = await work.next()
  while (!step.done) {
    told.push(step.value)
    step = await work.next()
  }
  return { told, result: step.value }
}

const featuresOf = (backbone: NativeBackbone, images: Pixels[]): Promise<Tensor> =>
  job((_, cancel) => backbone.features(images, TRANSFORM, cancel))

test('taken off, little of the map is left, and features keep their length', async (t) => {
  const backbone = await loadBackbone('starter')
  const options = { transform: TRANSFORM, samples: 160 }
  const { result: own } = await finish(measureBackbone(backbone, folderOf(scattered), options))
  const without = backbone.without({ data: wholeMap(own), shape: own.shape })
  const { result: rest } = await finish(measureBackbone(without, folderOf(scattered), options))
  t.true(sizeOf(own) > 0.02, `${sizeOf(own)}`)
  t.true(sizeOf(rest) < 0.1 * sizeOf(own), `${sizeOf(rest)} of ${sizeOf(own)}`)

  const [before, after] = await Promise.all([backbone, without].map((one) => featuresOf(one, [scattered(0)])))
  const places = before!.shape[2]! * before!.shape[3]!
  const length = ({ data }: Tensor, place: number) =>
    Math.hypot(...data.filter((_, i) => i % places === place))
  for (let place = 0; place < places; place++)
    t.true(Math.abs(length(after!, place) / length(before!, place) - 1) < 1e-4)
  t.notDeepEqual(after!.data, before!.data)
})

test('auto takes it off where pictures share no layout, and keeps it where they do', async (t) => {
  const backbone = await loadBackbone('starter')
  const decide = (draw: (index: number) => Pixels) =>
    finish(placeBackbone('auto', backbone, folderOf(draw), SETTINGS))
  const mixed = await decide(scattered)
  t.true(mixed.result.position!.removed, JSON.stringify(mixed.result.position))
  t.truthy(positionName(mixed.result.backbone))
  t.deepEqual(
    mixed.told.map(({ done }) => done),
    mixed.told.map(({ done }) => done).toSorted((a, b) => a - b),
  )
  t.is(mixed.told.at(-1)!.done, mixed.told.at(-1)!.total)
  t.deepEqual(mixed.told.at(-1)!.position, mixed.result.position)

  const alike = await decide(landscape)
  t.false(alike.result.position!.removed, JSON.stringify(alike.result.position))
  t.is(positionName(alike.result.backbone), undefined)
  t.true(alike.result.position!.layout! > mixed.result.position!.layout!)
})

test('keep measures nothing, remove measures no layout', async (t) => {
  const backbone = await loadBackbone('starter')
  const kept = await finish(placeBackbone('keep', backbone, folderOf(scattered), SETTINGS))
  t.deepEqual([kept.told, kept.result.position, kept.result.backbone], [[], null, backbone])
  const removed = await finish(placeBackbone('remove', backbone, folderOf(landscape), SETTINGS))
  t.like(removed.result.position, { layout: null, removed: true })
  const one = { count: 1, read: async () => landscape(0) }
  t.is((await finish(placeBackbone('auto', backbone, one, SETTINGS))).result.position, null)
})

test("the starter's map comes with it; another's is measured once for each resolution, and kept", async (t) => {
  const before = process.env.STEGO_CACHE
  process.env.STEGO_CACHE = await temporaryFolder(t)
  t.teardown(() => {
    if (before === undefined) delete process.env.STEGO_CACHE
    else process.env.STEGO_CACHE = before
  })
  const place = async (source: FeatureSource, resolution: number) => {
    const backbone = await loadBackbone(source.backbone, { features: source.features })
    const settings = { transform: { ...TRANSFORM, resolution }, source }
    const { told, result } = await finish(placeBackbone('remove', backbone, folderOf(scattered), settings))
    return { looked: told.at(-1)!.total, name: positionName(result.backbone), position: result.position }
  }
  t.is((await place(STARTER, 64)).looked, 0)
  t.is((await place(STARTER, 64)).name, (await place(STARTER, 96)).name)

  const other: FeatureSource = { ...STARTER, features: { kind: 'feat', layer: 2 } }
  const first = await place(other, 64)
  t.true(first.looked > 100)
  t.deepEqual(await place(other, 64), { ...first, looked: 0 })
  t.true((await place(other, 32)).looked > 100)
  const [file] = readdirSync(join(process.env.STEGO_CACHE, 'positions')).sort()
  truncateSync(join(process.env.STEGO_CACHE, 'positions', file!), 1000)
  for (const resolution of [32, 64]) t.true((await place(other, resolution)).position!.place > 0)

  const few = { count: 3, read: async (index: number) => scattered(index) }
  const backbone = await loadBackbone('starter', { features: { kind: 'keys', layer: 1 } })
  const source: FeatureSource = { ...STARTER, features: { kind: 'keys', layer: 1 } }
  const kept = readdirSync(join(process.env.STEGO_CACHE, 'positions'))
  await finish(placeBackbone('remove', backbone, few, { transform: TRANSFORM, source }))
  t.deepEqual(readdirSync(join(process.env.STEGO_CACHE, 'positions')), kept, 'of few pictures none is kept')
})

test('a map names the features that it was taken off', async (t) => {
  const source = { backbone: 'starter', resolution: 64, fit: 'center' } as const
  t.false('position' in (await featureKey(source)))
  t.is((await featureKey({ ...source, position: 'abc' })).position, 'abc')
})

test('a model keeps its map: saved, loaded and resumed it computes the same', async (t) => {
  const data = await makeDataset(t, { train: 6, val: 2 })
  const out = join(await temporaryFolder(t), 'run')
  const events: TrainingEvent[] = []
  const onEvent = (event: TrainingEvent) => events.push(event)
  const model = await Stego.train({ ...SMALL, position: 'remove', data, out, onEvent })
  t.true(model.info.position!.removed)
  t.true(events.some((event) => event.type === 'position' && event.position?.removed))
  const image = join(data, 'imgs', 'val', '00.png')
  const size = { resolution: 32 } as const
  const expected = await model.features(image, size)

  const loaded = await Stego.load(out)
  t.deepEqual(loaded.info.position, model.info.position)
  t.deepEqual(await loaded.features(image, size), expected)
  t.deepEqual((await loaded.segment(image)).labels, (await model.segment(image)).labels)
  t.true((await loaded.evaluate({ data, ...size })).positionRemoved)

  const resumed = await Stego.train({ resume: out, steps: 6 })
  t.deepEqual(await resumed.features(image, size), expected)
  const kept = await Stego.train({ ...SMALL, data })
  t.is(kept.info.position, null)
  t.false((await kept.evaluate({ data, ...size })).positionRemoved)
  t.notDeepEqual(await kept.features(image, size), expected)
})

test('pictures of other sizes and shapes have the map resampled', async (t) => {
  const backbone = await loadBackbone('starter')
  const options = { transform: TRANSFORM, samples: 80 }
  const { result: own } = await finish(measureBackbone(backbone, folderOf(scattered), options))
  const without = backbone.without({ data: wholeMap(own), shape: own.shape })
  const wide = { data: new Uint8Array(3 * 120 * 60).fill(90), width: 120, height: 60 }
  const transform = { resolution: 64, fit: 'whole', multiple: 8 } as const
  const { data, shape } = await job((_, cancel) => without.features([wide], transform, cancel))
  t.deepEqual(shape, [1, 192, 8, 16])
  t.true(data.every(Number.isFinite))
})

test('files that were written before are read as kept', async (t) => {
  const data = await makeDataset(t, { train: 4 })
  const out = join(await temporaryFolder(t), 'run')
  const model = await Stego.train({ ...SMALL, data, out })
  const now = join(out, 'checkpoints', 'last.safetensors')
  const tensors = await readTensors(now)
  const metadata = await readMetadata(now)
  const record = JSON.parse(metadata.model!)
  record.format = 1
  record.images = { train: 4, labelled: 0 }
  delete record.position
  delete record.options.position
  record.options.dtype = 'auto'
  const before = join(out, 'before.safetensors')
  await writeTensors(before, tensors, { ...metadata, model: JSON.stringify(record) })
  const { record: read } = await readModel(before)
  t.like(read, { position: null })
  t.like(read.options, { position: 'keep', dtype: 'float32' })
  const image = join(data, 'imgs', 'train', '00.png')
  t.deepEqual((await (await Stego.load(before)).segment(image)).labels, (await model.segment(image)).labels)
})

test('a model whose map does not fit its backbone is refused', async (t) => {
  const data = await makeDataset(t, { train: 4 })
  const folder = await temporaryFolder(t)
  const whole = join(folder, 'whole.safetensors')
  await (await Stego.train({ ...SMALL, position: 'remove', data })).save(whole)
  const tensors = await readTensors(whole)
  const metadata = await readMetadata(whole)
  for (const shape of [[192], [2, 2, 191], [2, 3, 192]]) {
    const count = shape.reduce((a, b) => a * b, 1)
    const damaged = { ...tensors, 'position.map': { data: new Float32Array(count), shape } }
    const file = join(folder, 'damaged.safetensors')
    await writeTensors(file, damaged, metadata)
    await t.throwsAsync(Stego.load(file), { code: 'ERR_STEGO_CHECKPOINT', message: /position\.map/ })
  }
})

test('aborted while it measures, a run leaves no folder and can be begun again', async (t) => {
  const data = await makeDataset(t, { train: 4 })
  const out = join(await temporaryFolder(t), 'run')
  const abort = new AbortController()
  const onEvent = (event: TrainingEvent) => {
    if (event.type === 'position') abort.abort()
  }
  const options = { ...SMALL, position: 'auto', data, out } as const
  await t.throwsAsync(Stego.train({ ...options, signal: abort.signal, onEvent }), { any: true })
  t.false(existsSync(out))
  await t.notThrowsAsync(Stego.train(options))
})

test('clusters that are bands are known from the row', async (t) => {
  const folder = await temporaryFolder(t)
  for (let i = 0; i < 4; i++) {
    const { data, width, height } = landscape(i)
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(join(folder, `${i}.png`))
  }
  const options = { ...SMALL, resolution: 128, classes: 2, data: folder } as const
  const shares = []
  for await (const event of Stego.train(options)) {
    if (event.type === 'clusters' && event.head === 'baselineKmeans') shares.push(event.explained)
  }
  const [{ rows, columns, images }] = shares as [{ rows: number; columns: number; images: number }]
  t.true(rows > 0.5 && columns < 0.2 && images < 0.2, JSON.stringify(shares))
})

test('correspondences of a plain backbone, as it is and without place', async (t) => {
  const image = { ...scattered(0), channels: 3 as const }
  const options = { resolution: 64, subtractMean: false } as const
  const kept = await correspondFeatures('starter', image, null, options)
  const removed = await correspondFeatures('starter', image, null, { ...options, position: 'remove' })
  t.deepEqual(removed.shape, kept.shape)
  t.notDeepEqual(removed.data, kept.data)
})

test('one sentence says how much is place, what was done, and how to have it otherwise', (t) => {
  const position: Position = { place: 0.084, layout: 0.003, removed: true }
  t.is(
    describePosition(position),
    "8.4 % of the features encodes position, 0.3 % more is the images' layout: little of it is shared, so position is removed " +
      '(position: keep keeps it)',
  )
  t.regex(
    describePosition({ ...position, layout: 0.14, removed: false }),
    /so position is kept \(position: remove/,
  )
  t.regex(describePosition({ ...position, layout: null }), /removed as requested$/)
})
