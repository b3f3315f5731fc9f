/** Options of `Stego.train()` and of `stego train`. */
import { z } from 'zod'
import { StegoError } from '../errors.js'
import type { TrainingEvent } from '../training/events.js'
import { API_WORDING, parseOptions, type Wording } from './parse.js'
import { abortSignal, option, pairValues, path } from './schema.js'

const GIB = 1024 ** 3

const PAIRS = {
  self: 'self pairs (an image with itself)',
  knn: 'neighbour pairs',
  random: 'random pairs',
}

const weight = (value: number, pair: keyof typeof PAIRS) =>
  option(z.number().min(0).default(value), {
    group: 'Method',
    doc: `Weight of the loss of ${PAIRS[pair]}. Official value.`,
  })

const learningRate = (value: number, part: string) =>
  option(z.number().min(0).default(value), {
    group: 'Method',
    doc: `Learning rate (Adam) of ${part}. Official value.`,
  })

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
  backbone: option(path().prefault('starter'), {
    group: 'Common',
    value: 'name|file',
    expected: 'a name, or the weight file as a path or a file: URL',
    doc: "Frozen ViT whose features are distilled: the built-in starter, or a .safetensors file with DINO's names.",
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
  resolution: option(z.int().min(8).default(224), {
    group: 'Images',
    unit: 'pixels',
    doc: "Side of the square training image, a multiple of the backbone's patch. Official value.",
  }),
  crop: option(z.enum(['center', 'squash']).default('center'), {
    group: 'Images',
    doc: 'center keeps proportions and cuts the borders off; squash keeps the borders. Official: center.',
  }),
  neighbors: option(z.int().min(1).max(255).default(7), {
    group: 'Method',
    unit: 'images',
    doc: 'Nearest neighbours the positive of an image is drawn from; at most the other images. Official value.',
  }),
  dim: option(z.int().min(1).max(4096).default(70), {
    group: 'Method',
    unit: 'channels',
    doc: 'Width of the code. Official value; the published models use 90 and 100.',
  }),
  projection: option(z.enum(['linear', 'nonlinear']).default('nonlinear'), {
    group: 'Method',
    doc: 'Head: one linear layer, or that plus a two-layer branch. Official: nonlinear.',
  }),
  shifts: option(
    z
      .union([
        z.literal('auto'),
        pairValues((pair) =>
          option(z.number(), {
            group: 'Method',
            doc: `Shift of ${PAIRS[pair]}: positions whose feature correspondence is above it attract, below repel.`,
          }),
        ),
      ])
      .default('auto'),
    {
      group: 'Method',
      expected: '"auto" or { self, knn, random }',
      doc:
        'auto takes the .65, .80 and .95 quantiles of feature correspondence of self, neighbour and random pairs. ' +
        'Published shifts fit one backbone and one data set only: there .18, .12, .46.',
    },
  ),
  weights: pairValues((pair) => weight({ self: 0.67, knn: 0.25, random: 0.63 }[pair], pair)).prefault({}),
  learningRates: z
    .strictObject({
      head: learningRate(5e-4, 'the head'),
      linear: learningRate(5e-3, 'the linear probes'),
      cluster: learningRate(5e-3, 'the cluster probe'),
    })
    .prefault({}),
  centering: option(z.enum(['official', 'paper', 'none']).default('official'), {
    group: 'Method',
    doc:
      'Spatial centring of feature correspondence: official adds the overall mean back, paper does not, none ' +
      'leaves it as it is.',
  }),
  zeroClamp: option(z.boolean().default(true), {
    group: 'Method',
    doc: 'Clamp code similarity at 0 from below. Official: on.',
  }),
  stabilize: option(z.boolean().default(false), {
    group: 'Method',
    doc: 'Clamp code similarity at .8 from above too. Official: off.',
  }),
  reduction: option(z.enum(['mean', 'sum']).default('mean'), {
    group: 'Method',
    doc: 'Mean over position pairs (official code) or sum (paper; needs other learning rates).',
  }),
  featureSamples: option(z.int().min(1).max(64).default(11), {
    group: 'Method',
    doc: 'Positions sampled an image and step: this number squared. Official value.',
  }),
  negativeSamples: option(z.int().min(0).max(64).default(5), {
    group: 'Method',
    doc: 'Random pairings a step. Official value.',
  }),
  dropout: option(z.number().min(0).lt(1).default(0.1), {
    group: 'Method',
    doc: 'Probability that a whole feature channel is dropped. Official value.',
  }),
  featureDropout: option(z.boolean().default(true), {
    group: 'Method',
    doc: "Drop channels of the teacher's features as well. Official: on.",
  }),
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
  cacheBytes: option(
    z
      .int()
      .min(0)
      .default(2 * GIB),
    {
      group: 'Run',
      unit: 'bytes',
      doc: 'Memory for features of training images; what does not fit is computed again when needed.',
    },
  ),
  threads: option(z.int().min(1).nullable().default(null), {
    group: 'Run',
    whenAbsent: 'the physical cores, or STEGO_THREADS',
    doc: 'Threads of the native team.',
  }),
})

/** The options of a run with every default filled in. */
export type TrainOptions = z.output<typeof trainSchema>

type TrainFields = z.input<typeof trainSchema>

/** What stands beside the options of a run but is not part of them. */
export interface TrainRuntime {
  /** Aborts the run: it leaves a resumable checkpoint and rejects with `signal.reason`. */
  signal?: AbortSignal
  /** Takes the events that iterating over the run yields. */
  onEvent?: (event: TrainingEvent) => void
}

/** What `Stego.train()` takes: options with a data folder, or a run folder to resume. */
export type TrainInput = Omit<TrainFields, 'data'> &
  TrainRuntime &
  ({ data: string | URL; resume?: string | URL } | { data?: string | URL; resume: string | URL })

/** The options that may differ from those a run began with when it is resumed. */
export const RESUMABLE = [
  'data',
  'steps',
  'checkpointEvery',
  'validateEvery',
  'cacheBytes',
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
    const { resume: _, signal, onEvent, ...options } = parseOptions(inputSchema, input, context, wording)
    return { resume: null, options, signal, onEvent }
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
