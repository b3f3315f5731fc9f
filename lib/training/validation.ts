/** Scores the network on the validation split during training, and draws its contact sheet. */
import type { LabelSurvey } from '../datasets/label-survey.js'
import { surveyWarning } from '../datasets/label-words.js'
import type { Split } from '../datasets/source.js'
import { evaluateNetwork } from '../evaluation/evaluate.js'
import { evaluateSchema } from '../evaluation/options.js'
import { previewRows } from '../evaluation/preview.js'
import { createTransform } from '../images/transform.js'
import type { NativeNetwork } from '../native/index.js'
import { parseOptions } from '../options/parse.js'
import { contactSheet } from '../output/contact-sheet.js'
import { datasetPalette } from '../output/palette.js'
import type { ModelRecord } from '../weights/model-file.js'
import { writeWhole } from '../write-whole.js'
import type { ValidationEvent } from './events.js'

/** Images on a contact sheet. */
const SHEET_IMAGES = 8

/** Scores the validation split with the default settings of `evaluate`. */
export async function validate(
  network: NativeNetwork,
  record: ModelRecord,
  split: Split,
  labels: LabelSurvey | null,
  signal?: AbortSignal,
): Promise<ValidationEvent> {
  const { data } = record.options
  const size = { resolution: evaluationSize(record) }
  const options = parseOptions(evaluateSchema, { data, split: split.name, ...size }, 'validation')
  const scores = await evaluateNetwork(network, split, { ...options, signal }, record.classNames)
  const warning = labels && surveyWarning(labels, record.classNames)
  const evaluation = { ...scores, labels, notes: warning === null ? [] : [warning] }
  return { type: 'validation', step: record.step, evaluation }
}

/** Draws evenly spaced images of a split with labels and predictions, and returns the path. */
export async function writeSheet(
  path: string,
  network: NativeNetwork,
  record: ModelRecord,
  split: Split,
  signal?: AbortSignal,
): Promise<string> {
  const transform = createTransform(evaluationSize(record), 'center', record.backbone.patch)
  const { assignment, options, classNames } = record
  const rows = await previewRows(network, split, { count: SHEET_IMAGES, transform, assignment, signal })
  const palette = datasetPalette(split.palette, options.classes) ?? undefined
  await writeWhole(path, await contactSheet(rows, { classes: options.classes, classNames, palette }))
  return path
}

/** The requested resolution, rounded up to a multiple of the patch size. */
function evaluationSize({ options, backbone: { patch } }: ModelRecord): number {
  return Math.ceil(options.validationResolution / patch) * patch
}
