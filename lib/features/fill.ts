/** Computing features of many images, a few at a time. */
import { job, type NativeFeatureStore, type Pixels, type Transform } from '../native.js'

/** Images decoded and computed together. */
const CHUNK = 8

/**
 * Passes images through the backbone into a store; yields how many are done.
 * @param read pixels of an image of the store's list
 */
export async function* fillStore(
  store: NativeFeatureStore,
  indices: Int32Array,
  read: (index: number) => Promise<Pixels>,
  transform: Transform,
  signal?: AbortSignal,
): AsyncGenerator<number> {
  for (let first = 0; first < indices.length; first += CHUNK) {
    const chunk = indices.subarray(first, first + CHUNK)
    await computeTogether(store, chunk, read, transform, signal)
    yield first + chunk.length
  }
}

/** The same at once, for images that must be at hand together. */
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
