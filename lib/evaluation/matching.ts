/** Which class each cluster stands for: the one-to-one assignment under which most pixels are right. */
import { genMatrix, munkres } from 'munkres'
import { StegoError } from '../errors.js'
import type { ConfusionMatrix } from './scores.js'

/**
 * Assigns clusters to classes so that the matched counts sum to the most possible (Hungarian algorithm,
 * stego.md A12). Where several assignments do, the choice among them is fixed but arbitrary; accuracy is the
 * same for all of them, mean IoU may differ slightly.
 * @param confusion square, rows predicted clusters, columns true classes. Whole counts; exact while the
 * largest count times the number of classes is below 2^53
 * @returns the class of each cluster, [clusters]
 *
 * Throws `ERR_STEGO_ARGUMENT` where the matrix is not square or its length is not rows * columns.
 */
export function matchClusters(confusion: ConfusionMatrix): Int32Array {
  const { rows, columns, counts } = confusion
  if (rows !== columns || counts.length !== rows * columns) {
    throw new StegoError(
      'ERR_STEGO_ARGUMENT',
      `matching needs as many clusters as classes, received a matrix of ${rows} x ${columns} with ` +
        `${counts.length} counts. Evaluate with as many classes as the model has clusters.`,
    )
  }
  const assignment = new Int32Array(rows)
  if (rows === 0) return assignment
  // munkres minimises: turn counts into costs by distance from the largest.
  const largest = counts.reduce((a, b) => Math.max(a, b), 0)
  const costs = genMatrix(rows, columns, (row, column) => largest - counts[row * columns + column]!)
  for (const [cluster, assigned] of munkres(costs)) assignment[cluster] = assigned
  return assignment
}
