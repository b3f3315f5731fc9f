/** Scores label maps from any source, without a model. */

import { z } from 'zod'
import { StegoError } from '../errors.js'
import { parseOptions } from '../options/parse.js'
import { option } from '../options/schema.js'
import { isArrayOf } from '../values.js'
import type { ConfusionMatrix } from './confusion.js'
import type { ClusterScores, LinearScores, Metric } from './evaluation.js'
import { MATCHINGS } from './options.js'
import { scoreClusters, scoreLinear } from './scores.js'

/** One value per pixel. */
export type LabelValues = Uint8Array | Int32Array

/** Predicted and true label maps. */
export interface SegmentationMaps {
  /** One map, or one per image. Values outside [0, clusters), or [0, classes) without clusters, count as wrong. */
  predictions: LabelValues | LabelValues[]
  /** As many maps as predictions, of the same lengths. Values outside [0, classes) are void. */
  labels: LabelValues | LabelValues[]
  /** Number of classes, 1 to 1024. */
  classes: number
}

const MOST = 1024
const MAPS = 'a Uint8Array or an Int32Array with a value for each pixel, or a list of them'

const schema = z.strictObject({
  predictions: option(z.custom<LabelValues | LabelValues[]>(isMaps), {
    doc: 'Predicted value of each pixel.',
    expected: MAPS,
  }),
  labels: option(z.custom<LabelValues | LabelValues[]>(isMaps), {
    doc: 'True class of each pixel.',
    expected: MAPS,
  }),
  classes: option(z.int().min(1).max(MOST), { doc: 'Number of classes.' }),
  clusters: option(z.int().min(1).max(MOST).optional(), {
    doc: 'Number of clusters, if predictions are clusters to be matched to classes.',
    whenAbsent: 'predictions are classes',
  }),
  matching: option(z.enum(MATCHINGS).default('one-to-one'), { doc: 'How clusters are matched to classes.' }),
  official: option(z.boolean().default(false), { doc: 'Use the official metric, bugs included.' }),
})

/**
 * Scores predicted label maps against true ones: mean IoU, accuracy, IoU by class and the confusion matrix. Pixels
 * without a true class are not counted; predictions outside the classes (or clusters) are wrong, and `outside` in the
 * result tells how many there are. The official metric leaves them out.
 *
 * ```ts
 * const { miou, accuracy } = await scoreSegmentation({ predictions, labels, classes: 27 })
 * const { miou, assignment } = await scoreSegmentation({ predictions, labels, classes: 27, clusters: 40 })
 * ```
 *
 * With `clusters`, predictions are clusters: they are matched with classes, `one-to-one` by default, and the
 * result has the `assignment`. `official` gives the official figures, defects included (official.ts).
 *
 * Rejects with `ERR_STEGO_OPTION` for wrong options, `ERR_STEGO_ARGUMENT` if maps differ in number or length.
 */
export function scoreSegmentation(
  input: SegmentationMaps & Metric & { clusters: number },
): Promise<ClusterScores>
export function scoreSegmentation(
  input: SegmentationMaps & Pick<Metric, 'official'> & { clusters?: undefined },
): Promise<LinearScores>
export async function scoreSegmentation(
  input: SegmentationMaps & Metric & { clusters?: number | undefined },
): Promise<ClusterScores | LinearScores> {
  const { predictions, labels, classes, clusters, ...metric } = parseOptions(
    schema,
    input,
    'scoreSegmentation()',
  )
  const count = (rows: number) => countPixels([predictions].flat(), [labels].flat(), rows, classes)
  return clusters === undefined ? scoreLinear(count(classes), metric) : scoreClusters(count(clusters), metric)
}

/** Counts of all pixels with a true class. */
export function countPixels(
  predictions: LabelValues[],
  labels: LabelValues[],
  rows: number,
  columns: number,
): ConfusionMatrix {
  requireEqual(predictions.length, labels.length, 'maps')
  const counts = new Float64Array(rows * columns)
  const outside = new Array<number>(columns).fill(0)
  for (const [index, prediction] of predictions.entries()) {
    const label = labels[index]!
    requireEqual(prediction.length, label.length, `pixels in map ${index + 1}`)
    for (let pixel = 0; pixel < label.length; pixel++) {
      const truth = label[pixel]!
      const predicted = prediction[pixel]!
      if (truth < 0 || truth >= columns) continue
      if (predicted >= 0 && predicted < rows) counts[predicted * columns + truth]! += 1
      else outside[truth]! += 1
    }
  }
  return { rows, columns, counts, ...(outside.some((count) => count > 0) && { outside }) }
}

function requireEqual(predicted: number, labeled: number, what: string): void {
  if (predicted === labeled) return
  throw new StegoError(
    'ERR_STEGO_ARGUMENT',
    `scoreSegmentation(): predictions and labels must be equally many, got ${predicted} and ${labeled} ${what}. ` +
      'Bring both to the same size first.',
  )
}

function isMaps(value: unknown): boolean {
  return Array.isArray(value) ? value.every(isMap) : isMap(value)
}

function isMap(value: unknown): boolean {
  return isArrayOf(value, 'Uint8Array', 'Int32Array')
}
