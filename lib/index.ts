/**
 * `stego`: training, models and what they make. Importing it loads neither the addon nor the image library; functions
 * that stand by themselves are in `stego/crf`, `stego/evaluation` and other entries of package.json.
 */

export type { Correspondence, Match } from './correspond/correspond.js'
export type { CorrespondFeaturesOptions, CorrespondOptions, Point } from './correspond/options.js'
export type { IdCount, LabelSurvey } from './datasets/label-survey.js'
export type { ClassMap, DatasetName } from './datasets/options.js'
export type { SurveyProgress } from './datasets/survey.js'
export type { BadImage, UnusedFiles } from './datasets/unused.js'
export { StegoError, type StegoErrorCode } from './errors.js'
export type { ClusterScores, Evaluation, LinearScores, Metric, Scores } from './evaluation/evaluation.js'
export type { EvaluateOptions, Matching, PrecisionRecallOptions } from './evaluation/options.js'
export type { PrecisionRecall } from './evaluation/precision-recall.js'
export type { FeaturesProgress } from './features/progress.js'
export type { ImageInput, RawImage, SharpImage } from './images/input.js'
export type { Limits, PixelRule, SampleType } from './images/samples.js'
export { PRESETS, type Preset, type PresetName } from './method/presets.js'
export type { ResolvedRunOptions, RunOptions } from './method/train-options.js'
export type { FeaturesOptions, LoadOptions, SegmentAllOptions, SegmentOptions } from './model/options.js'
export type {
  Device,
  DeviceChoice,
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
export { type Gallery, gallery } from './output/gallery.js'
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
export type { FreshRun, ResumedRun, TrainOptions, TrainRuntime } from './training/input.js'
export type { TrainingRun } from './training/training-run.js'
export type { ModelInfo, StoredModelInfo } from './weights/model-file.js'
export type { DownloadProgress } from './weights/progress.js'
