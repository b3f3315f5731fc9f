/** What an evaluation finds, and how it is scored. */
import type { Matching } from './options.js'

/** Scores in percent; null where no pixel is labeled. */
export interface Scores {
  /** Mean of `iou` over the classes that occur, among labels or predictions. */
  miou: number | null
  /** Share of labeled pixels whose predicted class is right. */
  accuracy: number | null
  /** Intersection over union of each class; null for a class that occurs in neither. */
  iou: (number | null)[]
}

/** Scores of a head that predicts classes. */
export interface LinearScores extends Scores {
  /** Pixels by predicted class (rows) and true class (columns), [classes][classes]. */
  confusion: number[][]
}

/**
 * Scores of clusters after matching. `confusion` has rows in class order; of the official metric with extra clusters it
 * is [classes + 1][classes + 1], with a last row of clusters without a class and a last column of zeros.
 */
export interface ClusterScores extends LinearScores {
  /** The class each cluster was matched with, [clusters]; -1 for a cluster without one. */
  assignment: number[]
  /** Pixels by true class that lie in clusters without a class, [classes]; absent where every cluster has one. */
  unmatched?: number[]
}

/** What an evaluation found, as plain data; a head that was not evaluated is null. */
export interface Evaluation {
  /** k-means clusters of the codes. */
  cluster: ClusterScores | null
  /** The cluster probe trained along with the head. */
  online: ClusterScores | null
  /** The linear probe on the codes. */
  linear: LinearScores | null
  /** k-means clusters of the backbone's features: what clustering reaches without training. */
  raw: ClusterScores | null
  /** The linear probe on the backbone's features. */
  rawLinear: LinearScores | null
  /** Images of the split. */
  images: number
  /** Images of the split that have a label map; only these count. */
  labelled: number
  /** Name of the split. */
  split: string
  /** Names of the classes in order of their index, where known. */
  classNames?: string[] | null
  /** Whether place was taken off the features that `raw` and `rawLinear` are on; absent for scores of other origin. */
  positionRemoved?: boolean
}

/** How to score. */
export interface Metric {
  /** How clusters are given classes; default `one-to-one`. */
  matching?: Matching
  /** The official figures, with their defects; see official.ts. Default off. */
  official?: boolean
}
