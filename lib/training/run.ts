/**
 * A training run from top to bottom (train_segmentation.py of the official code): one pass of the frozen backbone,
 * nearest neighbours, shifts, the steps, k-means, validation. Everything random is a pure function of the seed and the
 * step, so a run that was stopped goes on exactly where it was.
 */
import { dirname } from 'node:path'
import { readClassNames } from '../data/class-names.js'
import { listSplits, openFolder, type Split } from '../data/folder.js'
import { createTransform } from '../data/transform.js'
import { StegoError } from '../errors.js'
import { evaluateNetwork } from '../evaluation/evaluate.js'
import { previewRows } from '../evaluation/preview.js'
import { addon, checked, job, type LossOptions, type NativeNetwork, type NativeTrainer } from '../native.js'
import { evaluateSchema } from '../options/evaluate.js'
import { parseOptions } from '../options/parse.js'
import type { TrainOptions, TrainRequest } from '../options/train.js'
import { contactSheet } from '../output/contact-sheet.js'
import { writeWhole } from '../output/write-whole.js'
import { defaultThreads } from '../threads.js'
import { loadBackbone } from '../weights/backbones.js'
import { lastCheckpoint, type ModelRecord, modelPath, readModel, writeRecord } from '../weights/model-file.js'
import { fitClusters } from './clusters.js'
import type { TrainingEvent, ValidationEvent } from './events.js'
import { TrainingImages } from './images.js'
import { createPairing } from './pairs.js'
import { checkRunFolder, createRunFolder, openRunFolder, type RunFolder } from './run-folder.js'
import { chooseShifts } from './shifts.js'

/** Images on the contact sheet of a run. */
const SHEET_IMAGES = 8

/** What a run leaves: the network and what its file says of it. */
export interface TrainedModel {
  network: NativeNetwork
  record: ModelRecord
}

/** Trains; yields what happens and returns the model. Aborted, it leaves a checkpoint and throws the signal's reason. */
export async function* train(request: TrainRequest): AsyncGenerator<TrainingEvent, TrainedModel> {
  const { signal } = request
  signal?.throwIfAborted()
  const began = performance.now()
  const resumed = request.resume === null ? null : await readModel(modelPath(request.resume), signal)
  const options =
    request.resume === null
      ? request.options
      : { ...resumed!.record.options, ...request.changes, out: runOf(request.resume) }
  if (request.resume === null && options.out !== null) await checkRunFolder(options.out)

  const { train, validation } = await openData(options)
  if (resumed) checkSameImages(resumed.record, train, options.data)
  const { network, record } = resumed
    ? { ...resumed, record: { ...resumed.record, options } }
    : await begin(options, train, signal)
  const transform = createTransform(options.resolution, options.crop, record.backbone.patch)
  const threads = options.threads ?? defaultThreads()
  addon().configure({ threads })
  const images = new TrainingImages(train.items, network.backbone, {
    transform,
    cacheBytes: options.cacheBytes,
    signal,
  })
  const trainer = checked((native) => new native.Trainer(network, images.store))
  const folder = await openFolderOf(request, options)
  if (resumed) await job(() => trainer.load(modelPath(request.resume!)))
  const checkpoint = createCheckpoints(folder, trainer, record)
  checkpoint.pending = resumed === null
  let finished = false
  const tell = async (event: TrainingEvent) => {
    await folder?.log(event)
    return event
  }

  try {
    yield await tell({
      type: 'start',
      options,
      images: {
        train: train.items.length,
        labelled: train.labelled,
        validation: validation?.items.length ?? 0,
      },
      backbone: record.backbone,
      threads,
      step: record.step,
    })
    await checkpoint.write()

    for await (const progress of images.computeAll()) {
      yield await tell({ type: 'features', total: images.count, ...progress })
    }

    const k = Math.min(options.neighbors, images.count - 1)
    const neighbors = await job((_, cancel) => images.store.neighbors(k, cancel), signal)
    const meanSimilarity =
      neighbors.similarities.reduce((sum, value) => sum + value, 0) / neighbors.similarities.length
    yield await tell({ type: 'neighbors', images: images.count, k, meanSimilarity })

    const pairing = { batch: options.batch, k, seed: options.seed, neighbors }
    const given = record.shifts ?? options.shifts
    const shifts = await chooseShifts(given, trainer, images, pairing, lossOptions(options), signal)
    record.shifts = shifts.values
    yield await tell({ ...shifts, automatic: options.shifts === 'auto' })

    const loss = { ...lossOptions(options), shifts: shifts.values }
    const pairs = createPairing({ ...pairing, images: images.count })
    while (record.step < options.steps) {
      const step = pairs.at(record.step)
      await images.ensure(step.images, step.positives)
      const start = performance.now()
      const labels = images.labels(step.images)
      const input = { ...step, labels, learningRates: options.learningRates, loss }
      const losses = await job((_, cancel) => trainer.step(input, cancel), signal)
      const milliseconds = performance.now() - start
      checkFinite(losses.correspondence + losses.cluster + (losses.linear ?? 0), record.step + 1, checkpoint)
      record.step += 1
      record.assignment = null
      checkpoint.pending = true
      yield await tell({ type: 'step', step: record.step, steps: options.steps, ...losses, milliseconds })
      if (record.step === options.steps) break
      if (record.step % options.checkpointEvery === 0) {
        const event = await checkpoint.write()
        if (event) yield await tell(event)
      }
      if (validation && options.validateEvery && record.step % options.validateEvery === 0) {
        yield await tell(await validate(network, record, validation, signal))
      }
    }

    for (const target of ['kmeans', 'raw'] as const) {
      const width = target === 'raw' ? record.backbone.dim : options.dim
      const bytesPerImage = 4 * width * (options.resolution / record.backbone.patch) ** 2
      const settings = { restarts: options.kmeansRestarts, seed: options.seed, bytesPerImage, signal }
      yield await tell(await fitClusters(target, trainer, images, settings))
    }
    checkpoint.pending = true
    if (validation) {
      const event = await validate(network, record, validation, signal)
      record.assignment = event.evaluation.cluster?.assignment ?? null
      yield await tell(event)
    }
    const event = await checkpoint.write()
    if (event) yield await tell(event)
    const sheet = folder && (await writeSheet(folder, network, record, validation ?? train, signal))
    const seconds = (performance.now() - began) / 1000
    yield await tell({ type: 'end', steps: record.step, seconds, contactSheet: sheet })
    finished = true
    return { network, record }
  } catch (error) {
    // Nothing is lost: what was reached is written before the run fails or is aborted.
    const event = await checkpoint.write().catch(() => null)
    if (event) yield await tell(event)
    throw error
  } finally {
    // The same where whoever takes the events has ended the run.
    await checkpoint.write().catch(() => null)
    trainer.dispose()
    images.dispose()
    if (!finished) network.dispose()
  }
}

/** The training split and, where it exists and has labels, the validation split. */
async function openData(options: TrainOptions): Promise<{ train: Split; validation: Split | null }> {
  const train = await openFolder(options.data, options.split)
  if (train.items.length < 2) {
    throw new StegoError(
      'ERR_STEGO_DATA_EMPTY',
      `training needs at least two images, to compare one with another; ${options.data} has one. Add images.`,
    )
  }
  const splits = await listSplits(options.data)
  const exists = options.validationSplit !== options.split && splits.includes(options.validationSplit)
  const validation = exists ? await openFolder(options.data, options.validationSplit) : null
  return { train, validation: validation && validation.labelled > 0 ? validation : null }
}

/** A fresh network on the backbone, and its record. */
async function begin(options: TrainOptions, train: Split, signal?: AbortSignal): Promise<TrainedModel> {
  const backbone = await loadBackbone(options.backbone, signal)
  const info = backbone.info
  createTransform(options.resolution, options.crop, info.patch)
  const network = await job(
    (native, cancel) => native.Network.create(backbone, options, train.labelled > 0, cancel),
    signal,
  )
  const record: ModelRecord = {
    format: 1,
    step: 0,
    options,
    shifts: options.shifts === 'auto' ? null : options.shifts,
    backbone: { name: options.backbone, ...info },
    images: { train: train.items.length, labelled: train.labelled },
    classNames: await readClassNames(options.data, options.classes),
    assignment: null,
  }
  return { network, record }
}

function checkSameImages(record: ModelRecord, train: Split, data: string): void {
  const { train: count, labelled } = record.images
  if (count === train.items.length && labelled === train.labelled) return
  throw new StegoError(
    'ERR_STEGO_RUN',
    `the run was trained on ${count} images, ${labelled} with labels, but ${data} now has ${train.items.length}, ` +
      `${train.labelled} with labels. Restore the images, or begin a new run.`,
  )
}

async function openFolderOf(request: TrainRequest, options: TrainOptions): Promise<RunFolder | null> {
  if (options.out === null) return null
  return request.resume === null ? createRunFolder(options.out, options) : openRunFolder(options.out)
}

/** The run folder that a `resume` means; null for a model file that lies elsewhere. */
function runOf(resume: string): string | null {
  if (modelPath(resume) !== resume) return resume
  const run = dirname(dirname(resume))
  return lastCheckpoint(run) === resume ? run : null
}

interface Checkpoints {
  /** Whether there is something that is not written yet. */
  pending: boolean
  write(): Promise<Extract<TrainingEvent, { type: 'checkpoint' }> | null>
}

function createCheckpoints(
  folder: RunFolder | null,
  trainer: NativeTrainer,
  record: ModelRecord,
): Checkpoints {
  return {
    pending: true,
    async write() {
      if (!folder || !this.pending) return null
      await job(() => trainer.save(folder.checkpoint, writeRecord(record)))
      this.pending = false
      return { type: 'checkpoint', step: record.step, path: folder.checkpoint }
    },
  }
}

/** Stops a run whose losses are no longer numbers; the last checkpoint stays as it is. */
function checkFinite(loss: number, step: number, checkpoint: Checkpoints): void {
  if (Number.isFinite(loss)) return
  checkpoint.pending = false
  throw new StegoError(
    'ERR_STEGO_DIVERGED',
    `the loss is ${loss} at step ${step}: training diverged. Use smaller learningRates or weights; the last checkpoint is whole.`,
  )
}

function lossOptions(options: TrainOptions): LossOptions {
  const { weights, centering, zeroClamp, stabilize, reduction, featureSamples, negativeSamples } = options
  const { dropout, featureDropout } = options
  const shifts = options.shifts === 'auto' ? { self: 0, knn: 0, random: 0 } : options.shifts
  return {
    shifts,
    weights,
    centering,
    zeroClamp,
    stabilize,
    reduction,
    featureSamples,
    negativeSamples,
    dropout,
    featureDropout,
  }
}

/** Scores the validation split as `evaluate` does by default. */
async function validate(
  network: NativeNetwork,
  record: ModelRecord,
  split: Split,
  signal?: AbortSignal,
): Promise<ValidationEvent> {
  const { data } = record.options
  const options = parseOptions(
    evaluateSchema,
    { data, split: split.name, ...evaluationSize(record) },
    'validation',
  )
  const evaluation = await evaluateNetwork(network, { ...options, signal }, record.classNames)
  return { type: 'validation', step: record.step, evaluation }
}

/** Evaluation at 320 where the patch allows it, else at the next multiple. */
function evaluationSize(record: ModelRecord): { resolution: number } {
  const { patch } = record.backbone
  return { resolution: Math.ceil(320 / patch) * patch }
}

async function writeSheet(
  folder: RunFolder,
  network: NativeNetwork,
  record: ModelRecord,
  split: Split,
  signal?: AbortSignal,
): Promise<string> {
  const { resolution } = evaluationSize(record)
  const transform = createTransform(resolution, 'center', record.backbone.patch)
  const { assignment, options, classNames } = record
  const rows = await previewRows(network, split.items, { count: SHEET_IMAGES, transform, assignment, signal })
  const picture = await contactSheet(rows, { classes: options.classes, classNames })
  await writeWhole(folder.contactSheet, picture)
  return folder.contactSheet
}
