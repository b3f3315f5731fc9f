/** Input of `Stego.train()` and `stego train`: options for a new run, or a run to resume. */
import { z } from 'zod'
import { StegoError } from '../errors.js'
import { withPreset } from '../method/presets.js'
import { type ResolvedRunOptions, type RunOptions, trainSchema } from '../method/train-options.js'
import { API_WORDING, parseOptions, type Wording } from '../options/parse.js'
import { abortSignal, option, path } from '../options/schema.js'
import type { DownloadProgress } from '../weights/progress.js'
import type { TrainingEvent } from './events.js'

/** Runtime settings that are not saved with the run. */
export interface TrainRuntime {
  /** Aborts the run, which saves a resumable checkpoint and rejects with `signal.reason`. */
  signal?: AbortSignal
  /** Called with download progress of published weights, before the first event. */
  onDownload?: (progress: DownloadProgress) => void
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
export type TrainChanges = Partial<Pick<ResolvedRunOptions, (typeof RESUMABLE)[number]>>

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
        `only ${RESUMABLE.map(name).join(', ')} can be combined with ${name('resume')}. ` +
        'Omit the others, or start a new run.',
    )
  }
  const changes = Object.fromEntries(
    RESUMABLE.filter((key) => given.includes(key)).map((key) => [key, parsed[key]]),
  )
  const { signal, onEvent, onDownload } = parsed
  return { resume: parsed.resume!, changes, signal, onEvent, onDownload }
}

function givenKeys(input: unknown): string[] {
  if (typeof input !== 'object' || input === null) return []
  return Object.entries(input).flatMap(([key, value]) => (value === undefined ? [] : [key]))
}
