/** The public surface of the package, and nothing else. */
export type { ImageInput, RawImage } from './data/decode.js'
export { StegoError, type StegoErrorCode } from './errors.js'
export {
  type ClusterScores,
  type Evaluation,
  formatEvaluation,
  type LinearScores,
  type Scores,
} from './evaluation/scores.js'
export type { PairHistogram, PairValues, Tensor } from './native.js'
export type { EvaluateInput } from './options/evaluate.js'
export type { FeaturesInput } from './options/features.js'
export type { SegmentInput } from './options/segment.js'
export type { TrainInput, TrainOptions } from './options/train.js'
export { CITYSCAPES_PALETTE, clusterPalette, type Palette, pascalPalette } from './output/palette.js'
export { type DrawOptions, Segmentation } from './output/segmentation.js'
export { Stego } from './stego.js'
export type * from './training/events.js'
export type { TrainingRun } from './training/training-run.js'
export { type Inspection, inspectWeights } from './weights/inspect.js'
export type { ModelInfo } from './weights/model-file.js'
