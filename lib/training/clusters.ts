/** Fits k-means to the codes or features of the training images. */
import { job, type NativeTrainer } from '../native/index.js'
import { mixSeed } from '../random/random.js'
import { STREAMS } from '../random/streams.js'
import type { TrainingImages } from './data.js'
import type { ClustersEvent } from './events.js'

const ITERATIONS = 100
/** Memory for the vectors of one k-means. If not all images fit, evenly spaced ones are used. */
const VECTOR_BYTES = 2 ** 29
const CHUNK = 32

/** Fits k-means on all patches of the training images and keeps the restart with the highest mean cosine. */
export async function fitClusters(
  head: 'kmeans' | 'baselineKmeans',
  trainer: NativeTrainer,
  images: TrainingImages,
  options: { restarts: number; seed: number; bytesPerImage: number; signal?: AbortSignal },
): Promise<ClustersEvent> {
  const { signal } = options
  const most = Math.max(1, Math.floor(VECTOR_BYTES / options.bytesPerImage))
  const count = Math.min(images.count, most)
  const chosen = Int32Array.from({ length: count }, (_, i) => Math.floor((i * images.count) / count))
  for (let first = 0; first < count; first += CHUNK) {
    const chunk = chosen.subarray(first, first + CHUNK)
    await images.ensure(chunk)
    await job((_, cancel) => trainer.collect(chunk, head, count, cancel), signal)
  }
  const settings = {
    restarts: options.restarts,
    iterations: ITERATIONS,
    seed: mixSeed(options.seed, head === 'kmeans' ? STREAMS.kmeans : STREAMS.baselineKmeans),
  }
  const fitted = await job((_, cancel) => trainer.fitKMeans(head, settings, cancel), signal)
  return { type: 'clusters', head, ...fitted }
}
