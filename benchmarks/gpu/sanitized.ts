/**
 * A little of everything that has kernels, for `compute-sanitizer`: features, a training step, k-means, and a prediction
 * with the dense CRF.
 */
import { fileURLToPath } from 'node:url'
import { checked, job } from '../../lib/native/index.js'
import { lossOptions } from '../../test/parity/loss.js'
import { loadOn } from './common.js'

const STARTER = fileURLToPath(new URL('../../weights/starter-vit-tiny8.safetensors', import.meta.url))
const [SIDE, COUNT] = [32, 3]
const transform = { resolution: SIDE, fit: 'center', multiple: 8 } as const
const pictures = Array.from({ length: COUNT }, (_, n) => ({
  data: Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * (7 + 4 * n) + ((i * i) >> 7)) % 256),
  width: SIDE,
  height: SIDE,
}))
const label = { data: Uint8Array.from({ length: SIDE * SIDE }, (_, i) => i % 3), width: SIDE, height: SIDE }
const images = Int32Array.from({ length: COUNT }, (_, i) => i)

for (const dtype of ['float32', 'bfloat16'] as const) {
  const backbone = await loadOn(STARTER, dtype)
  const head = { dim: 6, projection: 'nonlinear', continuous: true, decoder: false, seed: 1 } as const
  const network = await job((native, cancel) =>
    native.Network.create(backbone, { ...head, classes: 3, clusters: 3 }, true, cancel),
  )
  const settings = { budgetBytes: 2 ** 24, pictures: false, file: null }
  const store = checked((native) => new native.FeatureStore(backbone, COUNT, settings))
  await job((_, cancel) => store.compute(images, pictures, transform, cancel))
  const trainer = checked((native) => new native.Trainer(network, store))
  const learningRates = { head: 5e-4, linearProbe: 5e-3, clusterProbe: 5e-3 }
  checked(() =>
    trainer.configure({ loss: lossOptions({ dropout: 0.1, featureDropout: true }), learningRates }),
  )
  const positives = images.map((index) => (index + 1) % COUNT)
  const step = { images, positives, labels: pictures.map(() => label), oracle: false, seed: 3 }
  const losses = await job((_, cancel) => trainer.step(step, cancel))
  await job((_, cancel) => trainer.collect(images, 'kmeans', COUNT, cancel))
  const fitting = { restarts: 1, iterations: 3, seed: 0 }
  const { meanCosine } = await job((_, cancel) => trainer.fitKMeans('kmeans', fitting, cancel))
  const [prediction] = await job((_, cancel) =>
    network.predict(
      [pictures[0]!],
      {
        transform,
        flip: true,
        heads: ['kmeans', 'clusterProbe', 'linearProbe'],
        size: 'transform',
        logProbabilities: [],
        temperature: 3,
        crf: true,
      },
      cancel,
    ),
  )
  const neighbors = await job((_, cancel) => store.neighbors(2, cancel))
  const done = { dtype, loss: losses.correspondence, meanCosine, neighbors: neighbors.indices.length }
  console.log(JSON.stringify({ row: { ...done, labels: prediction!.labels.kmeans!.length } }))
}
