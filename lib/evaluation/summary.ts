/**
 * Mean and spread of the scores of several models, since scores of clusters vary considerably between runs.
 */
import { StegoError } from '../errors.js'
import type { Evaluation, Scores } from './evaluation.js'

const HEADS = ['kmeans', 'clusterProbe', 'linearProbe', 'baselineKmeans', 'baselineLinearProbe'] as const

/** Scores by head, in percent. */
export type HeadScores = Record<(typeof HEADS)[number], Scores | null>

/** Summary of several evaluations. */
export interface EvaluationSummary {
  /** Number of evaluations. */
  count: number
  /** Means; null for heads missing in any evaluation. */
  mean: HeadScores
  /** Sample standard deviations (divided by one less than the number of values); null for fewer than two. */
  spread: HeadScores
  /**
   * Whether position was removed from the features in all of them; absent if they differ or do not specify
   * it.
   */
  positionRemoved?: boolean
}

/**
 * Means and sample standard deviations of scores over several evaluations, for example over several seeds. A
 * value that is null in some evaluations (a class that occurs nowhere) is summarized over the others.
 *
 * Throws `ERR_STEGO_ARGUMENT` if there are no evaluations or their models differ in the number of classes.
 */
export function summarize(evaluations: Evaluation[]): EvaluationSummary {
  if (evaluations.length === 0) {
    throw new StegoError('ERR_STEGO_ARGUMENT', 'expected at least one evaluation to summarize, got none.')
  }
  requireSameClasses(
    evaluations.flatMap((evaluation, index) => {
      const scores = HEADS.map((head) => evaluation[head]).find((scores) => scores !== null)
      return scores ? [{ name: `evaluation ${index + 1}`, classes: scores.iou.length }] : []
    }),
  )
  const [{ positionRemoved }] = evaluations as [Evaluation]
  const alike = evaluations.every((evaluation) => evaluation.positionRemoved === positionRemoved)
  return {
    count: evaluations.length,
    mean: combine(evaluations, mean),
    spread: combine(evaluations, spread),
    ...(alike && positionRemoved !== undefined && { positionRemoved }),
  }
}

/**
 * Throws `ERR_STEGO_ARGUMENT` if models differ in their number of classes: their scores are not comparable.
 * @param models the name of each in messages, and its number of classes
 */
export function requireSameClasses(models: { name: string; classes: number }[]): void {
  const [first] = models
  const other = models.find(({ classes }) => classes !== first!.classes)
  if (!other) return
  throw new StegoError(
    'ERR_STEGO_ARGUMENT',
    `expected models with the same number of classes, got ${first!.name} with ${first!.classes} and ` +
      `${other.name} with ${other.classes}. Evaluate them separately.`,
  )
}

type Combine = (figures: number[]) => number | null

function combine(evaluations: Evaluation[], by: Combine): HeadScores {
  const figure = (values: (number | null)[]) => by(values.filter((value) => value !== null))
  const head = (name: keyof HeadScores): Scores | null => {
    const all = evaluations.map((evaluation) => evaluation[name]).filter((scores) => scores !== null)
    if (all.length < evaluations.length) return null
    return {
      miou: figure(all.map(({ miou }) => miou)),
      accuracy: figure(all.map(({ accuracy }) => accuracy)),
      iou: all[0]!.iou.map((_, index) => figure(all.map(({ iou }) => iou[index]!))),
    }
  }
  return Object.fromEntries(HEADS.map((name) => [name, head(name)])) as HeadScores
}

function mean(figures: number[]): number | null {
  return figures.length === 0 ? null : figures.reduce((a, b) => a + b) / figures.length
}

function spread(figures: number[]): number | null {
  if (figures.length < 2) return null
  const middle = mean(figures)!
  return Math.sqrt(figures.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (figures.length - 1))
}
