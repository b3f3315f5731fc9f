/** Networks: predictions, scores and codes. */
import type { TensorEntry } from '../../formats/tensor-file.js'
import type { CorrespondCall, HeatMaps, NativeBackbone } from './backbone.js'
import type { LabeledPixels } from './pair-scores.js'
import type { CancelToken, Pixels, Tensor, Transform } from './values.js'

/** The head: one linear layer, or that plus a two-layer branch. */
export type Projection = 'linear' | 'nonlinear'
export type Centering = 'official' | 'paper' | 'none'
export type Reduction = 'mean' | 'sum'

export interface NetworkOptions {
  dim: number
  /** Number of classes of the linear probes. */
  classes: number
  /** Number of clusters of the cluster probe and of k-means: the classes and any extra clusters. */
  clusters: number
  /** null: the code is the feature. */
  projection: Projection | null
  /** false: the code is the log-softmax of the projection. */
  continuous: boolean
  /** Whether there is a layer that reconstructs features from codes. */
  decoder: boolean
  seed: number
}

/**
 * The ways from an image to classes: k-means on codes, the probes, and the two baselines on backbone
 * features.
 */
export type PredictionHead =
  | 'kmeans'
  | 'clusterProbe'
  | 'linearProbe'
  | 'baselineKmeans'
  | 'baselineLinearProbe'

export interface PredictOptions {
  transform: Transform
  /** Average codes and features with those of the mirrored image (eval_segmentation.py). */
  flip: boolean
  heads: PredictionHead[]
  /** Size of the label maps: that of the transformed image, or each image's own. */
  size: 'transform' | 'original'
  /** Also return log-probabilities [classes, H, W] of these heads, at the same size. */
  logProbabilities: CodeHead[]
  /** Factor of the cosines in cluster probabilities. */
  temperature: number
  /** Refine kmeans, clusterProbe and linearProbe with STEGO's dense CRF, at the size the network sees. */
  crf: boolean
}

export type CodeHead = 'kmeans' | 'clusterProbe' | 'linearProbe'

export interface Prediction {
  width: number
  height: number
  labels: Partial<Record<PredictionHead, Uint8Array>>
  logProbabilities: Partial<Record<CodeHead, Tensor>>
}

/** Counts of labeled pixels by prediction and true class, over the images that were added. */
export interface NativeScores {
  /** Predicts some images and counts; labels at or above the number of classes are void. */
  add(images: LabeledPixels[], cancel: CancelToken): Promise<void>
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
  /** Predicts images that the transform brings to one size. */
  predict(images: Pixels[], options: PredictOptions, cancel: CancelToken): Promise<Prediction[]>
  /** Codes [B, dim, h, w] of features [B, C, h, w]. */
  encode(features: Tensor, cancel: CancelToken): Promise<Tensor>
  /** Heat maps of points by codes. */
  correspond(...call: CorrespondCall): Promise<HeatMaps>
  /** The tensors written by `write`, in the same order. */
  tensors(): Promise<TensorEntry[]>
  /** Writes a header and the tensors' values to a new file, and syncs it. */
  write(path: string, header: Uint8Array): Promise<void>
  dispose(): void
}
