/**
 * How long does a training step on stored features take, compared with the official formulation, which takes images
 * and goes through the backbone, and with a matrix product on this machine?
 *
 *     npx tsx benchmarks/step.ts --model s8 --batch 16 --batch 32 --rounds 9 --official 1 --steps 50
 *
 * Models are s8 and b8, with random weights, and starter. `--official` is the number of official steps timed (20
 * seconds each for s8 at batch 16; 0: none). `--steps` is the number of steps of both whose losses are compared, on
 * four images of 112 pixels.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { trainSchema } from '../lib/method/train-options.js'
import { checked, job, type LabelMap, type NativeBackbone } from '../lib/native/index.js'
import { mixSeed } from '../lib/random/random.js'
import { stepSettings } from '../lib/training/step.js'
import { loadBackbone } from '../lib/weights/backbones.js'
import { networkOptions } from '../lib/weights/network-options.js'
import { machinePeak, report, useThreads } from './measure.js'
import { type Contender, race, timed } from './race.js'
import { RANDOM_MODELS, type RandomModel, randomVit } from './random-vit.js'
import { startReference } from './reference/reference.js'

const { values: given } = parseArgs({
  options: {
    model: { type: 'string', default: 's8' },
    batch: { type: 'string', multiple: true, default: ['16', '32'] },
    rounds: { type: 'string', default: '9' },
    official: { type: 'string', default: '1' },
    steps: { type: 'string', default: '0' },
  },
})
const CLASSES = 27
const FEATURE_SAMPLES = 11
const STARTER = fileURLToPath(new URL('../weights/starter-vit-tiny8.safetensors', import.meta.url))

const threads = useThreads()
const options = trainSchema.parse({ data: '.', classes: CLASSES })
const { dim, negativeSamples, resolution } = options
const file = RANDOM_MODELS.includes(given.model as RandomModel)
  ? await randomVit(given.model as RandomModel)
  : STARTER
const backbone = await loadBackbone(given.model === 'starter' ? 'starter' : file)
const { dim: channels, patch, heads } = backbone.info

/**
 * FLOP in a step's matrix products (2 x multiply-add) if every position of both batches is encoded: head and
 * correspondences, forward and backward.
 */
function flop(batch: number): number {
  const rows = 2 * batch * (resolution / patch) ** 2
  const head = 2 * rows * (2 * (2 * channels * dim + channels ** 2) + channels * dim)
  const pairs = (2 + negativeSamples) * batch * FEATURE_SAMPLES ** 4
  return head + 2 * pairs * (channels + 3 * dim)
}

const transform = { resolution, fit: 'center', multiple: patch } as const
const picture = (n: number) => ({
  data: Uint8Array.from({ length: resolution ** 2 * 3 }, (_, i) => (i * 7919 + (i >> 9) * n) % 256),
  width: resolution,
  height: resolution,
})
const label: LabelMap = {
  data: Uint8Array.from({ length: resolution ** 2 }, (_, i) => (i >> 11) % CLASSES),
  width: resolution,
  height: resolution,
}

/** Features of a batch's images and of their positives. */
async function fillStore(backbone: NativeBackbone, batch: number) {
  const store = checked(
    (native) =>
      new native.FeatureStore(backbone, 2 * batch, { budgetBytes: 2 ** 34, pictures: false, file: null }),
  )
  for (let index = 0; index < 2 * batch; index++) {
    await job((_, cancel) => store.compute(Int32Array.of(index), [picture(index)], transform, cancel))
  }
  return store
}

/** A step on stored features; every run is a new step. */
async function ownStep(store: Awaited<ReturnType<typeof fillStore>>, batch: number, labeled: boolean) {
  const network = await job((native, cancel) =>
    native.Network.create(backbone, networkOptions(options, channels), labeled, cancel),
  )
  const trainer = checked((native) => new native.Trainer(network, store))
  const images = Int32Array.from({ length: batch }, (_, i) => i)
  trainer.configure(stepSettings(options, { self: 0.6, knn: 0.6, random: 0.6 }))
  const input = {
    images,
    positives: images.map((index) => index + batch),
    labels: Array.from({ length: batch }, () => (labeled ? label : null)),
    oracle: false,
  }
  let step = 0
  return timed(labeled ? 'with labels' : 'without labels', () =>
    job((_, cancel) => trainer.step({ ...input, seed: mixSeed(0, step++) }, cancel)),
  )
}

const peak = await machinePeak()
const rows = []
for (const batch of given.batch.map(Number)) {
  const store = await fillStore(backbone, batch)
  const own: Contender[] = [await ownStep(store, batch, true), await ownStep(store, batch, false)]
  for (const { name, min, median } of await race(own, Number(given.rounds))) {
    const rate = flop(batch) / median / 1e6
    rows.push({
      step: name,
      batch,
      'ms (min)': min,
      'ms (median)': median,
      'GFLOP/s': rate,
      'share of peak': rate / peak,
    })
  }
  store.dispose()
}

/** The official step for comparison, once each, and how far its losses are from ours. */
async function official(side: number, batch: number, steps: number) {
  return startReference('official_step', [file, heads, side, batch, threads, steps])
}
const timedOfficially = Number(given.official)
if (timedOfficially > 0) {
  const batch = Number(given.batch[0])
  const reference = await official(resolution, batch, 0)
  const times = []
  for (let i = 0; i < timedOfficially; i++) times.push(await reference.run())
  reference.end()
  times.sort((a, b) => a - b)
  const median = times[Math.floor(times.length / 2)]!
  const speed = median / rows[0]!['ms (median)']
  rows.push({
    step: 'official',
    batch,
    'ms (min)': times[0]!,
    'ms (median)': median,
    'our speedup': speed,
  })
}
const steps = Number(given.steps)
let difference: number | null = null
if (steps > 0) {
  const reference = await official(112, 4, steps)
  difference = reference.difference
  reference.end()
}
report(
  'Training step on stored features, float32',
  {
    model: given.model,
    threads,
    channels,
    dim,
    'matrix product GFLOP/s': peak,
    steps,
    'loss difference': difference,
  },
  rows,
)
