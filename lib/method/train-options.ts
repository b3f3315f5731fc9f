/** Options of `Stego.train()` and of `stego train`. */
import { z } from 'zod'
import { datasetFields } from '../datasets/options.js'
import { StegoError } from '../errors.js'
import { API_WORDING, parseOptions, type Wording } from '../options/parse.js'
import { abortSignal, option, path } from '../options/schema.js'
import type { TrainingEvent } from '../training/events.js'
import type { DownloadProgress } from '../weights/progress.js'
import { dtypeOption, featureStoreFields } from './backbone-options.js'
import { methodFields } from './method-options.js'
import { PRESET_NAMES, withPreset } from './presets.js'

/** Everything that determines a run, ready for a configuration file. */
export const trainSchema = z.strictObject({
  data: option(path(), {
    group: 'Common',
    value: 'folder',
    expected: 'the folder of images, a path or a file: URL',
    doc: 'Folder with images directly in it, or with imgs/<split> and, if there are labels, labels/<split>.',
  }),
  classes: option(z.int().min(2).max(255).default(8), {
    group: 'Common',
    doc: 'Number of clusters to find; with labels, the number of classes.',
  }),
  backbone: option(path().prefault('dino-vits8'), {
    group: 'Common',
    value: 'name|file',
    expected: 'a name, or the weight file as a path or a file: URL',
    doc:
      'Frozen ViT to distill: dino-vits8, dino-vits16, dino-vitb8 or dino-vitb16, downloaded once; the built-in ' +
      'starter; or a .safetensors or .pth file of ViT weights with tensor names from DINO, timm or Hugging Face.',
  }),
  dtype: dtypeOption('Method'),
  preset: option(z.enum(PRESET_NAMES).nullable().default(null), {
    group: 'Common',
    value: 'name',
    whenAbsent: 'none',
    doc: `Official hyperparameters for a dataset and backbone: ${PRESET_NAMES.join(', ')}. Other options override it.`,
  }),
  steps: option(z.int().min(1).default(500), {
    group: 'Common',
    unit: 'steps',
    doc:
      'Training steps. Default chosen on 367 street images, where 2000 were worse; the official schedule ' +
      'is 5000 steps of 16 images.',
  }),
  batch: option(z.int().min(2).default(32), {
    group: 'Common',
    unit: 'images',
    doc: 'Images per step. The automatic shifts were chosen with 32; official: 16.',
  }),
  seed: option(z.int().min(0).max(0xffffffff).default(0), {
    group: 'Common',
    doc: 'Random seed: the same seed, machine and thread count give the same bytes.',
  }),
  out: option(path().nullable().default(null), {
    group: 'Common',
    value: 'folder',
    expected: 'the run folder, a path or a file: URL',
    whenAbsent: 'nothing is written',
    doc: 'Run folder for the configuration, events, checkpoints and contact sheet.',
  }),
  ...datasetFields,
  split: option(z.string().min(1).default('train'), {
    group: 'Images',
    value: 'name',
    doc: 'Split to train on, if the data folder has splits.',
  }),
  validationSplit: option(z.string().min(1).default('val'), {
    group: 'Images',
    value: 'name',
    doc: 'Split to score on, if it exists and has labels.',
  }),
  validationResolution: option(z.int().min(8).default(320), {
    group: 'Images',
    unit: 'pixels',
    doc: 'Side of validation and contact-sheet squares, rounded up to a multiple of the patch size. Official value.',
  }),
  resolution: option(z.int().min(8).default(224), {
    group: 'Images',
    unit: 'pixels',
    doc: "Side of the square training image, a multiple of the backbone's patch size. Official value.",
  }),
  crop: option(z.enum(['center', 'squash']).default('center'), {
    group: 'Images',
    doc: 'center keeps the aspect ratio and crops the edges; squash keeps the edges. Official: center.',
  }),
  ...methodFields,
  kmeansRestarts: option(z.int().min(1).max(100).default(5), {
    group: 'Probes and clusters',
    doc: 'Restarts of the k-means fitted after training; the one with the highest mean cosine is kept.',
  }),
  checkpointEvery: option(z.int().min(1).default(100), {
    group: 'Run',
    unit: 'steps',
    doc: 'Steps between resumable checkpoints.',
  }),
  validateEvery: option(z.int().min(1).nullable().default(null), {
    group: 'Run',
    unit: 'steps',
    whenAbsent: 'once, at the end',
    doc: 'Steps between validations.',
  }),
  histogramEvery: option(z.int().min(1).nullable().default(null), {
    group: 'Run',
    unit: 'steps',
    whenAbsent: 'never',
    doc: 'Steps between histograms of code similarity by pair type, included in the events. Official: 100.',
  }),
  ...featureStoreFields,
  threads: option(z.int().min(1).nullable().default(null), {
    group: 'Run',
    whenAbsent: 'STEGO_THREADS, or one per physical core',
    doc: 'Number of native threads.',
  }),
})

/** The options of a run with every default filled in. */
export interface TrainOptions extends z.output<typeof trainSchema> {}

/** Everything that determines a run, as you pass it. Only `data` is required. */
export interface TrainFields extends z.input<typeof trainSchema> {}

/** Runtime settings, which are not saved with the run's options. */
export interface TrainRuntime {
  /** Aborts the run, which leaves a resumable checkpoint and rejects with `signal.reason`. */
  signal?: AbortSignal
  /** Download progress of published weights; called before the first event. */
  onDownload?: (progress: DownloadProgress) => void
  /** Receives the same events as iterating over the run. */
  onEvent?: (event: TrainingEvent) => void
}

/** A new run. */
export interface FreshRun {
  /** The folder of images. */
  data: string | URL
  /** A run folder, to continue it instead of starting a new run. */
  resume?: string | URL
}

/** A resumed run. */
export interface ResumedRun {
  /** The run folder. */
  resume: string | URL
  /** The folder of images, if it has moved. */
  data?: string | URL
}

/**
 * Input of `Stego.train()`: the options of `TrainFields` with a folder of images as `data`, or a run folder as
 * `resume`, to continue it exactly.
 */
export type TrainInput = Omit<TrainFields, 'data'> & TrainRuntime & (FreshRun | ResumedRun)

/** The options that may change when a run is resumed. */
export const RESUMABLE = [
  'data',
  'steps',
  'checkpointEvery',
  'validateEvery',
  'histogramEvery',
  'cacheBytes',
  'storeFolder',
  'threads',
] as const
export type TrainChanges = Partial<Pick<TrainOptions, (typeof RESUMABLE)[number]>>

/** A checked `TrainInput`: a fresh run with all its options, or a run folder and what changes in it. */
export type TrainRequest = TrainRuntime &
  ({ resume: null; options: TrainOptions } | { resume: string; changes: TrainChanges })

/** `resume` as an option of its own, for the input of a run. */
export const resumeOption = option(path().optional(), {
  group: 'Common',
  value: 'run',
  expected: 'the folder of an earlier run, a path or a file: URL',
  doc: 'Run folder to resume exactly. Only data, steps and the options under "Run" may be given with it.',
})

const inputSchema = trainSchema.extend({
  resume: resumeOption,
  signal: abortSignal(),
  onEvent: z
    .custom<TrainRuntime['onEvent']>((value) => typeof value === 'function')
    .optional()
    .meta({ description: 'Called with each event.', expected: 'a function' }),
  onDownload: z
    .custom<TrainRuntime['onDownload']>((value) => typeof value === 'function')
    .optional()
    .meta({ description: 'Called while weights are downloaded.', expected: 'a function' }),
})

const resumedSchema = inputSchema.extend({ data: trainSchema.shape.data.optional() })

/** Checks what `Stego.train()` was given. */
export function parseTrain(
  input: unknown,
  context = 'Stego.train()',
  wording: Wording = API_WORDING,
): TrainRequest {
  const given = givenKeys(input)
  if (!given.includes('resume')) {
    const filled = givenKeys(input).includes('preset') ? withPreset(input as Record<string, unknown>) : input
    const {
      resume: _,
      signal,
      onEvent,
      onDownload,
      ...options
    } = parseOptions(inputSchema, filled, context, wording)
    return { resume: null, options, signal, onEvent, onDownload }
  }
  const parsed = parseOptions(resumedSchema, input, context, wording)
  const fixed = given.filter(
    (key) => key in trainSchema.shape && !(RESUMABLE as readonly string[]).includes(key),
  )
  if (fixed.length > 0) {
    const name = (key: string) => wording.name([key])
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `${context}: ${fixed.map(name).join(', ')} cannot change when a run is resumed; ` +
        `with ${name('resume')} only ${RESUMABLE.map(name).join(', ')} may be given. ` +
        'Leave the rest out, or start a new run.',
    )
  }
  const changes = Object.fromEntries(
    RESUMABLE.filter((key) => given.includes(key)).map((key) => [key, parsed[key]]),
  )
  return { resume: parsed.resume!, changes, signal: parsed.signal, onEvent: parsed.onEvent }
}

function givenKeys(input: unknown): string[] {
  if (typeof input !== 'object' || input === null) return []
  return Object.entries(input).flatMap(([key, value]) => (value === undefined ? [] : [key]))
}
