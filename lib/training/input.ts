/** Input of `Stego.train()` and `stego train`: options for a new run, or a run to resume. */
import type { SurveyProgress } from '../datasets/survey.js'
import { StegoError } from '../errors.js'
import { deviceOption, type ResolvedFeatureStoreOptions } from '../method/backbone-options.js'
import { withPreset } from '../method/presets.js'
import { type ResolvedRunOptions, type RunOptions, trainSchema } from '../method/train-options.js'
import type { DeviceChoice } from '../native/index.js'
import { API_WORDING, parseOptions, type Wording } from '../options/parse.js'
import { abortSignal, callback, option, path } from '../options/schema.js'
import type { DownloadProgress } from '../weights/progress.js'
import type { TrainingEvent } from './events.js'

/** Runtime settings that are not saved with the run. */
export interface TrainRuntime {
  /** Where to compute: `auto`, `cpu`, `cuda`, or `cuda:0` and so on. Default: `STEGO_DEVICE`, or `auto`. */
  device?: DeviceChoice
  /** Aborts the run, which saves a resumable checkpoint and rejects with `signal.reason`. */
  signal?: AbortSignal
  /** Called while images and labels are looked at and published weights are downloaded, before the first event. */
  onProgress?: (progress: DownloadProgress | SurveyProgress) => void
  /** Called with each event, the same events as when iterating over the run. */
  onEvent?: (event: TrainingEvent) => void
}

/** A new run. */
export interface FreshRun {
  /** The folder of images. */
  data: string | URL
  /** A run folder to resume instead of starting a new run. */
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
 * Input of `Stego.train()`: the options of `RunOptions` with a folder of images as `data`, or a run folder as
 * `resume`.
 */
export type TrainOptions = Omit<RunOptions, 'data'> & TrainRuntime & (FreshRun | ResumedRun)

/** The options that may change when a run is resumed, and those of the feature store. */
const RESUMABLE = ['data', 'steps', 'checkpointEvery', 'validateEvery', 'histogramEvery', 'threads'] as const
const RESUMABLE_STORE = ['memoryBytes', 'folder'] as const

/** Options of a resumed run that differ from those it was started with. */
export interface TrainChanges extends Partial<Pick<ResolvedRunOptions, (typeof RESUMABLE)[number]>> {
  featureStore?: Partial<ResolvedFeatureStoreOptions>
}

/** A validated `TrainOptions`: a new run with all options, or a run folder with changed options. */
export type TrainRequest = TrainRuntime &
  ({ resume: null; options: ResolvedRunOptions } | { resume: string; changes: TrainChanges })

/** The `resume` option. */
export const resumeOption = option(path().optional(), {
  group: 'Common',
  value: 'run',
  expected: 'the folder of an earlier run, a path or a file: URL',
  doc: 'Run folder to resume. Only data, steps and the options under "Run" may be changed.',
})

const inputSchema = trainSchema.extend({
  resume: resumeOption,
  device: deviceOption('Run'),
  signal: abortSignal(),
  onEvent: callback<TrainingEvent>('Called with each event.'),
  onProgress: callback<DownloadProgress | SurveyProgress>(
    'Called while images are looked at and weights are downloaded.',
  ),
})

const resumedSchema = inputSchema.extend({ data: trainSchema.shape.data.optional() })

/** Validates the input of `Stego.train()`. */
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
      device,
      signal,
      onEvent,
      onProgress,
      ...options
    } = parseOptions(inputSchema, filled, context, wording)
    return { resume: null, options, device, signal, onEvent, onProgress }
  }
  const parsed = parseOptions(resumedSchema, input, context, wording)
  const givenStore = givenKeys((input as TrainOptions).featureStore)
  const changeable = [
    ...[...RESUMABLE, 'device'].map((key) => [key]),
    ...RESUMABLE_STORE.map((key) => ['featureStore', key]),
  ].map(wording.name)
  const fixed = given
    .filter((key) => key in trainSchema.shape)
    .flatMap((key) => (key === 'featureStore' ? givenStore.map((part) => [key, part]) : [[key]]))
    .map(wording.name)
    .filter((name) => !changeable.includes(name))
  if (fixed.length > 0) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `${context}: ${fixed.join(', ')} cannot change when a run is resumed; ` +
        `only ${changeable.join(', ')} can be combined with ${wording.name(['resume'])}. ` +
        'Omit the others, or start a new run.',
    )
  }
  const changes: TrainChanges = {
    ...pick(parsed, RESUMABLE, given),
    ...(givenStore.length > 0 && { featureStore: pick(parsed.featureStore, RESUMABLE_STORE, givenStore) }),
  }
  const { device, signal, onEvent, onProgress } = parsed
  return { resume: parsed.resume!, changes, device, signal, onEvent, onProgress }
}

/** The given ones of some options. */
function pick<T, K extends keyof T & string>(options: T, keys: readonly K[], given: string[]): Partial<T> {
  return Object.fromEntries(
    keys.filter((key) => given.includes(key)).map((key) => [key, options[key]]),
  ) as unknown as Partial<T>
}

function givenKeys(input: unknown): string[] {
  if (typeof input !== 'object' || input === null) return []
  return Object.entries(input).flatMap(([key, value]) => (value === undefined ? [] : [key]))
}
