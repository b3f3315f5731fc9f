/** Training: losses, steps and clusters. */
import type { TensorEntry } from '../../formats/tensor-file.js'
import type { Centering, Reduction } from './network.js'
import type { StoredTensors } from './tensors.js'
import type { CancelToken, LabelMap, Pixels, Tensor, Transform } from './values.js'

/** One number for each kind of pair that the loss compares. */
export interface PairValues {
  /** Of an image with itself. */
  self: number
  /** Of an image with one of its nearest neighbors. */
  knn: number
  /** Of an image with a random other one. */
  random: number
}

export interface LossOptions {
  shifts: PairValues
  weights: PairValues
  centering: Centering
  zeroClamp: boolean
  stabilize: boolean
  reduction: Reduction
  /** Factor of the weighted sum of the three pair types. */
  correspondenceWeight: number
  /** Positions per image: this number squared, or every position of the grid. */
  featureSamples: number | 'all'
  negativeSamples: number
  negatives: 'official' | 'derangement'
  /** Dropout2d probability on features, 0 to switch off; the head's draws and the teacher's share it. */
  dropout: number
  /** Whether the teacher's features go through dropout as well (the official code does so). */
  featureDropout: boolean
  reconstructionWeight: number
  alignment: { weight: number; axes: 'correct' | 'official' }
  crf: ContrastiveCrfOptions
  clusterObjective: 'nearestCenter' | 'nearestPosition'
  /** Use the plain form even if a fast one exists; for tests. */
  plain?: boolean
}

/** The contrastive CRF loss (modules.py ContrastiveCRFLoss). */
export interface ContrastiveCrfOptions {
  weight: number
  /** Pixels drawn per step, shared by the batch. */
  samples: number
  /** Widths of position and color of the bilateral kernel, and of position of the gaussian one. */
  alpha: number
  beta: number
  gamma: number
  /** Weights of the two kernels. */
  bilateral: number
  gaussian: number
  shift: number
}

/** Random draws given as data instead of drawn from the seed, for parity. */
export interface GivenDraws {
  coords1: Tensor
  coords2: Tensor
  permutations: Tensor<BigInt64Array>
  /** Rows and columns of the contrastive CRF's pixels, [2, n], within 56. */
  crfPlaces?: Tensor<BigInt64Array>
}

/** A batch and what its random draws depend on. */
export interface BatchInput {
  /** Images of the batch and their positives, as indices of the store. */
  images: Int32Array
  positives: Int32Array
  /** Label maps of the batch, transformed as the images are; `null` if an image has none. */
  labels: (LabelMap | null)[]
  /** The same for the positives; needed only by the oracle. */
  positiveLabels?: (LabelMap | null)[]
  /**
   * Salient pixels of the batch and of the positives, nonzero where salient; without them positions are
   * uniform.
   */
  salience?: (LabelMap | null)[]
  positiveSalience?: (LabelMap | null)[]
  /** Use labels instead of features as the teacher. */
  oracle: boolean
  /** Seed of this step's draws. */
  seed: number
}

/** Settings shared by all steps. */
export interface StepSettings {
  loss: LossOptions
  learningRates: { head: number; linearProbe: number; clusterProbe: number }
}

export interface StepInput extends BatchInput {
  /**
   * Inputs of augmented views or, for parity, the views and the positions of their pixels as (row, column).
   */
  views?: { images: Pixels[]; transform: Transform } | { input: Tensor; coordinates: Tensor }
  /** Count code similarities. */
  histograms?: boolean
  draws?: GivenDraws
  /** Return the gradients of all parameters by name. */
  gradients?: boolean
}

/** The losses of a step. */
export interface StepLosses {
  /** The correspondence loss: the weighted sum of its three terms. */
  correspondence: number
  /** Its term of images with themselves, unweighted. */
  self: number
  /** Its term of images with their neighbors, unweighted. */
  knn: number
  /** Its term of random pairs, unweighted. */
  random: number
  /** Mean code similarities of the three pair types. */
  similarity: PairValues
  /** Loss of the cluster probe. */
  clusterProbe: number
  /** Loss of the linear probe on codes; null if the batch has no valid label. */
  linearProbe: number | null
  /** Loss of the linear probe on the backbone's features; null if the batch has no valid label. */
  baselineLinearProbe: number | null
  /** Reconstruction of features from codes, unweighted; null if its weight is 0. */
  reconstruction: number | null
  /** Alignment of augmented views, unweighted; null if its weight is 0. */
  alignment: number | null
  /** The contrastive CRF, unweighted; null if its weight is 0. */
  crf: number | null
  /** Counts of code similarities in 80 equal bins over [-1, 1]. */
  histograms?: Record<keyof PairValues, number[]>
  gradients?: Record<string, Tensor>
}

/** The distribution of feature correspondences F of one kind of pair. */
export interface PairHistogram {
  /** Requested quantile. */
  value: number
  /** Counts of F in 80 equal bins over [-1, 1]. */
  histogram: number[]
  /** Mean of F. */
  mean: number
}

export interface NativeTrainer {
  /** Sets what applies to all following steps; required before the first. */
  configure(settings: StepSettings): void
  step(input: StepInput, cancel: CancelToken): Promise<StepLosses>
  /** Draws the feature correspondences F of a batch as a step does and collects them. */
  measure(batch: BatchInput, cancel: CancelToken): Promise<void>
  /** Quantiles of the measured values, which are then discarded. */
  distributions(quantiles: PairValues): Promise<Record<keyof PairValues, PairHistogram>>
  /** Restarts the probes and their optimizers. */
  resetProbes(seed: number): Promise<void>
  /**
   * Collects the codes (`kmeans`) or backbone features (`baselineKmeans`) of all patches of images held by
   * the store, out of `total` images.
   */
  collect(
    images: Int32Array,
    head: 'kmeans' | 'baselineKmeans',
    total: number,
    cancel: CancelToken,
  ): Promise<void>
  /**
   * Fits cosine k-means on what was collected, keeps the best restart in the network and frees the vectors.
   */
  fitKMeans(
    head: 'kmeans' | 'baselineKmeans',
    options: { restarts: number; iterations: number; seed: number },
    cancel: CancelToken,
  ): Promise<{ meanCosine: number; meanCosines: number[]; sizes: number[]; explained: PlaceShares }>
  /** Network and optimizer state: the tensors written by `write`, in the same order. */
  tensors(): Promise<TensorEntry[]>
  /** Writes a header and the tensors' values to a new file, and syncs it. */
  write(path: string, header: Uint8Array): Promise<void>
  /** Loads optimizer state from a checkpoint of the same network. */
  load(stored: StoredTensors): Promise<void>
  dispose(): void
}

/** Shares, from 0 to 1, of the clusters' entropy that are explained by a property of a patch. */
export interface PlaceShares {
  /** By its band of four rows of patches. */
  rows: number
  /** By its band of four columns. */
  columns: number
  /** By its image. */
  images: number
}
