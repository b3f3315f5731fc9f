/** Confusion counts, the assignment of clusters to classes, and scores. */
import type { ConfusionMatrix } from '../../lib/evaluation/confusion.js'
import { matchClusters } from '../../lib/evaluation/confusion.js'
import { officialCounts } from '../../lib/evaluation/official.js'
import { countPixels } from '../../lib/evaluation/score-segmentation.js'
import { scoreClusters, scoreLinear } from '../../lib/evaluation/scores.js'
import type { Tensor } from '../../lib/native/index.js'
import { type Golden, scalar, type Values } from './compare.js'
import type { Comparison } from './files.js'

const UPDATES = [0, 1, 2]
const VOID = 255

/**
 * Counts the recorded predictions and labels; what is not a class is void.
 * @param keep what becomes of the counts before they are held against the recorded ones
 */
async function countConfusion(
  golden: Golden,
  keep = (counted: ConfusionMatrix) => counted,
): Promise<ConfusionMatrix> {
  const [rows, columns] = golden.long('stats').shape as [number, number]
  const bytes = ({ data }: Tensor<BigInt64Array>, limit: number) =>
    Uint8Array.from(data, (value) => (value >= 0n && value < limit ? Number(value) : VOID))
  const predictions = UPDATES.map((update) => bytes(golden.long(`pred${update}`), rows))
  const labels = UPDATES.map((update) => bytes(golden.long(`target${update}`), columns))
  const counted = keep(countPixels(predictions, labels, rows, columns))
  golden.expect('mismatches', 'stats', { data: counted.counts, shape: [rows, columns] })
  return counted
}

export const compareLinearScores: Comparison = async (golden) => {
  const { confusion, miou, accuracy } = scoreLinear(await countConfusion(golden))
  golden.expect('mismatches', 'histogram', matrix(confusion))
  golden.expect('score', 'mIoU', scalar(miou))
  golden.expect('score', 'Accuracy', scalar(accuracy))
}

/**
 * Where several assignments are optimal, ours may be another than the recorded one, if its value is the same.
 * The recorded figures are then held against the recorded assignment, and ours against ours.
 */
export const compareClusterScores: Comparison = async (golden) => {
  const counted = await countConfusion(golden)
  const { confusion, miou, accuracy, assignment } = scoreClusters(counted)
  golden.expect('mismatches', 'assign_row', list([...assignment.keys()]))
  golden.expect('score', 'Accuracy', scalar(accuracy))

  const recorded = [...golden.long('assign_col').data].map(Number)
  const isOptimal =
    isOneToOne(assignment) && isOneToOne(recorded) && value(counted, assignment) === value(counted, recorded)
  const same = assignment.every((assigned, cluster) => assigned === recorded[cluster])
  if (same || !isOptimal) {
    golden.expect('mismatches', 'assign_col', list(assignment))
    golden.expect('mismatches', 'map_clusters_arange', list(assignment))
    golden.expect('mismatches', 'histogram', matrix(confusion))
    golden.expect('score', 'mIoU', scalar(miou))
    return
  }
  golden.expect('mismatches', 'map_clusters_arange', list(recorded))
  golden.expect('mismatches', 'histogram', matrix(matched(counted, recorded)))
  golden.expect('score', 'mIoU', scalar(meanIou(matched(counted, recorded))))
  golden.expectPart('mismatches', 'histogram', matrix(confusion), matrix(matched(counted, assignment)))
  golden.expectPart('score', 'mIoU', scalar(miou), scalar(meanIou(matched(counted, assignment))))
}

/** The official metric with extra clusters, defects included. */
export const compareOfficialClusterScores: Comparison = async (golden) => {
  const counted = await countConfusion(golden, officialCounts)
  const { confusion, miou, accuracy, assignment } = scoreClusters(counted, { official: true })
  const pairs = [...matchClusters(counted).entries()].filter(([, assigned]) => assigned !== -1)
  golden.expect('mismatches', 'assign_row', list(pairs.map(([cluster]) => cluster)))
  golden.expect('mismatches', 'assign_col', list(pairs.map(([, assigned]) => assigned)))
  golden.expect('mismatches', 'map_clusters_arange', list(assignment))
  golden.expect('mismatches', 'histogram', matrix(confusion))
  golden.expect('score', 'mIoU', scalar(miou))
  golden.expect('score', 'Accuracy', scalar(accuracy))
}

const isOneToOne = (assignment: number[]) =>
  assignment.toSorted((a, b) => a - b).every((assigned, i) => assigned === i)

/** How many pixels an assignment gets right. */
const value = ({ counts, columns }: ConfusionMatrix, assignment: number[]) =>
  assignment.reduce((sum, assigned, cluster) => sum + (counts[cluster * columns + assigned] ?? 0), 0)

/** The rows of a confusion matrix in the order of the classes their clusters are assigned to. */
function matched({ counts, rows, columns }: ConfusionMatrix, assignment: number[]): number[][] {
  return Array.from({ length: rows }, (_, assigned) => {
    const cluster = assignment.indexOf(assigned)
    return [...counts.subarray(cluster * columns, (cluster + 1) * columns)]
  })
}

/** Mean intersection over union in percent, over the classes that occur. */
function meanIou(confusion: number[][]): number {
  const total = (values: number[]) => values.reduce((a, b) => a + b, 0)
  const ious = confusion
    .map((row, i) => row[i]! / (total(row) + total(confusion.map((other) => other[i]!)) - row[i]!))
    .filter((iou) => !Number.isNaN(iou))
  return (100 * total(ious)) / ious.length
}

const list = (values: number[]): Values => ({ data: values, shape: [values.length] })
const matrix = (rows: number[][]): Values => ({ data: rows.flat(), shape: [rows.length, rows[0]!.length] })
