/** Writes the checkpoint of a run atomically, and only if something changed. */
import type { Split } from '../datasets/source.js'
import { StegoError } from '../errors.js'
import { evaluateNetwork } from '../evaluation/evaluate.js'
import { evaluateSchema } from '../evaluation/options.js'
import { previewRows } from '../evaluation/preview.js'
import { createTransform } from '../images/transform.js'
import { job, type NativeNetwork, type NativeTrainer, type StepLosses } from '../native/index.js'
import { parseOptions } from '../options/parse.js'
import { contactSheet } from '../output/contact-sheet.js'
import { datasetPalette } from '../output/palette.js'
import { mixSeed } from '../random/random.js'
import { STREAMS } from '../random/streams.js'
import { type ModelRecord, writeRecord } from '../weights/model-file.js'
import { saveTensors } from '../weights/tensors.js'
import { writeWhole } from '../write-whole.js'
import type { TrainingImages } from './data.js'
import type { CheckpointEvent, ClustersEvent, ValidationEvent } from './events.js'
import type { RunFolder } from './run-folder.js'

export interface Checkpoints {
  /** Whether there are unsaved changes. */
  pending: boolean
  write(): Promise<CheckpointEvent | null>
}

export function createCheckpoints(
  folder: RunFolder | null,
  trainer: NativeTrainer,
  record: ModelRecord,
  pending: boolean,
): Checkpoints {
  return {
    pending,
    async write() {
      if (!folder || !this.pending) return null
      await saveTensors(trainer, folder.checkpoint, writeRecord(record))
      this.pending = false
      return { type: 'checkpoint', step: record.step, path: folder.checkpoint }
    },
  }
}

/** Stops a run with a non-finite loss, leaving the last checkpoint intact. */
export function checkFinite(losses: StepLosses, step: number, checkpoint: Checkpoints): void {
  const { correspondence, cluster, linear, reconstruction, alignment, crf } = losses
  const wrong = [correspondence, cluster, linear, reconstruction, alignment, crf].find(
    (loss) => loss !== null && !Number.isFinite(loss),
  )
  if (wrong === undefined) return
  checkpoint.pending = false
  throw new StegoError(
    'ERR_STEGO_DIVERGED',
    `the loss is ${wrong} at step ${step}: training diverged. Use smaller learningRates or weights. The last ` +
      'checkpoint is intact.',
  )
}

const ITERATIONS = 100
/** Memory for the vectors of one k-means. If not all images fit, evenly spaced ones are used. */
const VECTOR_BYTES = 2 ** 29
const CHUNK = 32

/** Fits k-means on all patches of the training images and keeps the restart with the highest mean cosine. */
export async function fitClusters(
  target: 'kmeans' | 'raw',
  trainer: NativeTrainer,
  images: TrainingImages,
  options: { restarts: number; seed: number; bytesPerImage: number; signal?: AbortSignal },
): Promise<ClustersEvent> {
  const { signal } = options
  const most = Math.max(1, Math.floor(VECTOR_BYTES / options.bytesPerImage))
  const count = Math.min(images.count, most)
  const chosen = Int32Array.from({ length: count }, (_, i) => Math.floor((i * images.count) / count))
  for (let first = 0; first < count; first += CHUNK) {
    const chunk = chosen.subarray(first, first + CHUNK)
    await images.ensure(chunk)
    await job((_, cancel) => trainer.collect(chunk, target, count, cancel), signal)
  }
  const settings = {
    restarts: options.restarts,
    iterations: ITERATIONS,
    seed: mixSeed(options.seed, target === 'kmeans' ? STREAMS.kmeans : STREAMS.baselineKmeans),
  }
  const fitted = await job((_, cancel) => trainer.fitKMeans(target, settings, cancel), signal)
  return { type: 'clusters', target, ...fitted }
}

/** Images on a contact sheet. */
const SHEET_IMAGES = 8

/** Scores the validation split with the default settings of `evaluate`. */
export async function validate(
  network: NativeNetwork,
  record: ModelRecord,
  split: Split,
  signal?: AbortSignal,
): Promise<ValidationEvent> {
  const { data } = record.options
  const size = { resolution: evaluationSize(record) }
  const options = parseOptions(evaluateSchema, { data, split: split.name, ...size }, 'validation')
  const evaluation = await evaluateNetwork(network, split, { ...options, signal }, record.classNames)
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
