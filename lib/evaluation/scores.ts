/**
 * Scores of a segmentation against labels, from confusion counts
 * (docs/method-constants.md#matching-and-metrics).
 */
import { StegoError } from '../errors.js'
import { type ConfusionMatrix, matchClusters, requireSquare, toRows } from './confusion.js'
import { scoreClustersOfficially, scoreLinearOfficially } from './official.js'
import type { Matching } from './options.js'

export type { ConfusionMatrix } from './confusion.js'

/** Scores in percent; null where no pixel is labelled. */
export interface Scores {
  /** Mean of `iou` over the classes that occur, among labels or predictions. */
  miou: number | null
  /** Share of labelled pixels whose predicted class is right. */
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

/** Throws `ERR_STEGO_OPTION` where the settings of a metric exclude each other. */
export function requireMetric({ matching, official }: Metric): void {
  if (!official || matching !== 'many-to-one') return
  throw new StegoError(
    'ERR_STEGO_OPTION',
    'the official metric matches clusters one-to-one, received matching "many-to-one". Leave one of them out.',
  )
}

/**
 * Scores predicted classes.
 * @param confusion square, rows predicted classes, columns true classes
 * Throws `ERR_STEGO_ARGUMENT` where the matrix is not square or its length is not rows * columns.
 */
export function scoreLinear(confusion: ConfusionMatrix, { official }: Metric = {}): LinearScores {
  if (official) return scoreLinearOfficially(confusion)
  requireSquare(confusion)
  const rows = toRows(confusion)
  return { ...score(rows, null), confusion: rows }
}

/**
 * Matches clusters with classes and scores the result. Pixels in clusters without a class are predicted wrongly; such
 * clusters are no class of their own in the mean.
 * @param confusion rows predicted clusters, columns true classes, of any numbers
 * Throws `ERR_STEGO_ARGUMENT` where the matrix' length is not rows * columns, `ERR_STEGO_OPTION` where the settings of
 * the metric exclude each other.
 */
export function scoreClusters(confusion: ConfusionMatrix, metric: Metric = {}): ClusterScores {
  requireMetric(metric)
  if (metric.official) return scoreClustersOfficially(confusion)
  const assignment = [...matchClusters(confusion, metric.matching)]
  const gathered = gather(confusion, assignment)
  const unmatched = assignment.includes(-1) ? gathered.pop()! : null
  const scores = { ...score(gathered, unmatched), confusion: gathered, assignment }
  return unmatched ? { ...scores, unmatched } : scores
}

/** Adds the rows of clusters up by class; the last row is that of clusters without one, where there are such. */
function gather(confusion: ConfusionMatrix, assignment: number[]): number[][] {
  const { columns } = confusion
  const length = columns + (assignment.includes(-1) ? 1 : 0)
  const gathered = Array.from({ length }, () => new Array<number>(columns).fill(0))
  for (const [cluster, row] of toRows(confusion).entries()) {
    const sums = gathered.at(assignment[cluster]!)!
    for (const [column, count] of row.entries()) sums[column]! += count
  }
  return gathered
}

function score(confusion: number[][], unmatched: number[] | null): Scores {
  const predicted = confusion.map((row) => sum(row))
  const labelled = confusion.map(
    (_, column) => sum(confusion.map((row) => row[column]!)) + (unmatched?.[column] ?? 0),
  )
  const correct = confusion.map((row, index) => row[index]!)
  const iou = correct.map((count, index) => {
    const union = predicted[index]! + labelled[index]! - count
    return union === 0 ? null : (100 * count) / union
  })
  const present = iou.filter((value) => value !== null)
  const total = sum(labelled)
  return {
    miou: total === 0 ? null : sum(present) / present.length,
    accuracy: total === 0 ? null : (100 * sum(correct)) / total,
    iou,
  }
}

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
