/**
 * The one door to the native addon: finds it, loads it, types it, and turns its errors into `StegoError`s.
 * Every method that returns a promise is a job on the addon's own thread; at most one runs at a time.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { threadsFromEnv } from './env.js'
import { StegoError, type StegoErrorCode } from './errors.js'

export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array

/** Row-major values and their shape. */
export interface Tensor<T extends TensorData = Float32Array> {
  data: T
  shape: number[]
}

/** 8-bit RGB pixels, rows top to bottom, 3 bytes a pixel. */
export interface Pixels {
  data: Uint8Array
  width: number
  height: number
}

/** One byte a pixel: a class index; values at or above the number of classes are void. */
export interface LabelMap {
  data: Uint8Array
  width: number
  height: number
}

/**
 * From a picture to the network's input, always by Pillow's nearest-neighbour rule (stego.md A3):
 * `center`: shorter side to `resolution`, centre crop of `resolution` squared;
 * `squash`: both sides to `resolution`, aspect lost;
 * `whole`: shorter side to `resolution`, the longer to the nearest multiple of `multiple`, nothing cropped.
 */
export interface Transform {
  resolution: number
  crop: 'center' | 'squash' | 'whole'
  multiple: number
}

export type Device = 'cpu'
export type DType = 'float32'

/** What a frozen backbone is made of. */
export interface BackboneInfo {
  dim: number
  patch: number
  depth: number
  heads: number
  parameters: number
}

/** One cancel flag; a job that was given it stops at its next poll and rejects with `ERR_STEGO_CANCELLED`. */
export interface CancelToken {
  cancel(): void
}

export interface BackboneTrace {
  /** Patch and class tokens with position embedding, [B, 1 + h*w, C]. */
  tokens: Tensor
  /** The interpolated position embedding, [1, 1 + h*w, C]. */
  positions: Tensor
  /** Normed outputs of the last blocks, earliest first, each [B, 1 + h*w, C]. */
  features: Tensor[]
  /** Queries, keys and values of the last blocks, earliest first, each [3, B, heads, 1 + h*w, C / heads]. */
  qkv: Tensor[]
}

export interface NativeBackbone {
  readonly info: BackboneInfo
  /** Last-block features of prepared images: [B, C, h, w]. */
  features(images: Pixels[], transform: Transform, cancel: CancelToken): Promise<Tensor>
  /** The ViT's inner tensors for an already normalised input [B, 3, H, W]. */
  trace(input: Tensor, blocks: number, cancel: CancelToken): Promise<BackboneTrace>
}

export type Projection = 'linear' | 'nonlinear'
export type Centering = 'official' | 'paper' | 'none'
export type Reduction = 'mean' | 'sum'

export interface NetworkOptions {
  dim: number
  classes: number
  projection: Projection
  seed: number
}

/** Which of a network's predictions to compute. */
export type PredictionHead = 'kmeans' | 'online' | 'linear' | 'raw' | 'rawLinear'

export interface PredictOptions {
  transform: Transform
  /** Average codes and features with those of the mirrored image (stego.md A13). */
  flip: boolean
  heads: PredictionHead[]
  /** Size of the label maps: that of the transformed image, or each picture's own. */
  size: 'transform' | 'original'
  /** Also return log-probabilities [classes, H, W] of these heads, at the same size. */
  logProbabilities: ('kmeans' | 'online' | 'linear')[]
}

export interface Prediction {
  width: number
  height: number
  labels: Partial<Record<PredictionHead, Uint8Array>>
  logProbabilities: Partial<Record<'kmeans' | 'online' | 'linear', Tensor>>
}

export interface NativeNetwork {
  readonly backbone: NativeBackbone
  readonly info: { dim: number; classes: number; projection: Projection; heads: PredictionHead[] }
  predict(images: Pixels[], options: PredictOptions, cancel: CancelToken): Promise<Prediction[]>
  /** Codes of prepared images: [B, dim, h, w]. */
  codes(images: Pixels[], transform: Transform, flip: boolean, cancel: CancelToken): Promise<Tensor>
  /** Which of the linear probes exist; a network without labels has none. */
  setProbes(linear: boolean): void
  /** Writes all tensors with this metadata to a temporary name, syncs it and renames it. */
  save(path: string, metadata: Record<string, string>): Promise<void>
  dispose(): void
}

/** Backbone features of the training images, in memory up to a byte budget, and their pooled vectors. */
export interface NativeFeatureStore {
  /** Bytes held, and how many images are kept for good. */
  readonly info: { bytes: number; kept: number; count: number }
  /**
   * Computes features of images `indices`. Those within the budget are kept; the others are held until the
   * next call that computes. Returns for each whether it is kept.
   */
  compute(indices: Int32Array, images: Pixels[], cancel: CancelToken): Promise<boolean[]>
  /** Exact cosine neighbours of the pooled features, self excluded, ties by index: [count, k]. */
  neighbors(k: number, cancel: CancelToken): Promise<{ indices: Int32Array; similarities: Float32Array }>
  dispose(): void
}

export interface PairValues {
  self: number
  knn: number
  random: number
}

export interface LossOptions {
  shifts: PairValues
  weights: PairValues
  centering: Centering
  zeroClamp: boolean
  stabilize: boolean
  reduction: Reduction
  featureSamples: number
  negativeSamples: number
  /** Dropout2d probability on features, 0 to switch off; the head's draws and the teacher's share it. */
  dropout: number
  /** Whether the teacher's features go through dropout as well (the official code does so). */
  featureDropout: boolean
}

/** Random draws given as data instead of drawn from the seed, for parity. */
export interface GivenDraws {
  coords1: Tensor
  coords2: Tensor
  permutations: Tensor<BigInt64Array>
}

export interface StepInput {
  /** Images of the batch and their positives, as indices of the store. */
  images: Int32Array
  positives: Int32Array
  /** Label maps of the batch at the store's input size, `null` where an image has none. */
  labels: (Uint8Array | null)[]
  /** Seed of this step's draws. */
  seed: number
  learningRates: { head: number; linear: number; cluster: number }
  loss: LossOptions
  draws?: GivenDraws
  /** Return the gradients of all parameters by name. */
  gradients?: boolean
}

export interface StepLosses {
  /** The weighted correspondence loss and its three terms (unweighted). */
  correspondence: number
  self: number
  knn: number
  random: number
  /** Mean code similarities of the three pair types. */
  similarity: PairValues
  cluster: number
  /** null where the batch has no valid label. */
  linear: number | null
  rawLinear: number | null
  total: number
  gradients?: Record<string, Tensor>
}

export interface PairHistogram {
  /** Quantile asked for. */
  value: number
  /** Counts of F in 80 equal bins over [-1, 1]. */
  histogram: number[]
  mean: number
}

export interface NativeTrainer {
  step(input: StepInput, cancel: CancelToken): Promise<StepLosses>
  /** Draws F of the three pair types as training does and returns the given quantiles of each. */
  correspondences(
    batches: { images: Int32Array; positives: Int32Array; seed: number }[],
    loss: LossOptions,
    quantiles: PairValues,
    cancel: CancelToken,
  ): Promise<Record<keyof PairValues, PairHistogram>>
  /** Fits cosine k-means on the codes (`kmeans`) or backbone features (`raw`) of all images given. */
  cluster(
    target: 'kmeans' | 'raw',
    options: { restarts: number; iterations: number; seed: number },
    cancel: CancelToken,
  ): Promise<{ meanCosine: number; meanCosines: number[]; sizes: number[] }>
  save(path: string, metadata: Record<string, string>): Promise<void>
  dispose(): void
}

export interface WeightFile {
  metadata: Record<string, string>
  tensors: { name: string; dtype: string; shape: number[] }[]
}
