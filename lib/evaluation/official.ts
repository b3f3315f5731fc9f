/**
 * The official metric number for number, defects included: `UnsupervisedMetrics` of STEGO's utils.py
 * (docs/method-constants.md#matching-and-metrics).
 * With as many clusters as classes it differs from ours only in float32 rounding. With extra clusters
 * - pixels in clusters whose index is not below the number of classes are not counted at all,
 * - the clusters that match no class, taken together, count in mean IoU as one more class, whose IoU is 0,
 * - the map from clusters to classes marks a cluster without a class one index too high.
 *
 * The first hides the other two: extra clusters then have no counts, and they are the last.
 */
import { StegoError } from '../errors.js'
import { assignRows } from './assignment.js'
import { type ConfusionMatrix, requireCounts, requireSquare, toRows } from './confusion.js'
import type { ClusterScores, LinearScores, Scores } from './evaluation.js'

/** The official scores of predicted classes. Throws `ERR_STEGO_ARGUMENT` if the matrix is not square. */
export function scoreLinearOfficially(confusion: ConfusionMatrix): LinearScores {
  requireSquare(confusion)
  const histogram = toRows(confusion)
  return { ...score(histogram, confusion.columns, WHOLE), confusion: histogram }
}

/**
 * The official scores of clusters, without the counts of extra clusters.
 * @param confusion rows predicted clusters, columns true classes, at least as many clusters as classes
 * Throws `ERR_STEGO_ARGUMENT` if there are fewer clusters than classes.
 */
export function scoreClustersOfficially(confusion: ConfusionMatrix): ClusterScores {
  return computeOfficially(officialCounts(confusion))
}

/**
 * The official scores of clusters from all counts: `compute` without `update`.
 * @param stats rows predicted clusters, columns true classes, at least as many clusters as classes
 * @returns `confusion` is the official histogram: rows in class order and, with extra clusters, one more row
 * of clusters without a class and one more column of zeros. `assignment` is the official map from clusters to
 * classes
 *
 * Throws `ERR_STEGO_ARGUMENT` if there are fewer clusters than classes.
 */
export function computeOfficially(stats: ConfusionMatrix): ClusterScores {
  requireCounts(stats)
  const { rows: clusters, columns: classes } = stats
  if (clusters < classes) {
    throw new StegoError(
      'ERR_STEGO_ARGUMENT',
      `the official metric needs at least as many clusters as classes, got ${clusters} and ${classes}. ` +
        'Leave official off.',
    )
  }
  const rows = toRows(stats)
  const classOf = assignRows(stats.counts, clusters, classes)
  const matched = Array.from({ length: classes }, (_, assigned) => rows[classOf.indexOf(assigned)]!)
  const assignment = officialMap(classOf)
  if (clusters === classes) return { ...score(matched, classes, WHOLE), confusion: matched, assignment }
  const unmatched = columnSums(rows.filter((_, cluster) => classOf[cluster] === -1))
  const histogram = [...matched, unmatched].map((row) => [...row.map(Math.fround), 0])
  return { ...score(histogram, classes, FLOATS), confusion: histogram, assignment, unmatched }
}

/** The counts that the official code uses: without those of predictions beyond the number of classes. */
export function officialCounts({ rows, columns, counts }: ConfusionMatrix): ConfusionMatrix {
  return { rows, columns, counts: counts.map((count, place) => (place < columns * columns ? count : 0)) }
}

/**
 * Inserts -1 for clusters without a class one index after where it belongs, in ascending order, as the
 * official code does.
 */
function officialMap(classOf: Int32Array): number[] {
  const map = [...classOf].filter((assigned) => assigned !== -1)
  for (const [cluster, assigned] of classOf.entries()) {
    if (assigned === -1) map.splice(cluster + 1, 0, -1)
  }
  return map
}

/** Official histograms hold whole numbers without extra clusters, float32 with them. */
type Round = (value: number) => number
const WHOLE: Round = (value) => value
const FLOATS: Round = Math.fround

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)

/** Scores in float32. The mean is over all rows of the histogram; `iou` lists only the classes. */
function score(histogram: number[][], classes: number, round: Round): Scores {
  const predicted = histogram.map(sum)
  const labeled = histogram.map((_, column) => sum(histogram.map((row) => row[column]!)))
  const correct = histogram.map((row, index) => row[index]!)
  const iou = correct.map((count, index) => {
    const missed = round(labeled[index]! - count)
    const wrong = round(predicted[index]! - count)
    return divide(count, round(round(count + missed) + wrong))
  })
  const present = iou.filter((value) => value !== null)
  return {
    miou: percent(divide(sum(present), present.length)),
    accuracy: percent(divide(sum(correct), sum(labeled))),
    iou: iou.slice(0, classes).map(percent),
  }
}

function divide(a: number, b: number): number | null {
  return b === 0 ? null : Math.fround(Math.fround(a) / Math.fround(b))
}

function percent(share: number | null): number | null {
  return share === null ? null : 100 * share
}

function columnSums(rows: number[][]): number[] {
  return rows.reduce((sums, row) => sums.map((sum, column) => sum + row[column]!))
}
