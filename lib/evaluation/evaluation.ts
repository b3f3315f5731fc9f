/** Results of an evaluation, and how to score it. */

import type { LabelSurvey } from '../datasets/label-survey.js'
import type { BadImage } from '../datasets/unused.js'
import type { Matching } from './options.js'

/** Scores in percent; null if no pixel is labeled. */
export interface Scores {
  /** Mean of `iou` over classes that occur in labels or predictions. */
  miou: number | null
  /** Share of labeled pixels predicted correctly. */
  accuracy: number | null
  /** Intersection over union of each class; null for a class that occurs in neither. */
  iou: (number | null)[]
}

/** Scores of a head that predicts classes. */
export interface LinearScores extends Scores {
  /** Pixels by predicted class (rows) and true class (columns), [classes][classes]. */
  confusion: number[][]
  /**
   * Labeled pixels by true class whose prediction is none of the classes (or clusters), [classes]. They count as wrong;
   * absent if there are none.
   */
  outside?: number[]
}

/**
 * Scores of clusters after matching. `confusion` has rows in class order. For the official metric with extra
 * clusters it is [classes + 1][classes + 1], with a last row for clusters without a class and a last column
 * of zeros.
 */
export interface ClusterScores extends LinearScores {
  /** Class matched to each cluster, [clusters]; -1 if none. */
  assignment: number[]
  /** Pixels by true class in clusters without a class, [classes]; absent if every cluster has one. */
  unmatched?: number[]
}

/** Results of an evaluation as plain data. Heads that were not evaluated are null. */
export interface Evaluation {
  /** k-means clusters on codes. */
  kmeans: ClusterScores | null
  /** The cluster probe, trained along with the head. */
  clusterProbe: ClusterScores | null
  /** The linear probe on the codes. */
  linearProbe: LinearScores | null
  /** k-means clusters on backbone features: the baseline without training. */
  baselineKmeans: ClusterScores | null
  /** The linear probe on backbone features. */
  baselineLinearProbe: LinearScores | null
  /** Number of images in the split. */
  images: number
  /** Number of images with a label map. Only these are scored. */
  labeled: number
  /** Name of the split. */
  split: string
  /** Class names by index, if known. */
  classNames?: string[] | null
  /**
   * Whether position was removed from the features of `baselineKmeans` and `baselineLinearProbe`; absent if
   * unknown.
   */
  positionRemoved?: boolean
  /** What the label maps hold; null for published datasets. */
  labels?: LabelSurvey | null
  /** Images that cannot be read and are left out. */
  skipped?: BadImage[]
  /** What is doubtful about images, labels or the model, in words. */
  notes?: string[]
}

/** Scoring options. */
export interface Metric {
  /** How clusters are matched to classes. Default: `one-to-one`. */
  matching?: Matching
  /** Use the official metric, bugs included; see official.ts. Default: false. */
  official?: boolean
}
