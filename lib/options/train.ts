/** Options of `Stego.train()` and of `stego train`. */
import { z } from 'zod'
import { StegoError } from '../errors.js'
import type { TrainingEvent } from '../training/events.js'
import type { DownloadProgress } from '../weights/progress.js'
import { datasetFields } from './dataset.js'
import { dtypeOption } from './dtype.js'
import { featureStoreFields } from './feature-store.js'
import { methodFields } from './method.js'
import { API_WORDING, parseOptions, type Wording } from './parse.js'
import { PRESET_NAMES, withPreset } from './presets.js'
import { abortSignal, option, path } from './schema.js'

/** Everything that determines a run, ready for a configuration file. */
export const trainSchema = z.strictObject({
  data: option(path(), {
    group: 'Common',
    value: 'folder',
    expected: 'the folder of images, a path or a file: URL',
    doc: 'Folder with images directly in it, or with imgs/<split> and, where there are labels, labels/<split>.',
  }),
  classes: option(z.int().min(2).max(255).default(8), {
    group: 'Common',
    doc: 'How many clusters to find; with labels, how many classes they have.',
  }),
  backbone: option(path().prefault('dino-vits8'), {
    group: 'Common',
    value: 'name|file',
    expected: 'a name, or the weight file as a path or a file: URL',
    doc:
      'Frozen ViT whose features are distilled: dino-vits8, dino-vits16, dino-vitb8 or dino-vitb16, fetched once; the ' +
      'built-in starter; or a .safetensors or .pth file of ViT weights under the names of DINO, timm or Hugging Face.',
  }),
  dtype: dtypeOption('Method'),
  preset: option(z.enum(PRESET_NAMES).nullable().default(null), {
    group: 'Common',
    value: 'name',
    whenAbsent: 'none',
    doc: `Official hyper-parameters of a dataset and backbone: ${PRESET_NAMES.join(', ')}. What else is given stands.`,
  }),
  steps: option(z.int().min(1).default(500), {
    group: 'Common',
    unit: 'steps',
    doc:
      'Training steps. Default by measurement on 367 street images, where 2000 were worse; the official schedule ' +
      'is 5000 steps of 16 images.',
  }),
  batch: option(z.int().min(2).default(32), {
    group: 'Common',
    unit: 'images',
    doc: 'Images a step. The automatic shifts were measured with 32; official: 16.',
  }),
  seed: option(z.int().min(0).max(0xffffffff).default(0), {
    group: 'Common',
    doc: 'Fixes every random draw: same seed, machine and thread count, same bytes.',
  }),
  out: option(path().nullable().default(null), {
    group: 'Common',
    value: 'folder',
    expected: 'the run folder, a path or a file: URL',
    whenAbsent: 'nothing is written',
    doc: 'Run folder for configuration, events, checkpoints and the contact sheet.',
  }),
  ...datasetFields,
  split: option(z.string().min(1).default('train'), {
    group: 'Images',
    value: 'name',
    doc: 'Split of the data folder to train on, where the folder has splits.',
  }),
  validationSplit: option(z.string().min(1).default('val'), {
    group: 'Images',
    value: 'name',
    doc: 'Split to score on, where it exists and has labels.',
  }),
  validationResolution: option(z.int().min(8).default(320), {
    group: 'Images',
    unit: 'pixels',
    doc: 'Side of the square image in validations and on contact sheets, up to a multiple of the patch. Official value.',
  }),
  resolution: option(z.int().min(8).default(224), {
    group: 'Images',
    unit: 'pixels',
    doc: "Side of the square training image, a multiple of the backbone's patch. Official value.",
  }),
  crop: option(z.enum(['center', 'squash']).default('center'), {
    group: 'Images',
    doc: 'center keeps proportions and cuts the borders off; squash keeps the borders. Official: center.',
  }),
  ...methodFields,
  kmeansRestarts: option(z.int().min(1).max(100).default(5), {
    group: 'Probes and clusters',
    doc: 'Starts of the k-means fitted after training; the one with the highest mean cosine is kept.',
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
    doc: 'Steps between histograms of code similarity by pair type, in the events. Official: 100.',
  }),
  ...featureStoreFields,
  threads: option(z.int().min(1).nullable().default(null), {
    group: 'Run',
    whenAbsent: 'the physical cores, or STEGO_THREADS',
    doc: 'Threads of the native team.',
  }),
})

/** The options of a run with every default filled in. */
export interface TrainOptions extends z.output<typeof trainSchema> {}

/** Everything that determines a run, as it is given. Only `data` has to be. */
export interface TrainFields extends z.input<typeof trainSchema> {}

/** What stands beside the options of a run but is not part of them. */
export interface TrainRuntime {
  /** Aborts the run: it leaves a resumable checkpoint and rejects with `signal.reason`. */
  signal?: AbortSignal
  /** Told how the fetching of published weights goes, which comes before the first event. */
  onDownload?: (progress: DownloadProgress) => void
  /** Takes the events that iterating over the run yields. */
  onEvent?: (event: TrainingEvent) => void
}

/** A run that begins. */
export interface FreshRun {
  /** The folder of images. */
  data: string | URL
  /** A run folder, to go on with it instead of beginning anew. */
  resume?: string | URL
}

/** A run that goes on. */
export interface ResumedRun {
  /** The run folder. */
  resume: string | URL
  /** The folder of images, where it was moved. */
  data?: string | URL
}

/**
 * What `Stego.train()` takes: the options of `TrainFields` with a folder of images as `data`, or with a run folder as
 * `resume`, to go on with it exactly.
 */
export type TrainInput = Omit<TrainFields, 'data'> & TrainRuntime & (FreshRun | ResumedRun)

/** The options that may differ from those a run began with when it is resumed. */
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
  doc: 'Run folder to go on with, exactly. Besides it only data, steps and the options under "Run" may be given.',
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
    .meta({ description: 'Called while weights are fetched.', expected: 'a function' }),
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
        'Leave the rest out, or begin a new run.',
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
