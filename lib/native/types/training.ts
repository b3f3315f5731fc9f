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
  /** Positions an image: this number squared, or every position of the grid. */
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
  /** The plain form where a fast one exists; for tests. */
  plain?: boolean
}

/** The contrastive CRF loss (modules.py ContrastiveCRFLoss). */
export interface ContrastiveCrfOptions {
  weight: number
  /** Pixels drawn a step, shared by the batch. */
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
  /** Label maps of the batch, transformed as the images are; `null` where an image has none. */
  labels: (LabelMap | null)[]
  /** The same of the positives; needed by the oracle alone. */
  positiveLabels?: (LabelMap | null)[]
  /** Salient pixels of the batch and of the positives, nonzero where salient; without them positions are uniform. */
  salience?: (LabelMap | null)[]
  positiveSalience?: (LabelMap | null)[]
  /** Labels teach instead of features. */
  oracle: boolean
  /** Seed of this step's draws. */
  seed: number
}

/** What all steps have in common. */
export interface StepSettings {
  loss: LossOptions
  learningRates: { head: number; linearProbe: number; clusterProbe: number }
}

export interface StepInput extends BatchInput {
  /** What augmented views are made of, or the views and where their pixels lie, as (row, column), for parity. */
  views?: { images: Pixels[]; transform: Transform } | { input: Tensor; coordinates: Tensor }
  /** Count code similarities. */
  histograms?: boolean
  draws?: GivenDraws
  /** Return the gradients of all parameters by name. */
  gradients?: boolean
}

/** The losses of a step. */
export interface StepLosses {
  /** The correspondence loss: its three terms, weighted and added up. */
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
  /** Loss of the linear probe on codes; null where the batch has no valid label. */
  linearProbe: number | null
  /** Loss of the linear probe on the backbone's features; null where the batch has no valid label. */
  baselineLinearProbe: number | null
  /** Reconstruction of features from codes, unweighted; null where its weight is 0. */
  reconstruction: number | null
  /** Alignment of augmented views, unweighted; null where its weight is 0. */
  alignment: number | null
  /** The contrastive CRF, unweighted; null where its weight is 0. */
  crf: number | null
  /** Counts of code similarities in 80 equal bins over [-1, 1]. */
  histograms?: Record<keyof PairValues, number[]>
  gradients?: Record<string, Tensor>
}

/** The distribution of feature correspondences F of one kind of pair. */
export interface PairHistogram {
  /** Quantile asked for. */
  value: number
  /** Counts of F in 80 equal bins over [-1, 1]. */
  histogram: number[]
  /** Mean of F. */
  mean: number
}

export interface NativeTrainer {
  /** Sets what holds for all steps from now on; needed before the first. */
  configure(settings: StepSettings): void
  step(input: StepInput, cancel: CancelToken): Promise<StepLosses>
  /** Draws the feature correspondences F of a batch as a step does and gathers them. */
  measure(batch: BatchInput, cancel: CancelToken): Promise<void>
  /** Quantiles of what was measured, which is then forgotten. */
  distributions(quantiles: PairValues): Promise<Record<keyof PairValues, PairHistogram>>
  /** Begins the probes and their optimizers anew. */
  resetProbes(seed: number): Promise<void>
  /**
   * Collects the codes (`kmeans`) or backbone features (`baselineKmeans`) of all patches of images held by the store, out of
   * `total` images in all.
   */
  collect(
    images: Int32Array,
    head: 'kmeans' | 'baselineKmeans',
    total: number,
    cancel: CancelToken,
  ): Promise<void>
  /** Fits cosine k-means on what was collected, keeps the best restart in the network and lets the vectors go. */
  fitKMeans(
    head: 'kmeans' | 'baselineKmeans',
    options: { restarts: number; iterations: number; seed: number },
    cancel: CancelToken,
  ): Promise<{ meanCosine: number; meanCosines: number[]; sizes: number[]; explained: PlaceShares }>
  /** Network and optimizer state: what `write` writes, in its order. */
  tensors(): Promise<TensorEntry[]>
  /** Writes a header and the tensors' values to a new file, and syncs it. */
  write(path: string, header: Uint8Array): Promise<void>
  /** Optimizer state, from a checkpoint of the same network. */
  load(stored: StoredTensors): Promise<void>
  dispose(): void
}

/** Shares from 0 to 1 of the clusters' entropy that are known once something of a patch is. */
export interface PlaceShares {
  /** The band of four rows of patches that it lies in. */
  rows: number
  /** The band of four columns. */
  columns: number
  /** The picture that it is of. */
  images: number
}
