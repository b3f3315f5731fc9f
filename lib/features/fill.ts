/** Computes features of many images, a few at a time. */
import { readAhead } from '../images/read-ahead.js'
import { job, type NativeFeatureStore, type Pixels, type Transform } from '../native/index.js'

/** Images per batch. */
const CHUNK = 8
/** Images to decode ahead. Decoding takes a twentieth of the time, and the cores are busy. */
const AHEAD = 2

/**
 * Computes the features of images into a store. Yields the number of images done.
 * @param read returns the pixels of an image in the store's list
 */
export async function* fillStore(
  store: NativeFeatureStore,
  indices: Int32Array,
  read: (index: number) => Promise<Pixels>,
  transform: Transform,
  signal?: AbortSignal,
): AsyncGenerator<number> {
  let pixels: Pixels[] = []
  let done = 0
  for await (const image of readAhead(indices, read, AHEAD)) {
    signal?.throwIfAborted()
    pixels.push(image)
    if (pixels.length < CHUNK && done + pixels.length < indices.length) continue
    const chunk = indices.subarray(done, done + pixels.length)
    await job((_, cancel) => store.compute(chunk, pixels, transform, cancel), signal)
    done += pixels.length
    pixels = []
    yield done
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
