/**
 * Nearest neighbours of a folder of images, as training finds them (precompute_knns.py, stego.md A5): backbone features
 * averaged over the image, cosine similarity. Features are clean; the original leaves dropout on.
 */
import type { z } from 'zod'
import { createTransform } from '../data/transform.js'
import { StegoError } from '../errors.js'
import { addon, checked, job, type NativeFeatureStore, type Pixels, type Transform } from '../native.js'
import { parseOptions } from '../options/parse.js'
import { defaultThreads } from '../threads.js'
import { loadBackbone } from '../weights/backbones.js'
import { type ImageSet, openImages } from './images.js'
import { fingerprintImages, neighborKey } from './key.js'
import type { ImageNeighbors } from './neighbor-file.js'
import { type NeighborsInput, neighborsSchema } from './options.js'

/** Images decoded and computed together. */
const CHUNK = 8

/**
 * Finds the nearest neighbours of each image of a folder. `writeNeighbors` keeps them, the training option
 * `neighborFile` takes them from there.
 *
 * Rejects with `ERR_STEGO_OPTION` for wrong options, `ERR_STEGO_DATA_*` and `ERR_STEGO_IMAGE` for what is wrong with
 * the images, `ERR_STEGO_BACKBONE`, `ERR_STEGO_SIZE` for the resolution, and with the signal's reason.
 */
export async function computeNeighbors(input: NeighborsInput): Promise<ImageNeighbors> {
  const options = parseOptions(neighborsSchema, input, 'computeNeighbors()')
  const { data, resolution, crop, signal } = options
  const set = await openImages(options)
  const count = set.images.length
  if (count < 2) {
    throw new StegoError(
      'ERR_STEGO_DATA_EMPTY',
      `neighbours need at least two images, to compare one with another; ${data} has one. Add images.`,
    )
  }
  const key = await neighborKey(options)
  const features = { kind: options.featureKind, layer: options.featureLayer }
  const { dtype, onDownload } = options
  const backbone = await loadBackbone(options.backbone, { features, dtype, signal, onDownload })
  const transform = createTransform(resolution, crop, backbone.info.patch)
  addon().configure({ threads: options.threads ?? defaultThreads() })
  const fingerprints = await fingerprintImages(set.images, signal)
  const store = checked(
    (native) => new native.FeatureStore(backbone, count, { budgetBytes: 0, pictures: false }),
  )
  try {
    await computeFeatures(store, set, transform, options)
    const k = Math.min(options.k, count - 1)
    const neighbors = await job((_, cancel) => store.neighbors(k, cancel), signal)
    return { count, k, ...neighbors, key, fingerprints }
  } finally {
    store.dispose()
  }
}

/** Passes every image through the backbone once; the store keeps their averages. */
async function computeFeatures(
  store: NativeFeatureStore,
  { images, read }: ImageSet,
  transform: Transform,
  { signal, onProgress }: Pick<z.output<typeof neighborsSchema>, 'signal' | 'onProgress'>,
): Promise<void> {
  for (let first = 0; first < images.length; first += CHUNK) {
    const chunk = images.slice(first, first + CHUNK)
    const pixels: Pixels[] = []
    for (const image of chunk) {
      signal?.throwIfAborted()
      pixels.push(await read(image))
    }
    const indices = Int32Array.from(chunk, (_, place) => first + place)
    await job((_, cancel) => store.compute(indices, pixels, transform, cancel), signal)
    onProgress?.(first + chunk.length, images.length)
  }
}
