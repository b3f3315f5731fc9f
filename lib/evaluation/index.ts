/** `stego/evaluation`: scores of label maps from any source, and summaries of evaluations. */
export type { ClusterScores, Evaluation, LinearScores, Metric, Scores } from './evaluation.js'
export { formatEvaluation, formatSummary } from './format.js'
export type { Matching } from './options.js'
export { type LabelValues, type SegmentationMaps, scoreSegmentation } from './score-segmentation.js'
export { type EvaluationSummary, type HeadScores, summarize } from './summary.js'
