/**
 * Scores of a segmentation against labels, from confusion counts
 * (docs/method-constants.md#matching-and-metrics).
 */
import { StegoError } from '../errors.js'
import { type ConfusionMatrix, matchClusters, requireSquare, toRows } from './confusion.js'
import type { ClusterScores, LinearScores, Metric, Scores } from './evaluation.js'
import { scoreClustersOfficially, scoreLinearOfficially } from './official.js'

/** Throws `ERR_STEGO_OPTION` if the settings of a metric exclude each other. */
export function requireMetric({ matching, official }: Metric): void {
  if (!official || matching !== 'many-to-one') return
  throw new StegoError(
    'ERR_STEGO_OPTION',
    'the official metric matches clusters one-to-one, got matching "many-to-one". Omit one of them.',
  )
}

/**
 * Scores predicted classes.
 * @param confusion square, rows predicted classes, columns true classes
 * Throws `ERR_STEGO_ARGUMENT` if the matrix is not square or its length is not rows * columns.
 */
export function scoreLinear(confusion: ConfusionMatrix, { official }: Metric = {}): LinearScores {
  if (official) return scoreLinearOfficially(confusion)
  requireSquare(confusion)
  const rows = toRows(confusion)
  const { outside } = confusion
  return { ...score(rows, [outside]), confusion: rows, ...(outside && { outside }) }
}

/**
 * Matches clusters with classes and scores the result. Pixels in clusters without a class are predicted
 * wrongly; such clusters are not a class of their own in the mean.
 * @param confusion rows predicted clusters, columns true classes, in any number
 * Throws `ERR_STEGO_ARGUMENT` if the matrix's length is not rows * columns, `ERR_STEGO_OPTION` if the
 * settings of the metric exclude each other.
 */
export function scoreClusters(confusion: ConfusionMatrix, metric: Metric = {}): ClusterScores {
  requireMetric(metric)
  if (metric.official) return scoreClustersOfficially(confusion)
  const assignment = [...matchClusters(confusion, metric.matching)]
  const gathered = gather(confusion, assignment)
  const unmatched = assignment.includes(-1) ? gathered.pop()! : undefined
  const { outside } = confusion
  return {
    ...score(gathered, [unmatched, outside]),
    confusion: gathered,
    assignment,
    ...(unmatched && { unmatched }),
    ...(outside && { outside }),
  }
}

/** Sums the rows of clusters by class; the last row is that of clusters without a class, if there are any. */
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

/** @param missed labeled pixels by true class that were predicted as no class */
function score(confusion: number[][], missed: (number[] | undefined)[]): Scores {
  const predicted = confusion.map((row) => sum(row))
  const all = [...confusion, ...missed.filter((counts) => counts !== undefined)]
  const labeled = confusion.map((_, column) => sum(all.map((row) => row[column]!)))
  const correct = confusion.map((row, index) => row[index]!)
  const iou = correct.map((count, index) => {
    const union = predicted[index]! + labeled[index]! - count
    return union === 0 ? null : (100 * count) / union
  })
  const present = iou.filter((value) => value !== null)
  const total = sum(labeled)
  return {
    miou: total === 0 ? null : sum(present) / present.length,
    accuracy: total === 0 ? null : (100 * sum(correct)) / total,
    iou,
  }
}

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
