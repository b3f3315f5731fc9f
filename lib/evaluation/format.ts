/** Evaluations as plain text for people. */
import type { ClusterScores, Evaluation, LinearScores, Scores } from './evaluation.js'
import type { EvaluationSummary } from './summary.js'

/** Heads in the order they are listed, as people call them. */
const HEADS = [
  ['linearProbe', 'Linear probe'],
  ['kmeans', 'Clusters (k-means)'],
  ['clusterProbe', 'Cluster probe'],
  ['baselineLinearProbe', 'Backbone, linear probe'],
  ['baselineKmeans', 'Backbone, k-means'],
] as const

type HeadName = (typeof HEADS)[number][0]

interface Listed<T> {
  key: HeadName
  title: string
  scores: T
}

/**
 * Lays an evaluation out as plain text for people: one line a head, then the IoU of each class, then what lies in
 * clusters without a class. No line break at the end.
 */
export function formatEvaluation(evaluation: Evaluation): string {
  const heads = listed<ClusterScores | LinearScores>(evaluation, evaluation.positionRemoved)
  const { split, images, labeled, classNames, skipped = [], notes = [] } = evaluation
  const title = `${split}: ${plural(images, 'image')}, ${labeled === images ? 'all' : labeled} labeled`
  if (labeled === 0) return `${title}. Without labels there is nothing to score.`
  const told = [
    ...skipped.map(({ reason }) => `left out: ${reason}`),
    ...notes.map((note) => `note: ${note}`),
  ]
  if (heads.length === 0) return `${title}. No head was scored.`
  const unmatched = heads.flatMap(unmatchedLine)
  return [
    title,
    ...told,
    '',
    ...scoreTables(heads, classNames, (scores, pick) => percent(pick(scores))),
    ...(unmatched.length > 0 ? ['', ...unmatched] : []),
  ].join('\n')
}

/**
 * Lays the mean and the spread of several evaluations out as plain text for people: one line a head, then the IoU of
 * each class. A figure that only one of them has comes without a spread. No line break at the end.
 * @param classNames names of the classes in order of their index, where known
 */
export function formatSummary(summary: EvaluationSummary, classNames?: string[] | null): string {
  const heads = listed<Scores>(summary.mean, summary.positionRemoved)
  const title = `Mean of ${summary.count} and their standard deviation`
  if (heads.length === 0) return `${title}: no head was scored in all of them.`
  const cell = (scores: Scores, pick: (scores: Scores) => number | null, key: HeadName) => {
    const spread = pick(summary.spread[key]!)
    return spread === null ? percent(pick(scores)) : `${pick(scores)!.toFixed(2)} ± ${percent(spread)}`
  }
  return [title, '', ...scoreTables(heads, classNames, cell)].join('\n')
}

/** @param positionRemoved whether the rows of the backbone are on features that place was taken off */
function listed<T extends Scores>(
  by: Record<HeadName, T | null>,
  positionRemoved: boolean | undefined,
): Listed<T>[] {
  return HEADS.flatMap(([key, name]) => {
    const scores = by[key]
    const title = positionRemoved && key.startsWith('baseline') ? `${name} (position removed)` : name
    return scores ? [{ key, title, scores }] : []
  })
}

/** One line a head, then the IoU of each class under the linear probe and the clusters. */
function scoreTables<T extends Scores>(
  heads: Listed<T>[],
  classNames: string[] | null | undefined,
  cell: (scores: T, pick: (scores: Scores) => number | null, key: HeadName) => string,
): string[] {
  const lines = table([
    ['', 'mIoU', 'Accuracy'],
    ...heads.map(({ key, title, scores }) => [
      title,
      cell(scores, ({ miou }) => miou, key),
      cell(scores, ({ accuracy }) => accuracy, key),
    ]),
  ])
  const clusters = heads.some(({ key }) => key === 'kmeans') ? 'kmeans' : 'clusterProbe'
  const detailed = heads.filter(({ key }) => key === 'linearProbe' || key === clusters)
  if (detailed.length === 0) return lines
  const classes = detailed[0]!.scores.iou.map((_, index) => [
    classNames?.[index] ?? `class ${index}`,
    ...detailed.map(({ key, scores }) => cell(scores, ({ iou }) => iou[index] ?? null, key)),
  ])
  return [...lines, '', ...table([['IoU by class', ...detailed.map(({ title }) => title)], ...classes])]
}

function unmatchedLine({ title, scores }: Listed<ClusterScores | LinearScores>): string[] {
  if (!('assignment' in scores) || !scores.unmatched) return []
  const { assignment, confusion, unmatched } = scores
  const without = assignment.filter((assigned) => assigned === -1).length
  const outside = sum(unmatched)
  const total = outside + sum(confusion.slice(0, unmatched.length).flat())
  const share = percent(total === 0 ? null : (100 * outside) / total)
  return [`${title}: ${without} of ${assignment.length} have no class, ${share} of the labeled pixels`]
}

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
const percent = (value: number | null) => (value === null ? '-' : `${value.toFixed(2)} %`)
const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`

/** Lays out columns: names to the left, numbers to the right with a rule below the heading. */
function table(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('   ')
      .trimEnd(),
  )
  const rule = '-'.repeat(Math.max(...lines.map((line) => line.length)))
  return [lines[0]!, rule, ...lines.slice(1)]
}
