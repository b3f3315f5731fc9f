/**
 * How long does a training step on stored features take on a GPU, beside Python torch: one operator after another, and as
 * one CUDA graph?
 *
 *     npx tsx benchmarks/gpu/step.ts --device cuda:0 [--quick]
 *
 * S/8 at 224, codes of 70, 11 x 11 samples, 5 negatives, float32, with dropout; with the labels of two linear probes and
 * without. All include reading the losses back.
 */
import { trainSchema } from '../../lib/method/train-options.js'
import { checked, job, type LabelMap, type NativeBackbone } from '../../lib/native/index.js'
import { mixSeed } from '../../lib/random/random.js'
import { stepSettings } from '../../lib/training/step.js'
import { networkOptions } from '../../lib/weights/network-options.js'
import { timed } from '../race.js'
import { randomVit } from '../random-vit.js'
import { brief, loadOn, openPeer, prepare, quick, tell, turns } from './common.js'
import type { PeerWork } from './peer.js'

const CLASSES = 27
const SAMPLES = 11
const BATCHES = quick ? [2] : [16, 32]
const RESOLUTION = quick ? 64 : 224

const options = trainSchema.parse({ data: '.', classes: CLASSES, resolution: RESOLUTION })
const backbone = await loadOn(await randomVit('s8'), 'float32')
const { dim: channels, patch } = backbone.info
const transform = { resolution: RESOLUTION, fit: 'center', multiple: patch } as const
const square = { width: RESOLUTION, height: RESOLUTION }
const picture = (n: number) => ({
  data: Uint8Array.from({ length: RESOLUTION ** 2 * 3 }, (_, i) => (i * 7919 + (i >> 9) * n) % 256),
  ...square,
})
const label: LabelMap = {
  data: Uint8Array.from({ length: RESOLUTION ** 2 }, (_, i) => (i >> 11) % CLASSES),
  ...square,
}

/** Features of a batch's images and of their positives. */
async function fillStore(backbone: NativeBackbone, batch: number) {
  const settings = { budgetBytes: 2 ** 34, pictures: false, file: null }
  const store = checked((native) => new native.FeatureStore(backbone, 2 * batch, settings))
  for (let index = 0; index < 2 * batch; index++) {
    await job((_, cancel) => store.compute(Int32Array.of(index), [picture(index)], transform, cancel))
  }
  return store
}

/** Our step; every run is a new one. */
async function ownStep(store: Awaited<ReturnType<typeof fillStore>>, batch: number, labels: boolean) {
  const network = await job((native, cancel) =>
    native.Network.create(backbone, networkOptions(options, channels), labels, cancel),
  )
  const trainer = checked((native) => new native.Trainer(network, store))
  trainer.configure(stepSettings(options, { self: 0.6, knn: 0.6, random: 0.6 }))
  const images = Int32Array.from({ length: batch }, (_, i) => i)
  const input = {
    images,
    positives: images.map((index) => index + batch),
    labels: Array.from({ length: batch }, () => (labels ? label : null)),
    oracle: false,
  }
  let step = 0
  return timed('ours', () => job((_, cancel) => trainer.step({ ...input, seed: mixSeed(0, step++) }, cancel)))
}

const peer = await openPeer()
try {
  for (const batch of BATCHES) {
    const store = await fillStore(backbone, batch)
    for (const labels of [true, false]) {
      const of = { batch, labels: labels ? 'yes' : 'no' }
      const { dim, negativeSamples: negatives } = options
      const sizes = { channels, grid: RESOLUTION / patch, batch, dim, classes: CLASSES, side: RESOLUTION }
      const work = { kind: 'step', ...sizes, samples: SAMPLES, negatives, labels }
      const theirs = [
        await prepare(peer, 'torch, eager', work, of),
        await prepare(peer, 'torch, one CUDA graph', { ...work, graph: true }, of),
        await prepare(peer, 'torch, one CUDA graph, TF32', { ...work, graph: true, tf32: true }, of),
      ].filter((way): way is PeerWork => way !== null)
      try {
        const results = await turns([await ownStep(store, batch, labels), ...theirs])
        for (const { name, median, spread, error } of results) {
          tell({ ...of, way: name, 'ms (median)': median, 'ms (all)': spread, ...(error && { error }) })
        }
      } catch (error) {
        tell({ ...of, way: 'ours', error: brief(error) })
      }
      for (const way of theirs) await way.forget()
    }
    store.dispose()
  }
} finally {
  peer?.end()
}
