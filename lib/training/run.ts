/**
 * A complete training run (train_segmentation.py of the official code): backbone features, nearest neighbors, shifts,
 * training steps, k-means, validation. All randomness is a pure function of the seed and the step, so a stopped run
 * resumes exactly.
 */
import { featureKey, pixelsName } from '../features/key.js'
import { planFeatures } from '../features/plan.js'
import { checked, job, type NativeNetwork, type NativeTrainer } from '../native/index.js'
import { loadNeighbors } from '../neighbors/neighbor-file.js'
import { positionName } from '../position/position.js'
import { mixSeed } from '../random/random.js'
import { STREAMS } from '../random/streams.js'
import { type Checkpoints, checkFinite, createCheckpoints } from './checkpoints.js'
import { fitClusters } from './clusters.js'
import { TrainingImages } from './data.js'
import type { TrainingEvent } from './events.js'
import type { TrainRequest } from './input.js'
import { eventLog, type RunFolder } from './run-folder.js'
import { beginModel, openFolder, setUp, startEvent, storeRequest, type TrainedModel } from './setup.js'
import { chooseShifts } from './shifts.js'
import { batchInput, createPairing, stepInput, stepSettings } from './step.js'
import { validate, writeSheet } from './validation.js'

export type { TrainedModel } from './setup.js'

/** Resources to release at the end of a run. */
interface Held {
  folder?: RunFolder | null
  network?: NativeNetwork
  images?: TrainingImages
  trainer?: NativeTrainer
  checkpoint?: Checkpoints
}

/** Whether a run has nothing left to do: its last step is done, and so is k-means after it. */
function isFinished({ network, record }: TrainedModel, steps: number): boolean {
  return record.step >= steps && checked(() => network.info).heads.includes('kmeans')
}

/** Trains, yielding events, and returns the model. If aborted, saves a checkpoint and throws the signal's reason. */
export async function* train(request: TrainRequest): AsyncGenerator<TrainingEvent, TrainedModel> {
  const { signal } = request
  signal?.throwIfAborted()
  const began = performance.now()
  const setup = await setUp(request)
  const { options, train, validation, transform, resumed } = setup
  const { emit, keepIn } = eventLog()
  const held: Held = { network: resumed?.network }
  let finished = false
  let steps = 0

  try {
    yield await emit(startEvent(setup))
    if (resumed && isFinished(resumed, options.steps)) {
      yield await emit({ type: 'end', steps: resumed.record.step, seconds: 0, contactSheet: null })
      finished = true
      return resumed
    }
    const { network, record, device } = resumed ?? (yield* beginModel(setup, emit, signal))
    held.network = network
    const { dim } = record.backbone
    const position = positionName(checked(() => network.backbone))
    const key = await featureKey({ ...options, position, pixels: pixelsName(train.decode.rule) })
    const store = storeRequest(options, dim, transform)
    const plan = await planFeatures({ ...store, images: train.items, key, signal })
    const { salience } = options
    const images = new TrainingImages(train, network.backbone, { transform, plan, salience, signal })
    held.images = images
    const trainer = checked((native) => new native.Trainer(network, images.store))
    held.trainer = trainer
    if (resumed) await job(() => trainer.load(resumed.optimizers))
    const folder = await openFolder(request, setup)
    held.folder = folder
    steps = record.step
    await keepIn(folder)
    const checkpoint = createCheckpoints(folder, trainer, record, resumed === null)
    held.checkpoint = checkpoint
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
      yield await emit(progress)
    }

    const neighbors =
      known === null
        ? await job((_, cancel) => images.store.neighbors(k, cancel), signal)
        : { ...known, recall: null }
    const { similarities, recall } = neighbors
    const meanSimilarity =
      similarities && similarities.reduce((sum, value) => sum + value, 0) / similarities.length
    yield await emit({ type: 'neighbors', images: images.count, k, meanSimilarity, recall })

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
    yield await emit({ ...shifts, automatic: options.shifts === 'auto' })

    checked(() => trainer.configure(stepSettings(options, shifts.values)))
    const pairs = createPairing({ ...pairing, images: images.count })
    while (record.step < options.steps) {
      const pair = pairs.at(record.step)
      await images.ensure(pair.images, pair.positives)
      const start = performance.now()
      const batch = await batchInput(images, pair, options)
      const input = await stepInput(images, batch, record.step + 1, options, transform)
      const losses = await job((_, cancel) => trainer.step(input, cancel), signal)
      const milliseconds = performance.now() - start
      checkFinite(losses, record.step + 1, checkpoint)
      record.step += 1
      steps = record.step
      record.assignment = null
      checkpoint.pending = true
      if (record.step === options.resetProbesAt) {
        await job(() => trainer.resetProbes(mixSeed(options.seed, STREAMS.probes)))
      }
      yield await emit({ type: 'step', step: record.step, steps: options.steps, ...losses, milliseconds })
      if (record.step === options.steps) break
      if (record.step % options.checkpointEvery === 0) {
        const event = await checkpoint.write()
        if (event) yield await emit(event)
      }
      if (validation && options.validateEvery && record.step % options.validateEvery === 0) {
        yield await emit(await validate(network, record, validation, setup.labels.validation, signal))
        if (folder) await writeSheet(folder.validationSheet(record.step), network, record, validation, signal)
      }
    }

    for (const head of ['kmeans', 'baselineKmeans'] as const) {
      const width = head === 'baselineKmeans' ? record.backbone.dim : network.info.dim
      const bytesPerImage = 4 * width * (options.resolution / record.backbone.patch) ** 2
      const settings = { restarts: options.kmeansRestarts, seed: options.seed, bytesPerImage, signal }
      yield await emit(await fitClusters(head, trainer, images, settings))
    }
    checkpoint.pending = true
    if (validation) {
      const event = await validate(network, record, validation, setup.labels.validation, signal)
      record.assignment = event.evaluation.kmeans?.assignment ?? null
      yield await emit(event)
    }
    const event = await checkpoint.write()
    if (event) yield await emit(event)
    const sheet =
      folder && (await writeSheet(folder.contactSheet, network, record, validation ?? train, signal))
    const seconds = (performance.now() - began) / 1000
    yield await emit({ type: 'end', steps: record.step, seconds, contactSheet: sheet })
    finished = true
    return { network, record, device }
  } catch (error) {
    // Save progress before failing or aborting.
    const event = steps > 0 ? await held.checkpoint?.write().catch(() => null) : null
    if (event) yield await emit(event)
    throw error
  } finally {
    // Also save progress if the event consumer stopped the run. A run that trained nothing leaves nothing behind.
    if (steps > 0) await held.checkpoint?.write().catch(() => null)
    else if (!finished && !resumed) await held.folder?.remove()
    held.trainer?.dispose()
    held.images?.dispose()
    if (!finished) held.network?.dispose()
  }
}
