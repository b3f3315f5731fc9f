/**
 * The public API. Direct exports are small; functions that need more (the addon, the image library, schemas, the
 * network) load it on first call.
 */
import { lazily } from './lazily.js'

export type { Correspondence, Match } from './correspond/correspond.js'
export type { CorrespondFeaturesInput, CorrespondInput, Point } from './correspond/options.js'
export type { DenseCrf } from './crf/dense-crf.js'
export type {
  CrfIteration,
  DenseCrfBatchInput,
  DenseCrfInput,
  DenseCrfProblem,
} from './crf/options.js'
export { CRF_PRESETS, type CrfPreset } from './crf/presets.js'
export type { CropResult } from './datasets/crop-dataset.js'
export type { CropInput, CropProgress } from './datasets/crop-options.js'
export type { DatasetName, LabelMapInput } from './datasets/options.js'
export { StegoError, type StegoErrorCode } from './errors.js'
export type { ClusterScores, Evaluation, LinearScores, Metric, Scores } from './evaluation/evaluation.js'
export { formatEvaluation, formatSummary } from './evaluation/format.js'
export type { EvaluateInput, Matching, PrecisionRecallInput } from './evaluation/options.js'
export type { PrecisionRecall } from './evaluation/precision-recall.js'
export type { LabelValues, SegmentationMaps } from './evaluation/score-segmentation.js'
export { type EvaluationSummary, type HeadScores, summarize } from './evaluation/summary.js'
export type { BuiltFeatureStore } from './features/build.js'
export type { FeatureKey, ListedImage } from './features/key.js'
export type { BuildFeatureStoreInput } from './features/options.js'
export type { StoreDescription } from './features/plan.js'
export type { FeatureStoreInfo, FeatureStoresOptions } from './features/stores.js'
export type { NpyArray, NpyData } from './formats/npy.js'
export type { NpzLimits } from './formats/npz.js'
export type { TensorEntry, WeightFormat } from './formats/tensor-file.js'
export type { ImageInput, RawImage } from './images/decode.js'
export type {
  CorrespondenceLoss,
  CorrespondenceLossInput,
  PairTensors,
} from './loss/correspondence-loss.js'
export { PRESETS, type Preset, type PresetName } from './method/presets.js'
export type { TrainFields, TrainOptions } from './method/train-options.js'
export type { FeaturesInput, LoadOptions, SegmentInput } from './model/options.js'
export type {
  DType,
  LabelMap,
  PairHistogram,
  PairValues,
  Pixels,
  PlaceShares,
  PrecisionRecallCurve,
  PredictionHead,
  Projection,
  Tensor,
  TensorData,
} from './native/index.js'
export type { NearestNeighbors, NearestNeighborsInput } from './neighbors/nearest-neighbors.js'
export type { FoundNeighbors, ImageNeighbors, LoadedNeighbors } from './neighbors/neighbor-file.js'
export type { NeighborsInput } from './neighbors/options.js'
export type { Display } from './output/notebook.js'
export {
  CITYSCAPES_PALETTE,
  type Color,
  clusterPalette,
  datasetPalette,
  type Palette,
  pascalPalette,
} from './output/palette.js'
export {
  type DrawOptions,
  Segmentation,
  type SegmentationFields,
  type SegmentationHead,
  type SegmentationStyle,
} from './output/segmentation.js'
export { type Grid, stitch } from './output/stitch.js'
export type { Position, PositionProgress } from './position/position.js'
export { showProgress } from './progress/show-progress.js'
export type { OutputStream } from './progress/status.js'
export { Stego } from './stego.js'
export type * from './training/events.js'
export type { FreshRun, ResumedRun, TrainInput, TrainRuntime } from './training/input.js'
export type { TrainingRun } from './training/training-run.js'
export type { Conversion } from './weights/convert.js'
export type { Inspection } from './weights/inspect.js'
export type { ModelInfo } from './weights/model-file.js'
export type { BackboneLayout, ModelLayout } from './weights/names.js'
export type { DownloadProgress } from './weights/progress.js'
export { type Architecture, PUBLISHED, type PublishedWeights } from './weights/registry.js'
export type { ResolvedWeights, ResolveOptions } from './weights/resolve.js'
export type { WeightLayout } from './weights/weight-file.js'

export const correspondFeatures = lazily(
  async () => (await import('./correspond/correspond.js')).correspondFeatures,
)
export const scoreSegmentation = lazily(
  async () => (await import('./evaluation/score-segmentation.js')).scoreSegmentation,
)
export const buildFeatureStore = lazily(async () => (await import('./features/build.js')).buildFeatureStore)
export const featureKey = lazily(async () => (await import('./features/key.js')).featureKey)
export const listFeatureStores = lazily(async () => (await import('./features/stores.js')).listFeatureStores)
export const removeFeatureStores = lazily(
  async () => (await import('./features/stores.js')).removeFeatureStores,
)
export const readNpy = lazily(async () => (await import('./formats/npy.js')).readNpy)
export const readNpz = lazily(async () => (await import('./formats/npz.js')).readNpz)
export const computeNeighbors = lazily(async () => (await import('./neighbors/compute.js')).computeNeighbors)
export const loadNeighbors = lazily(async () => (await import('./neighbors/neighbor-file.js')).loadNeighbors)
export const writeNeighbors = lazily(
  async () => (await import('./neighbors/neighbor-file.js')).writeNeighbors,
)
export const cropDataset = lazily(async () => (await import('./datasets/crop-dataset.js')).cropDataset)
export const correspondenceLoss = lazily(
  async () => (await import('./loss/correspondence-loss.js')).correspondenceLoss,
)
export const denseCrf = lazily(async () => (await import('./crf/dense-crf.js')).denseCrf)
export const denseCrfBatch = lazily(async () => (await import('./crf/dense-crf.js')).denseCrfBatch)
export const nearestNeighbors = lazily(
  async () => (await import('./neighbors/nearest-neighbors.js')).nearestNeighbors,
)
export const convertWeights = lazily(async () => (await import('./weights/convert.js')).convertWeights)
export const inspectWeights = lazily(async () => (await import('./weights/inspect.js')).inspectWeights)
export const resolveWeights = lazily(async () => (await import('./weights/resolve.js')).resolveWeights)
