/**
 * How does the work grow with resolution, batch, classes and images? Three points each, everything else at its
 * default.
 */
import { openStore } from '../lib/features/plan.js'
import { trainSchema } from '../lib/method/train-options.js'
import { checked, job, type LabelMap, type NativeFeatureStore } from '../lib/native/index.js'
import { nearestNeighbors } from '../lib/neighbors/nearest-neighbors.js'
import { createRandom } from '../lib/random/random.js'
import { stepSettings } from '../lib/training/step.js'
import { loadBackbone } from '../lib/weights/backbones.js'
import { networkOptions } from '../lib/weights/network-options.js'
import { machinePeak, report, time, useThreads } from './measure.js'

const threads = useThreads()
const backbone = await loadBackbone(process.argv[2] ?? 'starter')
const { dim, patch } = backbone.info
const rows: Record<string, unknown>[] = []
const peak = await machinePeak()

for (const resolution of [160, 224, 320]) {
  const filled = await fill(resolution, 32)
  rows.push({
    what: 'backbone, per image',
    by: 'resolution',
    at: resolution,
    'ms (median)': filled.milliseconds,
  })
  await step(filled.store, { by: 'resolution', at: resolution, resolution, batch: 16, classes: 27 })
  filled.store.dispose()
}
const { store } = await fill(224, 64)
for (const batch of [8, 16, 32])
  await step(store, { by: 'batch', at: batch, resolution: 224, batch, classes: 27 })
for (const classes of [8, 27, 91]) {
  await step(store, { by: 'classes', at: classes, resolution: 224, batch: 16, classes })
}
store.dispose()
for (const count of [5_000, 10_000, 20_000]) {
  const random = createRandom(count)
  const data = new Float32Array(count * 384).map(() => random.next() - 0.5)
  const vectors = { data, shape: [count, 384] }
  const { median } = await time(() => nearestNeighbors(vectors, { k: 30, method: 'exact' }), 3, 0)
  rows.push({ what: 'neighbors, all images, 384 wide', by: 'images', at: count, 'ms (median)': median })
}
report('How the work grows', { threads, dim, patch, 'matrix product GFLOP/s': peak }, rows)

/** Builds an in-memory store with the features of `count` noise images, and measures the milliseconds per image. */
async function fill(resolution: number, count: number) {
  const values = (resolution / patch) ** 2 * dim * 4
  const store = openStore(backbone, {
    mode: 'memory',
    images: count,
    bytes: count * values,
    bytesPerImage: values,
    file: null,
    memoryBytes: 2 ** 32,
    pictures: false,
  })
  const data = new Uint8Array(resolution ** 2 * 3).map((_, i) => (i * 7919) % 256)
  const image = { data, width: resolution, height: resolution }
  const transform = { resolution, fit: 'center', multiple: patch } as const
  const times: number[] = []
  for (let first = 0; first < count; first += 4) {
    const begin = performance.now()
    const indices = Int32Array.from({ length: 4 }, (_, i) => first + i)
    await job((_, cancel) => store.compute(indices, [image, image, image, image], transform, cancel))
    times.push((performance.now() - begin) / 4)
  }
  times.sort((a, b) => a - b)
  return { store, milliseconds: times[Math.floor(times.length / 2)]! }
}

async function step(
  store: NativeFeatureStore,
  {
    resolution,
    batch,
    classes,
    ...row
  }: Record<'at' | 'resolution' | 'batch' | 'classes', number> & { by: string },
): Promise<void> {
  const options = trainSchema.parse({ data: '.', classes, batch, resolution })
  const network = await job((native, cancel) =>
    native.Network.create(backbone, networkOptions(options, dim), true, cancel),
  )
  const trainer = checked((native) => new native.Trainer(network, store))
  const label: LabelMap = {
    data: new Uint8Array(resolution ** 2).map((_, i) => (i >> 10) % classes),
    width: resolution,
    height: resolution,
  }
  const images = Int32Array.from({ length: batch }, (_, i) => i)
  trainer.configure(stepSettings(options, { self: 0.6, knn: 0.6, random: 0.6 }))
  const input = {
    images,
    positives: images.map((index) => index + batch),
    labels: Array.from({ length: batch }, () => label),
    oracle: false,
  }
  let seed = 0
  const { median } = await time(
    () => job((_, cancel) => trainer.step({ ...input, seed: seed++ }, cancel)),
    9,
    2,
  )
  rows.push({ what: 'step with labels', ...row, 'ms (median)': median })
}
