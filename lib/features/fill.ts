/** Computes features of many images, a few at a time. */
import { readAhead } from '../images/read-ahead.js'
import { checked, job, type NativeFeatureStore, type Pixels, type Transform } from '../native/index.js'
import type { FeaturePlan } from './plan.js'
import type { FeaturesProgress } from './progress.js'

/** Images per batch. */
const CHUNK = 8
/** Images to decode ahead. Decoding takes a twentieth of the time, and the cores are busy. */
const AHEAD = 2

/**
 * Computes the features of all images that the store lacks, in order. Yields progress, first of what was there.
 * @param read returns the pixels of an image in the store's list
 */
export async function* fillStore(
  store: NativeFeatureStore,
  plan: FeaturePlan,
  read: (index: number) => Promise<Pixels>,
  transform: Transform,
  signal?: AbortSignal,
): AsyncGenerator<FeaturesProgress> {
  const missing = await job((_, cancel) => store.missingMeans(cancel), signal)
  const progress = (computed: number): FeaturesProgress => {
    const { kept } = checked(() => store.info)
    const { images: total, bytes: totalBytes } = plan
    const done = total - missing.length + computed
    const bytes = kept * plan.bytesPerImage
    return { type: 'features', done, total, bytes, totalBytes, kept, file: plan.file?.path ?? null }
  }
  yield progress(0)
  let pixels: Pixels[] = []
  let computed = 0
  for await (const image of readAhead(missing, read, AHEAD)) {
    signal?.throwIfAborted()
    pixels.push(image)
    if (pixels.length < CHUNK && computed + pixels.length < missing.length) continue
    const chunk = missing.subarray(computed, computed + pixels.length)
    await job((_, cancel) => store.compute(chunk, pixels, transform, cancel), signal)
    computed += pixels.length
    pixels = []
    yield progress(computed)
  }
}

/** Computes the features of all given images together. */
export async function computeTogether(
  store: NativeFeatureStore,
  indices: Int32Array,
  read: (index: number) => Promise<Pixels>,
  transform: Transform,
  signal?: AbortSignal,
): Promise<void> {
  const pixels: Pixels[] = []
  for (const index of indices) {
    signal?.throwIfAborted()
    pixels.push(await read(index))
  }
  await job((_, cancel) => store.compute(indices, pixels, transform, cancel), signal)
}
