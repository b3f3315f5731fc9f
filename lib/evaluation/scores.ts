/** Scores of a segmentation against labels, from confusion counts (stego.md A12). */
import { StegoError } from '../errors.js'
import { matchClusters } from './matching.js'

/** Counts of labelled pixels by predicted row and true column. */
export interface ConfusionMatrix {
  rows: number
  columns: number
  /** Row-major whole numbers, [rows, columns]. */
  counts: Float64Array
}

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

/** Scores of clusters after matching. `confusion` has rows in class order. */
export interface ClusterScores extends LinearScores {
  /** The class each cluster was matched with. */
  assignment: number[]
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
  split: string
  /** Names of the classes in order of their index, where known. */
  classNames?: string[] | null
}

/**
 * Scores predicted classes.
 * @param confusion square, rows predicted classes, columns true classes
 * Throws `ERR_STEGO_ARGUMENT` where the matrix is not square or its length is not rows * columns.
 */
export function scoreLinear(confusion: ConfusionMatrix): LinearScores {
  const { rows: predicted, columns, counts } = confusion
  if (predicted !== columns || counts.length !== predicted * columns) {
    throw new StegoError(
      'ERR_STEGO_ARGUMENT',
      `classes are scored on a square matrix, received one of ${predicted} x ${columns} with ` +
        `${counts.length} counts. Count predictions and labels over the same classes.`,
    )
  }
  const rows = toRows(confusion)
  return { ...score(rows), confusion: rows }
}

/**
 * Matches clusters with classes and scores the result.
 * @param confusion square, rows predicted clusters, columns true classes
 * Throws `ERR_STEGO_ARGUMENT` where there are not as many clusters as classes.
 */
export function scoreClusters(confusion: ConfusionMatrix): ClusterScores {
  const assignment = [...matchClusters(confusion)]
  const rows = toRows(confusion)
  const matched = [...rows]
  for (const [cluster, assigned] of assignment.entries()) matched[assigned] = rows[cluster]!
  return { ...score(matched), confusion: matched, assignment }
}

function toRows({ rows, columns, counts }: ConfusionMatrix): number[][] {
  return Array.from({ length: rows }, (_, row) => [...counts.subarray(row * columns, (row + 1) * columns)])
}

function score(confusion: number[][]): Scores {
  const predicted = confusion.map((row) => sum(row))
  const labelled = confusion.map((_, column) => sum(confusion.map((row) => row[column]!)))
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

/** Heads in the order they are listed, as people call them. */
const HEADS = [
  ['linear', 'Linear probe'],
  ['cluster', 'Clusters (k-means)'],
  ['online', 'Cluster probe'],
  ['rawLinear', 'Backbone, linear probe'],
  ['raw', 'Backbone, k-means'],
] as const

/**
 * Lays an evaluation out as plain text for people: one line a head, then the IoU of each class. No line break
 * at the end.
 */
export function formatEvaluation(evaluation: Evaluation): string {
  const heads = HEADS.flatMap(([key, title]) => {
    const scores = evaluation[key]
    return scores ? [{ key, title, scores }] : []
  })
  const { split, images, labelled, classNames } = evaluation
  const lines = [
    `${split}: ${plural(images, 'image')}, ${labelled === images ? 'all' : labelled} labelled`,
    '',
  ]
  if (labelled === 0) return `${lines[0]}. Without labels there is nothing to score.`
  if (heads.length === 0) return `${lines[0]}. No head was scored.`
  lines.push(
    ...table([
      ['', 'mIoU', 'Accuracy'],
      ...heads.map(({ title, scores }) => [title, percent(scores.miou), percent(scores.accuracy)]),
    ]),
  )
  const detailed = heads.filter(({ key }) => key === 'linear' || key === 'cluster')
  if (detailed.length > 0) {
    const classes = detailed[0]!.scores.iou.map((_, index) => [
      classNames?.[index] ?? `class ${index}`,
      ...detailed.map(({ scores }) => percent(scores.iou[index] ?? null)),
    ])
    lines.push('', ...table([['IoU by class', ...detailed.map(({ title }) => title)], ...classes]))
  }
  return lines.join('\n')
}

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
