/**
 * A training run from top to bottom (train_segmentation.py of the official code): one pass of the frozen backbone,
 * nearest neighbours, shifts, the steps, k-means, validation. Everything random is a pure function of the seed and the
 * step, so a run that was stopped goes on exactly where it was.
 */
import { dirname } from 'node:path'
import { namesOf } from '../data/class-names.js'
import { mixSeed } from '../data/random.js'
import type { Split } from '../data/split.js'
import { createTransform } from '../data/transform.js'
import { featureKey } from '../features/key.js'
import { planFeatures, sizeFeatures } from '../features/plan.js'
import { addon, checked, job, type NativeBackbone, type NativeNetwork, type Transform } from '../native.js'
import { loadNeighbors } from '../neighbors/neighbor-file.js'
import type { TrainOptions, TrainRequest } from '../options/train.js'
import { placeBackbone, positionName } from '../position/position.js'
import { defaultThreads } from '../threads.js'
import { loadBackbone } from '../weights/backbones.js'
import { lastCheckpoint, type ModelRecord, modelPath, readModel } from '../weights/model-file.js'
import { featureChoice, networkOptions } from '../weights/network-options.js'
import { checkFinite, createCheckpoints } from './checkpoints.js'
import { fitClusters } from './clusters.js'
import type { TrainingEvent } from './events.js'
import { TrainingImages } from './images.js'
import { lossOptions } from './loss-options.js'
import { createPairing } from './pairs.js'
import { checkSameImages, openData } from './run-data.js'
import { checkRunFolder, createRunFolder, openRunFolder, type RunFolder } from './run-folder.js'
import { chooseShifts } from './shifts.js'
import { batchInput, stepInput } from './step-input.js'
import { validate, writeSheet } from './validation.js'

/** Keeps the seed of probes that begin anew apart from those of the steps. */
const RESET_STREAM = 7

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
  const resumed = request.resume === null ? null : await readModel(modelPath(request.resume), { signal })
  const options =
    request.resume === null
      ? request.options
      : { ...resumed!.record.options, ...request.changes, out: runOf(request.resume) }
  if (request.resume === null && options.out !== null) await checkRunFolder(options.out)

  const { train, validation } = await openData(options)
  if (resumed) checkSameImages(resumed.record, train, options.data)
  const plain = resumed ? resumed.network.backbone : await openBackbone(options, request)
  const { info } = plain
  const transform = createTransform(options.resolution, options.crop, info.patch)
  const threads = options.threads ?? defaultThreads()
  addon().configure({ threads })
  const kept = { ...options, dim: info.dim, transform, pictures: options.contrastiveCrf.weight > 0 }
  const { mode, bytes } = sizeFeatures(kept, train.items.length)
  const resolved = { ...options, features: mode }
  // The folder is made when there is something to keep in it: what is told before is logged then.
  let folder: RunFolder | null = null
  const early: TrainingEvent[] = []
  const tell = async (event: TrainingEvent) => {
    if (folder) await folder.log(event)
    else early.push(event)
    return event
  }
  yield await tell({
    type: 'start',
    options: resolved,
    images: {
      train: train.items.length,
      labelled: train.labelled,
      validation: validation?.items.length ?? 0,
    },
    backbone: resumed?.record.backbone ?? { name: options.backbone, ...info },
    threads,
    features: { mode, bytes },
    step: resumed?.record.step ?? 0,
  })

  const begun = resumed ?? (yield* begin(resolved, train, plain, transform, tell, signal))
  const { network } = begun
  const record: ModelRecord = { ...begun.record, options: resolved }
  const key = await featureKey({ ...options, position: positionName(checked(() => network.backbone)) })
  const plan = await planFeatures({ ...kept, images: train.items, key, signal })
  const { salience } = options
  const images = new TrainingImages(train, network.backbone, { transform, plan, salience, signal })
  const trainer = checked((native) => new native.Trainer(network, images.store))
  if (resumed) await job(() => trainer.load(modelPath(request.resume!)))
  folder = await openFolderOf(request, resolved)
  for (const event of early) await folder?.log(event)
  const checkpoint = createCheckpoints(folder, trainer, record, resumed === null)
  let finished = false

  try {
    await checkpoint.write()

    const k = Math.min(options.neighbors, images.count - 1)
    const known =
      options.neighborFile === null
        ? null
        : await loadNeighbors(options.neighborFile, {
            images: train.items,
            k,
            key,
            signal,
          })
    for await (const progress of images.computeAll()) {
      yield await tell({ type: 'features', total: images.count, ...progress })
    }

    const neighbors =
      known === null
        ? await job((_, cancel) => images.store.neighbors(k, cancel), signal)
        : { ...known, recall: null }
    const { similarities, recall } = neighbors
    const meanSimilarity =
      similarities && similarities.reduce((sum, value) => sum + value, 0) / similarities.length
    yield await tell({ type: 'neighbors', images: images.count, k, meanSimilarity, recall })

    const pairing = { batch: options.batch, k, seed: options.seed, neighbors }
    const shifts = await chooseShifts(
      record.shifts ?? options.shifts,
      trainer,
      images,
      pairing,
      options,
      signal,
    )
    record.shifts = shifts.values
    yield await tell({ ...shifts, automatic: options.shifts === 'auto' })

    const loss = lossOptions(options, shifts.values)
    const pairs = createPairing({ ...pairing, images: images.count })
    while (record.step < options.steps) {
      const pair = pairs.at(record.step)
      await images.ensure(pair.images, pair.positives)
      const start = performance.now()
      const batch = await batchInput(images, pair, options, loss)
      const input = await stepInput(images, batch, record.step + 1, options, transform)
      const losses = await job((_, cancel) => trainer.step(input, cancel), signal)
      const milliseconds = performance.now() - start
      checkFinite(losses, record.step + 1, checkpoint)
      record.step += 1
      record.assignment = null
      checkpoint.pending = true
      if (record.step === options.resetProbesAt) {
        await job(() => trainer.resetProbes(mixSeed(options.seed, RESET_STREAM)))
      }
      yield await tell({ type: 'step', step: record.step, steps: options.steps, ...losses, milliseconds })
      if (record.step === options.steps) break
      if (record.step % options.checkpointEvery === 0) {
        const event = await checkpoint.write()
        if (event) yield await tell(event)
      }
      if (validation && options.validateEvery && record.step % options.validateEvery === 0) {
        yield await tell(await validate(network, record, validation, signal))
        if (folder) await writeSheet(folder.validationSheet(record.step), network, record, validation, signal)
      }
    }

    for (const target of ['kmeans', 'raw'] as const) {
      const width = target === 'raw' ? record.backbone.dim : network.info.dim
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
    const sheet =
      folder && (await writeSheet(folder.contactSheet, network, record, validation ?? train, signal))
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

function openBackbone(options: TrainOptions, { signal, onDownload }: TrainRequest): Promise<NativeBackbone> {
  const { backbone, dtype } = options
  return loadBackbone(backbone, { features: featureChoice(options), dtype, signal, onDownload })
}

/** A fresh network on the backbone, from which place is taken off where the options say so, and its record. */
async function* begin(
  options: TrainOptions,
  train: Split,
  plain: NativeBackbone,
  transform: Transform,
  tell: (event: TrainingEvent) => Promise<TrainingEvent>,
  signal?: AbortSignal,
): AsyncGenerator<TrainingEvent, TrainedModel> {
  const pictures = {
    count: train.items.length,
    read: async (index: number) => (await train.read({ ...train.items[index]!, label: null })).image,
  }
  const source = { backbone: options.backbone, features: featureChoice(options), dtype: options.dtype }
  const placing = placeBackbone(options.position, plain, pictures, { transform, source, signal })
  let step = await placing.next()
  while (!step.done) {
    yield await tell({ type: 'position', ...step.value })
    step = await placing.next()
  }
  const { backbone, position } = step.value
  const { info } = backbone
  const network = await job(
    (native, cancel) =>
      native.Network.create(backbone, networkOptions(options, info.dim), train.labelled > 0, cancel),
    signal,
  )
  const record: ModelRecord = {
    format: 1,
    step: 0,
    options,
    shifts: options.shifts === 'auto' ? null : options.shifts,
    backbone: { name: options.backbone, ...info },
    position,
    images: { train: train.items.length, labelled: train.labelled },
    classNames: namesOf(train, options.classes),
    assignment: null,
  }
  return { network, record }
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
