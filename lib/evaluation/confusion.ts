/** Counts of predicted against true classes, from which all scores are computed. */
import { StegoError } from '../errors.js'
import { assignRows } from './assignment.js'
import type { Matching } from './options.js'

/** Counts of labeled pixels by predicted row and true column. */
export interface ConfusionMatrix {
  rows: number
  columns: number
  /** Row-major whole numbers, [rows, columns]. */
  counts: Float64Array
  /** Labeled pixels whose prediction has no row, by true class, [columns]; absent if there are none. */
  outside?: number[]
}

/** The rows of a matrix as plain numbers, [rows][columns]. */
export function toRows({ rows, columns, counts }: ConfusionMatrix): number[][] {
  return Array.from({ length: rows }, (_, row) => [...counts.subarray(row * columns, (row + 1) * columns)])
}

/** Throws `ERR_STEGO_ARGUMENT` if there are not rows * columns counts. */
export function requireCounts({ rows, columns, counts }: ConfusionMatrix): void {
  if (counts.length === rows * columns) return
  throw new StegoError(
    'ERR_STEGO_ARGUMENT',
    `a matrix of ${rows} x ${columns} must have ${rows * columns} counts, got ${counts.length}. ` +
      'Pass the counts row by row.',
  )
}

/** Throws `ERR_STEGO_ARGUMENT` if the matrix is not square or its length is not rows * columns. */
export function requireSquare(confusion: ConfusionMatrix): void {
  const { rows, columns, counts } = confusion
  if (rows === columns && counts.length === rows * columns) return
  throw new StegoError(
    'ERR_STEGO_ARGUMENT',
    `expected a square matrix, got ${rows} x ${columns} with ${counts.length} counts. ` +
      'Count predictions and labels over the same classes.',
  )
}

/**
 * Matches clusters with classes (utils.py UnsupervisedMetrics). One to one, the sum of the matched counts is
 * maximal; of several optima the official one is chosen, which affects mean IoU but not accuracy. Many to
 * one, the lowest of equally frequent classes is chosen.
 * @param confusion rows predicted clusters, columns true classes, in any number. Exact for whole counts up to
 * 2^51 divided by the smaller of both
 * @returns the class of each cluster, [clusters]; -1 for a cluster without one: one to one if there are more
 * clusters than classes, many to one if it has no labeled pixel
 *
 * Throws `ERR_STEGO_ARGUMENT` if the matrix's length is not rows * columns.
 */
export function matchClusters(confusion: ConfusionMatrix, matching: Matching = 'one-to-one'): Int32Array {
  requireCounts(confusion)
  const { rows, columns, counts } = confusion
  if (matching === 'one-to-one') return assignRows(counts, rows, columns)
  return Int32Array.from({ length: rows }, (_, row) =>
    mostFrequent(counts.subarray(row * columns, (row + 1) * columns)),
  )
}

function mostFrequent(counts: Float64Array): number {
  let best = -1
  for (const [index, count] of counts.entries()) {
    if (count > (best === -1 ? 0 : counts[best]!)) best = index
  }
  return best
}
