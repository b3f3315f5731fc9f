/** How long is a training step on stored features, and how near is it to what a matrix product reaches here? */
import { mixSeed } from '../lib/data/random.js'
import { checked, job, type LabelMap } from '../lib/native.js'
import { trainSchema } from '../lib/options/train.js'
import { lossOptions } from '../lib/training/loss-options.js'
import { loadBackbone } from '../lib/weights/backbones.js'
import { networkOptions } from '../lib/weights/network-options.js'
import { machinePeak, report, time, useThreads } from './measure.js'

const threads = useThreads()
const classes = 11
const options = trainSchema.parse({ data: '.', classes })
const { dim, negativeSamples, resolution } = options
const featureSamples = 11
const backbone = await loadBackbone('starter')
const { dim: channels, patch } = backbone.info
const patches = (resolution / patch) ** 2

/** FLOP of a step's matrix products: heads forward and backward, correspondences forward and backward. */
function flop(batch: number): number {
  const rows = 2 * batch * patches
  const heads = 2 * rows * (2 * (2 * channels * dim + channels ** 2) + channels * dim)
  const pairs = (2 + negativeSamples) * batch * featureSamples ** 4
  return heads + 2 * pairs * (channels + 3 * dim)
}

const peak = await machinePeak()
const rows = []
for (const [batch, labelled] of [
  [16, true],
  [32, true],
  [32, false],
] as const) {
  const store = checked(
    (native) =>
      new native.FeatureStore(backbone, 2 * batch, { budgetBytes: 2 ** 31, pictures: false, file: null }),
  )
  const network = await job((native, cancel) =>
    native.Network.create(backbone, networkOptions(options, channels), labelled, cancel),
  )
  const trainer = checked((native) => new native.Trainer(network, store))
  const side = resolution
  const image = {
    data: new Uint8Array(side * side * 3).map((_, i) => (i * 7919) % 256),
    width: side,
    height: side,
  }
  const transform = { resolution, crop: 'center', multiple: patch } as const
  for (let index = 0; index < 2 * batch; index++) {
    await job((_, cancel) => store.compute(Int32Array.of(index), [image], transform, cancel))
  }
  const label: LabelMap = {
    data: new Uint8Array(side * side).map((_, i) => (i >> 12) % classes),
    width: side,
    height: side,
  }
  const images = Int32Array.from({ length: batch }, (_, i) => i)
  const input = {
    images,
    positives: images.map((index) => index + batch),
    labels: Array.from({ length: batch }, () => (labelled ? label : null)),
    learningRates: options.learningRates,
    oracle: false,
    loss: lossOptions(options, { self: 0.6, knn: 0.6, random: 0.6 }),
  }
  let step = 0
  const { min, median } = await time(
    () => job((_, cancel) => trainer.step({ ...input, seed: mixSeed(0, step++) }, cancel)),
    15,
    3,
  )
  rows.push({
    batch,
    labels: labelled,
    'ms a step (min)': min,
    'ms a step (median)': median,
    'GFLOP a step': flop(batch) / 1e9,
    'GFLOP/s': flop(batch) / min / 1e6,
    'share of peak': flop(batch) / min / 1e6 / peak,
  })
}
report(
  'Training step on stored features, float32',
  { threads, channels, dim, 'matrix product GFLOP/s': peak },
  rows,
)
