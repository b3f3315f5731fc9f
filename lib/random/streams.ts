/**
 * The streams of random numbers that one seed opens: `createRandom(seed, STREAMS.epochs, epoch)`. Numbers are part of the
 * format of runs: a run resumes to the same bytes only where they stay.
 */
export const STREAMS = {
  /** The order of images in an epoch. */
  epochs: 1,
  /** Which neighbor each image of a step gets. */
  positives: 2,
  /** Native draws of a step: positions, negatives, dropout. */
  steps: 3,
  /** Batches that automatic shifts are measured on. */
  shifts: 4,
  /** k-means on codes. */
  kmeans: 5,
  /** k-means on backbone features. */
  baselineKmeans: 6,
  /** Probes that start again. */
  probes: 7,
} as const

/** Streams of `correspondenceLoss()`. */
export const LOSS_STREAMS = { coordinates1: 1, coordinates2: 2, permutations: 3 } as const

/** Streams of `model.precisionRecall()`. */
export const PRECISION_RECALL_STREAMS = { positions: 8, partners: 9 } as const
