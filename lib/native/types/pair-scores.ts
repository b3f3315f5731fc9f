/** The addon's scores of pairs of positions, from which precision-recall curves are computed. */
import type { CancelToken, LabelMap, Pixels, Tensor, Transform } from './values.js'

/** An image and its label map of the same size. */
export interface LabeledPixels {
  image: Pixels
  label: LabelMap
}

/** Pairs of images, and the positions in them that are compared. */
export interface PairInput {
  images: LabeledPixels[]
  /** As many as images; empty to compare each image with itself. */
  partners: LabeledPixels[]
  /** Positions (x, y) in [-1, 1] of the images and of the partners, [B, S, S, 2]. */
  first: Tensor
  second: Tensor
  transform: Transform
}

/** Precision against recall as the threshold falls and recall rises, up to 1. */
export interface PrecisionRecallCurve {
  /** Share of the pairs above the threshold that share a class, 0 to 1. */
  precision: number[]
  /** Share of the pairs of one class that are above the threshold, rising to 1. */
  recall: number[]
  /** Area under the curve, 0 to 1. */
  averagePrecision: number
}

/** Curves over all pairs of positions, the number of pairs, and how many of them share a class. */
export interface PairCurves {
  features: PrecisionRecallCurve
  codes: PrecisionRecallCurve
  crf: PrecisionRecallCurve
  pairs: number
  positives: number
}

/** Scores of pairs of positions against shared classes, counted in 96 MiB whatever their number. */
export interface NativePairScores {
  add(input: PairInput, cancel: CancelToken): Promise<void>
  /** Curves of at most `points` points. */
  curves(points: number, cancel: CancelToken): Promise<PairCurves>
  dispose(): void
}
