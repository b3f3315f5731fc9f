/**
 * Which images a training step sees. Stateless: the batch of step t depends on (seed, t) alone, so a resumed
 * run needs no sampler state and continues exactly.
 */
import { StegoError } from '../errors.js'
import { createRandom, type Random } from './random.js'
import { STREAMS } from './streams.js'

/** The batches of a run. */
export interface Sampler {
  /** Images in every batch: the batch size asked for, or the number of images where there are fewer. */
  readonly batch: number
  /** Image indices of 0-based step `step`, [batch]. */
  at(step: number): Int32Array
}

/**
 * Opens a sampler without replacement: each epoch visits every image once, in an order of its own. Batches
 * run on across epochs, so all are full; an image may thus occur twice in the one batch that straddles a
 * seam. Throws `ERR_STEGO_DATA_EMPTY` without images, `ERR_STEGO_ARGUMENT` for a size or step that is not a
 * whole number.
 */
export function createSampler(options: { images: number; batch: number; seed: number }): Sampler {
  const { images, seed } = options
  if (!Number.isInteger(images) || images < 1) {
    throw new StegoError('ERR_STEGO_DATA_EMPTY', `training needs at least one image, got ${images}.`)
  }
  if (!Number.isInteger(options.batch) || options.batch < 1) {
    throw new StegoError(
      'ERR_STEGO_ARGUMENT',
      `a batch holds a whole number of images, 1 or more, got ${options.batch}.`,
    )
  }
  const batch = Math.min(options.batch, images)
  let cachedEpoch = -1
  let order: Int32Array = new Int32Array(0)

  function orderOf(epoch: number): Int32Array {
    if (epoch !== cachedEpoch) {
      order = createRandom(seed, STREAMS.epochs, epoch).permutation(images)
      cachedEpoch = epoch
    }
    return order
  }

  return {
    batch,
    at(step) {
      if (!Number.isSafeInteger(step) || step < 0) {
        throw new StegoError('ERR_STEGO_ARGUMENT', `steps are counted 0, 1, 2, ..., got ${step}.`)
      }
      const first = step * batch
      const indices = new Int32Array(batch)
      for (let i = 0; i < batch; i++) {
        const position = first + i
        indices[i] = orderOf(Math.floor(position / images))[position % images]!
      }
      return indices
    },
  }
}

/**
 * Draws for each image one of its `k` nearest neighbors, all equally likely (data.py ContrastiveSegDataset).
 * @param images indices of the batch, [B]
 * @param neighbors neighbor indices of all images, the image itself excluded, row-major [N, k]
 * @returns indices of the positives, [B]
 * Throws `ERR_STEGO_ARGUMENT` where `neighbors` has no row of `k` for an image.
 */
export function samplePositives(
  images: Int32Array,
  neighbors: Int32Array,
  k: number,
  random: Random,
): Int32Array {
  if (!Number.isInteger(k) || k < 1 || neighbors.length % k !== 0) {
    throw new StegoError(
      'ERR_STEGO_ARGUMENT',
      `neighbors must hold k = ${k} indices an image, k at least 1; got ${neighbors.length} indices.`,
    )
  }
  return images.map((image) => {
    const positive = neighbors[image * k + random.integer(k)]
    if (positive === undefined) {
      throw new StegoError(
        'ERR_STEGO_ARGUMENT',
        `neighbors covers images 0 to ${neighbors.length / k - 1}, got image ${image}.`,
      )
    }
    return positive
  })
}
