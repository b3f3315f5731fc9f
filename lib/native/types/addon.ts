/**
 * The native addon as TypeScript sees it: a typed mirror of what native/addon.cpp registers.
 * Every method that returns a promise is a job on the addon's own thread; at most one runs at a time.
 */
import type { TensorEntry } from '../../formats/tensor-file.js'
import type { CorrespondCall, Device, DType, FeatureChoice, HeatMaps, NativeBackbone } from './backbone.js'
import type { CrfProblem, CrfResult, NativeMeanField } from './crf.js'
import type {
  FeatureFile,
  FeatureStoreSettings,
  NativeFeatureStore,
  NeighborSearch,
  Neighbors,
} from './features.js'
import type { MachineDescription } from './machine.js'
import type { LabelledPixels, NativePairScores } from './pair-scores.js'
import type { StoredTensors } from './tensors.js'
import type {
  CancelToken,
  InstructionSet,
  Instructions,
  LabelMap,
  Pixels,
  Tensor,
  TensorData,
  Transform,
} from './values.js'

/** The head: one linear layer, or that plus a two-layer branch. */
export type Projection = 'linear' | 'nonlinear'
export type Centering = 'official' | 'paper' | 'none'
export type Reduction = 'mean' | 'sum'

export interface NetworkOptions {
  dim: number
  /** Of the linear probes. */
  classes: number
  /** Of the cluster probe and of k-means: the classes and any extra clusters. */
  clusters: number
  /** null: the code is the feature. */
  projection: Projection | null
  /** false: the code is the log-softmax of the projection. */
  continuous: boolean
  /** Whether there is a layer that reconstructs features from codes. */
  decoder: boolean
  seed: number
}

/** The ways from an image to classes: k-means on codes, the probes, and the two baselines on backbone features. */
export type PredictionHead = 'kmeans' | 'online' | 'linear' | 'raw' | 'rawLinear'

export interface PredictOptions {
  transform: Transform
  /** Average codes and features with those of the mirrored image (eval_segmentation.py). */
  flip: boolean
  heads: PredictionHead[]
  /** Size of the label maps: that of the transformed image, or each picture's own. */
  size: 'transform' | 'original'
  /** Also return log-probabilities [classes, H, W] of these heads, at the same size. */
  logProbabilities: CodeHead[]
  /** Factor of the cosines in cluster probabilities. */
  temperature: number
  /** Refine kmeans, online and linear by STEGO's dense CRF, at the size the network sees. */
  crf: boolean
}

export type CodeHead = 'kmeans' | 'online' | 'linear'

export interface Prediction {
  width: number
  height: number
  labels: Partial<Record<PredictionHead, Uint8Array>>
  logProbabilities: Partial<Record<CodeHead, Tensor>>
}

/** Counts of labeled pixels by prediction and true class, over the images that were added. */
export interface NativeScores {
  /** Predicts some images and counts; labels at or above the number of classes are void. */
  add(images: LabelledPixels[], cancel: CancelToken): Promise<void>
  /** [predictions, classes] of each head. */
  counts(): Promise<Partial<Record<PredictionHead, Tensor<Float64Array>>>>
  dispose(): void
}

export interface NativeNetwork {
  readonly backbone: NativeBackbone
  readonly info: {
    dim: number
    classes: number
    clusters: number
    projection: Projection | null
    heads: PredictionHead[]
  }
  /** Images that the transform brings to one size. */
  predict(images: Pixels[], options: PredictOptions, cancel: CancelToken): Promise<Prediction[]>
  /** Codes [B, dim, h, w] of features [B, C, h, w]. */
  encode(features: Tensor, cancel: CancelToken): Promise<Tensor>
  /** Heat maps of points by codes. */
  correspond(...call: CorrespondCall): Promise<HeatMaps>
  /** What `write` writes, in its order. */
  tensors(): Promise<TensorEntry[]>
  /** Writes a header and the tensors' values to a new file, and syncs it. */
  write(path: string, header: Uint8Array): Promise<void>
  dispose(): void
}

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
  learningRates: { head: number; linear: number; cluster: number }
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
  /** Loss of the online cluster probe. */
  cluster: number
  /** Loss of the linear probe on codes; null where the batch has no valid label. */
  linear: number | null
  /** Loss of the linear probe on the backbone's features; null where the batch has no valid label. */
  rawLinear: number | null
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
   * Collects the codes (`kmeans`) or backbone features (`raw`) of all patches of images held by the store, out of
   * `total` images in all.
   */
  collect(images: Int32Array, target: 'kmeans' | 'raw', total: number, cancel: CancelToken): Promise<void>
  /** Fits cosine k-means on what was collected, keeps the best restart in the network and lets the vectors go. */
  fitKMeans(
    target: 'kmeans' | 'raw',
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

/** Sampled maps of a pair of images, [B, C, h, w] each. */
export interface PairMaps {
  features1: Tensor
  features2: Tensor
  codes1: Tensor
  codes2: Tensor
}

/** Maps of a batch and of its positives, [B, C, h, w] each. */
export interface CorrespondenceMaps {
  features: Tensor
  codes: Tensor
  positiveFeatures: Tensor
  positiveCodes: Tensor
}

/** The addon's exports; native/addon.cpp registers them. */
export interface Addon {
  /** The version of the package that it was built for. */
  version: string
  configure(options: { threads: number }): void
  /** Kernels take no wider instructions than these from now on, in the whole process; before anything is computed. */
  limitInstructions(most: InstructionSet): void
  CancelToken: new () => CancelToken
  Backbone: {
    load(
      stored: StoredTensors,
      options: {
        prefix: string
        heads: number
        features: FeatureChoice
        device: Device
        dtype: DType
        /** Of float32. Default: `auto`. */
        instructions?: Instructions
        /** By libtorch's operators alone: what the fast form is tested against. Default: off. */
        plain?: boolean
      },
      cancel: CancelToken,
    ): Promise<NativeBackbone>
  }
  Network: {
    create(
      backbone: NativeBackbone,
      options: NetworkOptions,
      linear: boolean,
      cancel: CancelToken,
    ): Promise<NativeNetwork>
    load(
      stored: StoredTensors,
      options: NetworkOptions & {
        heads: number
        features: FeatureChoice
        device: Device
        dtype: DType
      },
      cancel: CancelToken,
    ): Promise<NativeNetwork>
  }
  /** `pictures` also keeps each image at 56 x 56, for the contrastive CRF. */
  FeatureStore: new (
    backbone: NativeBackbone,
    count: number,
    options: FeatureStoreSettings,
  ) => NativeFeatureStore
  /** The head of a feature store. */
  inspectFeatures(path: string): Promise<FeatureFile>
  Trainer: new (network: NativeNetwork, store: NativeFeatureStore) => NativeTrainer
  /** `logProbabilities` and `size` of the options do not matter: label maps are counted as the network sees them. */
  Scores: new (
    network: NativeNetwork,
    options: PredictOptions,
  ) => NativeScores
  PairScores: new (network: NativeNetwork) => NativePairScores
  /** Half precision comes as float32, booleans as bytes. */
  readTensors(stored: StoredTensors): Promise<Record<string, Tensor<TensorData>>>
  prepareImages(images: Pixels[], transform: Transform): Promise<Tensor>
  /** The bytes of a transformed picture (3 channels) or label map (1). */
  transformBytes(image: Pixels | LabelMap, channels: 1 | 3, transform: Transform): Promise<Pixels>
  denormalize(image: Tensor): Tensor<Uint8Array>
  nearestIndices(from: number, to: number): number[]
  /** `decided` counts the pairs of which the exact cosine was computed. */
  nearestNeighbors(
    vectors: Tensor,
    k: number,
    search: NeighborSearch,
    cancel?: CancelToken,
  ): Promise<Neighbors & { decided: number }>
  /** Counts [rows, columns] of predicted against true classes over pairs of label maps. */
  samplePoints(
    map: Tensor,
    coordinates: Tensor,
    outputGradient?: Tensor,
  ): Promise<{ samples: Tensor; gradient: Tensor }>
  shiftFixedPoints(permutation: Tensor<BigInt64Array>): Tensor<BigInt64Array>
  pairCorrespondence(
    maps: PairMaps,
    loss: LossOptions,
    shift: number,
    lossGradient?: Tensor,
  ): Promise<Record<'loss' | 'similarity' | 'gradient1' | 'gradient2', Tensor>>
  correspondenceLoss(
    maps: CorrespondenceMaps,
    draws: GivenDraws,
    loss: LossOptions,
  ): Promise<Record<string, Tensor>>
  clusterLookup(codes: Tensor, clusters: Tensor, alpha: number | null): Promise<Record<string, Tensor>>
  contrastiveCrf(
    pictures: Tensor,
    codes: Tensor,
    places: Tensor<BigInt64Array>,
    options: ContrastiveCrfOptions,
  ): Promise<Record<'loss' | 'codesGradient', Tensor>>
  MeanField: { begin(problem: CrfProblem, cancel: CancelToken): Promise<NativeMeanField> }
  /** Refines all label sets of all problems, a problem a thread where there are as many. */
  denseCrf(
    problems: CrfProblem[],
    output: 'probabilities' | 'labels' | 'both',
    cancel: CancelToken,
  ): Promise<CrfResult[][]>
  describeMachine(): MachineDescription
  /** The best GFLOP/s of a float32 matrix product of this size: what benchmarks compare with. */
  matrixProductPeak(size: number, repeats: number): Promise<number>
}
