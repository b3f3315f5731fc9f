/**
 * What does a feature store cost to build, and how long does a step wait for features from it, from memory, or
 * recomputed?
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { computeTogether } from '../lib/features/fill.js'
import { type FeaturePlan, openStore } from '../lib/features/plan.js'
import { trainSchema } from '../lib/method/train-options.js'
import { checked, job, type NativeFeatureStore } from '../lib/native/index.js'
import { stepSettings } from '../lib/training/step.js'
import { loadBackbone } from '../lib/weights/backbones.js'
import { networkOptions } from '../lib/weights/network-options.js'
import { machinePeak, report, time, useThreads } from './measure.js'

const COUNT = 64
const BATCH = 16
const threads = useThreads()
const backbone = await loadBackbone(process.argv[2] ?? 'starter')
const { dim, patch } = backbone.info
const options = trainSchema.parse({ data: '.', batch: BATCH })
const side = options.resolution / patch
const transform = { resolution: options.resolution, fit: 'center', multiple: patch } as const
const data = new Uint8Array(options.resolution ** 2 * 3).map((_, i) => (i * 7919) % 256)
const read = async () => ({ data, width: options.resolution, height: options.resolution })
const all = Int32Array.from({ length: COUNT }, (_, i) => i)
const images = all.subarray(0, BATCH)
const positives = all.subarray(BATCH, 2 * BATCH)

const folder = await mkdtemp(join(tmpdir(), 'stego-store-'))
const peak = await machinePeak()
const rows = []
try {
  for (const mode of ['float16', 'float32', 'memory', 'off'] as const) {
    const store = openStore(backbone, planOf(mode))
    const begin = performance.now()
    for (let first = 0; first < COUNT; first += 8) {
      await computeTogether(store, all.subarray(first, first + 8), read, transform)
    }
    const build = (performance.now() - begin) / COUNT
    const step = await stepTime(store)
    rows.push({
      features: mode,
      'KiB per image': planOf(mode).bytesPerImage / 1024,
      'ms per image to build': build,
      [`ms per step of ${BATCH} (median)`]: step.median,
      'ms (min)': step.min,
    })
    store.dispose()
  }
  report(
    'Features stored, in memory, and recomputed in every step (no labels)',
    { threads, dim, 'matrix product GFLOP/s': peak },
    rows,
  )
} finally {
  await rm(folder, { recursive: true })
}

function planOf(mode: 'float16' | 'float32' | 'memory' | 'off'): FeaturePlan {
  const stored = mode === 'float16' || mode === 'float32'
  const values = side * side * dim
  const bytesPerImage = stored ? values * (mode === 'float16' ? 2 : 4) + 4 * dim : values * 4
  const path = join(folder, `${mode}.features`)
  return {
    mode: stored ? 'disk' : mode,
    images: COUNT,
    bytes: COUNT * bytesPerImage,
    bytesPerImage,
    memoryBytes: mode === 'memory' ? 2 ** 31 : 0,
    pictures: false,
    file: stored
      ? { path, key: '0'.repeat(64), description: '{}', dtype: mode, gridHeight: side, gridWidth: side }
      : null,
  }
}

/** A training step: computes what is missing, then steps. */
async function stepTime(store: NativeFeatureStore) {
  const network = await job((native, cancel) =>
    native.Network.create(backbone, networkOptions(options, dim), false, cancel),
  )
  const trainer = checked((native) => new native.Trainer(network, store))
  trainer.configure(stepSettings(options, { self: 0.6, knn: 0.6, random: 0.6 }))
  const input = {
    images,
    positives,
    labels: Array.from({ length: BATCH }, () => null),
    oracle: false,
  }
  const wanted = all.subarray(0, 2 * BATCH)
  let seed = 0
  const step = async () => {
    const missing = await job((_, cancel) => store.missing(wanted, cancel))
    if (missing.length > 0) await computeTogether(store, missing, read, transform)
    await job((_, cancel) => trainer.step({ ...input, seed: seed++ }, cancel))
  }
  return time(step, checked(() => store.info).kept > 0 ? 15 : 2, 1)
}
