/** Sets up a run: options, images, and a new or resumed model. */
import { dirname } from 'node:path'
import { CLASS_NAMES_FILE, namesOf } from '../datasets/class-names.js'
import { checkClasses, listSplits, openDataset } from '../datasets/dataset.js'
import { surveyWarning } from '../datasets/label-words.js'
import type { Split } from '../datasets/source.js'
import { surveySplit } from '../datasets/survey.js'
import type { BadImage } from '../datasets/unused.js'
import { StegoError } from '../errors.js'
import { sizeFeatures } from '../features/plan.js'
import { createTransform } from '../images/transform.js'
import type { ResolvedRunOptions } from '../method/train-options.js'
import {
  addon,
  type DeviceInUse,
  job,
  type NativeBackbone,
  type NativeNetwork,
  type StoredTensors,
  type Transform,
  useDevice,
} from '../native/index.js'
import { defaultThreads } from '../native/threads.js'
import { placeBackbone } from '../position/position.js'
import { loadBackbone } from '../weights/backbones.js'
import {
  lastCheckpoint,
  type ModelRecord,
  modelPath,
  optimizerTensors,
  readModel,
} from '../weights/model-file.js'
import { featureChoice, networkOptions } from '../weights/network-options.js'
import type { StartEvent, TrainingEvent } from './events.js'
import type { TrainChanges, TrainRequest } from './input.js'
import { checkRunFolder, createRunFolder, openRunFolder, type RunFolder } from './run-folder.js'

/** The result of a run: the network and its record. */
export interface TrainedModel {
  network: NativeNetwork
  record: ModelRecord
  device: DeviceInUse
}

/** The model and optimizer state that a run resumes from. */
interface ResumedModel extends TrainedModel {
  optimizers: StoredTensors
}

/** The images of a run, and what there is to be said about them. */
interface RunData {
  train: Split
  /** null if there is none with labels. */
  validation: Split | null
  /** Images that are left out. */
  skipped: BadImage[]
  labels: StartEvent['labels']
  /** Limits of samples that are not bytes; null if all are. */
  measured: ModelRecord['pixels']
  notes: string[]
}

/** Everything known before computation starts. */
export interface RunSetup extends RunData {
  /** All options, with feature storage resolved. */
  options: ResolvedRunOptions
  transform: Transform
  threads: number
  device: DeviceInUse
  /** How features are stored, and their total size in bytes. */
  features: StartEvent['features']
  /** The plain backbone, or that of the resumed model. */
  backbone: NativeBackbone
  /** The resumed model and its optimizer state; null for a new run. */
  resumed: ResumedModel | null
}

/** Reads and checks everything a run needs, without writing anything. Rejects as `Stego.train()` does. */
export async function setUp(request: TrainRequest): Promise<RunSetup> {
  const resumed = request.resume === null ? null : await readResumed(request.resume, request)
  try {
    return await setUpWith(request, resumed)
  } catch (error) {
    resumed?.network.dispose()
    throw error
  }
}

async function readResumed(path: string, { device, signal }: TrainRequest): Promise<ResumedModel> {
  const { file, names, ...model } = await readModel(modelPath(path), { device, signal })
  return { ...model, optimizers: optimizerTensors(file, names) }
}

async function setUpWith(request: TrainRequest, resumed: ResumedModel | null): Promise<RunSetup> {
  const given =
    request.resume === null
      ? request.options
      : changed(resumed!.record.options, request.changes, request.resume)
  if (request.resume === null && given.out !== null) await checkRunFolder(given.out)
  const device = resumed?.device ?? useDevice(request.device)
  const data = await openData(given, request, resumed?.record.pixels ?? null)
  const { train } = data
  if (resumed) checkSameImages(resumed.record, train, given.data)
  const backbone = resumed
    ? resumed.network.backbone
    : await openBackbone(given, { ...request, device: device.device })
  const { dim, patch } = backbone.info
  const transform = createTransform(given.resolution, given.fit, patch)
  const threads = given.threads ?? defaultThreads()
  addon().configure({ threads })
  const { mode, bytes } = sizeFeatures(storeRequest(given, dim, transform), train.items.length)
  const options = { ...given, featureStore: { ...given.featureStore, mode } }
  const continued = resumed && { ...resumed, record: { ...resumed.record, options } }
  return {
    options,
    ...data,
    transform,
    threads,
    device,
    features: { mode, bytes },
    backbone,
    resumed: continued,
  }
}

/** The options of a run, with those that changed when it was resumed. */
function changed(options: ResolvedRunOptions, changes: TrainChanges, resume: string): ResolvedRunOptions {
  const featureStore = { ...options.featureStore, ...changes.featureStore }
  return { ...options, ...changes, featureStore, out: runOf(resume) }
}

/** The options that determine how features are stored. */
export function storeRequest(options: ResolvedRunOptions, dim: number, transform: Transform) {
  return {
    store: options.featureStore,
    data: options.data,
    dim,
    transform,
    pictures: options.contrastiveCrf.weight > 0,
  }
}

function openBackbone(
  options: ResolvedRunOptions,
  { device, signal, onProgress }: TrainRequest,
): Promise<NativeBackbone> {
  const { backbone, dtype } = options
  return loadBackbone(backbone, { features: featureChoice(options), dtype, device, signal, onProgress })
}

/** The run folder of a `resume` path; null for a model file outside a run. */
function runOf(resume: string): string | null {
  if (modelPath(resume) !== resume) return resume
  const run = dirname(dirname(resume))
  return lastCheckpoint(run) === resume ? run : null
}

export function startEvent({ options, train, validation, backbone, ...setup }: RunSetup): StartEvent {
  const { threads, device, features, resumed, skipped, labels, measured, notes } = setup
  return {
    type: 'start',
    options,
    images: {
      train: train.items.length,
      labeled: train.labeled,
      validation: validation?.items.length ?? 0,
      skipped,
      unused: train.own?.unused ?? [],
    },
    labels,
    pixels: measured || options.bands ? train.decode.rule : null,
    notes,
    backbone: resumed?.record.backbone ?? { name: options.backbone, ...backbone.info },
    threads,
    device: device.device,
    deviceName: device.name,
    features,
    step: resumed?.record.step ?? 0,
  }
}

/** Creates a network and its record, removing position from the backbone's features if the options say so. */
export async function* beginModel(
  { options, train, validation, backbone: plain, transform, measured, device }: RunSetup,
  emit: (event: TrainingEvent) => Promise<TrainingEvent>,
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
    yield await emit(step.value)
    step = await placing.next()
  }
  const { backbone, position } = step.value
  const { info } = backbone
  const network = await job(
    (native, cancel) =>
      native.Network.create(backbone, networkOptions(options, info.dim), train.labeled > 0, cancel),
    signal,
  )
  const record: ModelRecord = {
    format: 2,
    step: 0,
    options,
    shifts: options.shifts === 'auto' ? null : options.shifts,
    backbone: { name: options.backbone, ...info },
    position,
    pixels: measured,
    images: { train: train.items.length, labeled: train.labeled },
    classNames: train.labeled > 0 || validation ? namesOf(train, options.classes) : null,
    assignment: null,
  }
  return { network, record, device }
}

/** Opens the run folder; null if there is none. */
export async function openFolder({ resume }: TrainRequest, { options }: RunSetup): Promise<RunFolder | null> {
  if (options.out === null) return null
  return resume === null ? createRunFolder(options.out, options) : openRunFolder(options.out)
}

/** Opens and surveys the training split and, if it has labels, the validation split, which is never cropped. */
async function openData(
  options: ResolvedRunOptions,
  { signal, onProgress }: TrainRequest,
  known: ModelRecord['pixels'],
): Promise<RunData> {
  const { classes, onBadImage, validationSplit } = options
  const request = { ...options, measured: known ?? undefined }
  const opened = await openDataset(request)
  checkClasses(opened, classes)
  const survey = { classes, onBadImage, signal, onProgress }
  const found = await surveySplit(opened, survey)
  const { split: train } = found
  const measured = found.measured ?? known
  checkImages(train, options)
  const splits = await listSplits(options)
  const exists = validationSplit !== options.split && splits.includes(validationSplit)
  const whole = { ...request, split: validationSplit, crops: null, measured: measured ?? undefined }
  const labeled = exists ? await openDataset(whole) : null
  const other = labeled && labeled.labeled > 0 ? await surveySplit(labeled, survey) : null
  const labels = { train: found.labels, validation: other?.labels ?? null }
  const notes = [found, other].flatMap((survey) => [
    ...(survey?.notes ?? []),
    ...(survey?.labels ? [surveyWarning(survey.labels, train.classNames) ?? []].flat() : []),
  ])
  return {
    train,
    validation: other?.split ?? null,
    skipped: [...found.skipped, ...(other?.skipped ?? [])],
    labels,
    measured,
    notes: [...notes, ...classNameNotes(train, train.labeled > 0 || other !== null, classes)],
  }
}

/** Says so where a list of class names is not used. */
function classNameNotes({ classNames, own }: Split, labeled: boolean, classes: number): string[] {
  if (!own || !classNames) return []
  if (!labeled) return [`${CLASS_NAMES_FILE} is not used: without labels clusters have no order of names.`]
  if (classNames.length === classes) return []
  return [
    `${CLASS_NAMES_FILE} is not used: it has ${classNames.length} names, but there are ${classes} classes.`,
  ]
}

function checkImages(train: Split, options: ResolvedRunOptions): void {
  if (train.items.length < 2) {
    throw new StegoError(
      'ERR_STEGO_DATA_EMPTY',
      `training needs at least two images, but ${options.data} has one. Add images.`,
    )
  }
  if (options.oracle && train.labeled < train.items.length) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `oracle needs labels for all ${train.items.length} images in ${options.data}, but only ${train.labeled} have ` +
        'any. Label the others, or turn oracle off.',
    )
  }
}

/** Throws `ERR_STEGO_RUN` if the images of a resumed run have changed. */
function checkSameImages(record: ModelRecord, train: Split, data: string): void {
  const { train: count, labeled } = record.images
  if (count === train.items.length && labeled === train.labeled) return
  throw new StegoError(
    'ERR_STEGO_RUN',
    `the run was trained on ${count} images, ${labeled} with labels, but ${data} now has ${train.items.length}, ` +
      `${train.labeled} with labels. Restore the images, or start a new run.`,
  )
}
