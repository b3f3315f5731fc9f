/**
 * Nearest neighbors of a folder of images as in training (precompute_knns.py), by cosine similarity of backbone features
 * averaged over the image. The original leaves dropout on; here it is off.
 */

import { fingerprintImages } from '../datasets/fingerprint.js'
import { StegoError } from '../errors.js'
import { prepareFeatures } from '../features/build.js'
import { fillStore } from '../features/fill.js'
import { openImages } from '../features/key.js'
import { openStore } from '../features/plan.js'
import { job } from '../native/index.js'
import { parseOptions } from '../options/parse.js'
import type { FoundNeighbors } from './neighbor-file.js'
import { type NeighborsOptions, neighborsSchema } from './options.js'

/**
 * Finds the nearest neighbors of each image in a folder. The search is exact up to a million images; above that it uses
 * an inverted file and reports its recall. Save the result with `writeNeighbors` for the training option
 * `neighborFile`.
 *
 * Rejects with `ERR_STEGO_OPTION` for invalid options, `ERR_STEGO_DATA_*` and `ERR_STEGO_IMAGE` for problems with the
 * images, `ERR_STEGO_BACKBONE`, `ERR_STEGO_SIZE` for the resolution, and with the signal's reason.
 */
export async function computeNeighbors(input: NeighborsOptions): Promise<FoundNeighbors> {
  const options = parseOptions(neighborsSchema, input, 'computeNeighbors()')
  const { data, signal } = options
  const set = await openImages(options, { ...options, classes: null })
  const count = set.images.length
  if (count < 2) {
    throw new StegoError(
      'ERR_STEGO_DATA_EMPTY',
      `expected at least two images to find neighbors, but ${data} has one. Add images.`,
    )
  }
  const prepared = await prepareFeatures(set, options, options.featureStore.mode)
  const { key, backbone, transform, plan } = prepared
  const { device } = prepared.device
  const fingerprints = await fingerprintImages(set.images, signal)
  const store = openStore(backbone, plan)
  try {
    const read = (index: number) => set.read(set.images[index]!)
    for await (const progress of fillStore(store, plan, read, transform, signal))
      options.onProgress?.(progress)
    const k = Math.min(options.k, count - 1)
    const neighbors = await job((_, cancel) => store.neighbors(k, cancel), signal)
    const { skipped, unused, notes } = set
    return { count, k, ...neighbors, key, fingerprints, device, skipped, unused, notes }
  } finally {
    store.dispose()
  }
}
