/** Which class each cluster stands for. */
import type { Matching } from '../options/evaluate.js'
import { assignRows } from './assignment.js'
import { type ConfusionMatrix, requireCounts } from './confusion.js'

/**
 * Gives clusters their classes (utils.py UnsupervisedMetrics). One to one, the matched counts sum to the most
 * possible; of several optima it is the official one, which decides mean IoU but not accuracy. Many to one,
 * the lowest of equally frequent classes is taken.
 * @param confusion rows predicted clusters, columns true classes, of any numbers. Exact for whole counts up to 2^51
 * over the fewer of both
 * @returns the class of each cluster, [clusters]; -1 for a cluster without one: one to one where there are more
 * clusters than classes, many to one where no labelled pixel lies in it
 *
 * Throws `ERR_STEGO_ARGUMENT` where the matrix' length is not rows * columns.
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
