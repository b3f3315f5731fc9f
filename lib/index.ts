/** The public surface of the package, and nothing else. */
export type { ImageInput, RawImage } from './data/decode.js'
export { StegoError, type StegoErrorCode } from './errors.js'
export { type Correspondence, correspondFeatures, type Match } from './evaluation/correspondence.js'
export { formatEvaluation, formatSummary } from './evaluation/format.js'
export type { PrecisionRecall } from './evaluation/precision-recall.js'
export {
  type LabelValues,
  type SegmentationMaps,
  scoreSegmentation,
} from './evaluation/score-segmentation.js'
export type {
  ClusterScores,
  Evaluation,
  LinearScores,
  Metric,
  Scores,
} from './evaluation/scores.js'
export { type EvaluationSummary, type HeadScores, summarize } from './evaluation/summary.js'
export { type BuiltFeatureStore, buildFeatureStore } from './features/build.js'
export { type FeatureKey, featureKey } from './features/key.js'
export type { BuildFeatureStoreInput } from './features/options.js'
export type { StoreDescription } from './features/plan.js'
export {
  type FeatureStoreInfo,
  type FeatureStoresOptions,
  listFeatureStores,
  removeFeatureStores,
} from './features/stores.js'
export type { PairHistogram, PairValues, PrecisionRecallCurve, Tensor } from './native.js'
export { computeNeighbors } from './neighbors/compute.js'
export {
  type FoundNeighbors,
  type ImageNeighbors,
  type LoadedNeighbors,
  loadNeighbors,
  writeNeighbors,
} from './neighbors/neighbor-file.js'
export type { NpyArray, NpyData } from './neighbors/npy.js'
export { readNpy, readNpz, writeNpy, writeNpz } from './neighbors/npz.js'
export type { NeighborsInput } from './neighbors/options.js'
export type { CorrespondFeaturesInput, CorrespondInput, Point } from './options/correspond.js'
export type { CropInput } from './options/crop.js'
export type { DatasetName, LabelMapInput } from './options/dataset.js'
export type { EvaluateInput, Matching } from './options/evaluate.js'
export type { FeaturesInput } from './options/features.js'
export type { LoadOptions } from './options/load.js'
export type { PrecisionRecallInput } from './options/precision-recall.js'
export { PRESETS, type Preset, type PresetName } from './options/presets.js'
export type { SegmentInput } from './options/segment.js'
export type { TrainInput, TrainOptions } from './options/train.js'
export { type CropResult, cropDataset } from './output/crop-dataset.js'
export {
  CITYSCAPES_PALETTE,
  clusterPalette,
  datasetPalette,
  type Palette,
  pascalPalette,
} from './output/palette.js'
export { type DrawOptions, Segmentation } from './output/segmentation.js'
export { type Grid, stitch } from './output/stitch.js'
export {
  type CorrespondenceLoss,
  type CorrespondenceLossInput,
  correspondenceLoss,
} from './standalone/correspondence-loss.js'
export { type DenseCrf, denseCrf, denseCrfBatch } from './standalone/dense-crf.js'
export {
  CRF_PRESETS,
  type CrfIteration,
  type CrfPreset,
  type DenseCrfBatchInput,
  type DenseCrfInput,
  type DenseCrfProblem,
} from './standalone/dense-crf-options.js'
export {
  type NearestNeighbors,
  type NearestNeighborsInput,
  nearestNeighbors,
} from './standalone/nearest-neighbors.js'
export { Stego } from './stego.js'
export type * from './training/events.js'
export type { TrainingRun } from './training/training-run.js'
export { type Conversion, convertWeights } from './weights/convert.js'
export { type Inspection, inspectWeights } from './weights/inspect.js'
export type { ModelInfo } from './weights/model-file.js'
export type { DownloadProgress } from './weights/progress.js'
export { PUBLISHED, type PublishedWeights } from './weights/registry.js'
export { type ResolvedWeights, type ResolveOptions, resolveWeights } from './weights/resolve.js'
