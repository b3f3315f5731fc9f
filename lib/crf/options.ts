/** Options of `denseCrf()` and `denseCrfBatch()`. */
import { z } from 'zod'
import type { ImageInput } from '../images/decode.js'
import type { Tensor } from '../native/index.js'
import { abortSignal, option } from '../options/schema.js'
import { tensor } from '../options/tensor.js'

/** One standard deviation for both directions or all channels, or one for each. */
const deviations = (count: number, doc: string, names: string) =>
  option(
    z.union([
      z.number().positive(),
      z.array(z.number().positive()).length(count) as z.ZodType<readonly number[], readonly number[]>,
    ]),
    { doc, expected: `a number above 0, or ${count} of them as ${names}` },
  )

const weight = option(z.number().min(-1e6).max(1e6), {
  doc: 'How much neighbors that agree count (Potts model).',
  expected: 'a number between -1000000 and 1000000',
})

const compatibility = tensor<Float32Array>([Float32Array], {
  axes: '[C] or [C, C]',
  doc:
    'Instead of the weight: the energy of each label beside itself, negative where it attracts, or of each pair of ' +
    'labels, symmetrised.',
}).optional()

const xyStd = deviations(2, 'Standard deviation of places.', '[x, y]')

const gaussianTerm = z.strictObject({ xyStd, weight: weight.optional(), compatibility })
const bilateralTerm = z.strictObject({
  xyStd,
  rgbStd: deviations(3, 'Standard deviation of colors, in steps of 8-bit channels.', '[red, green, blue]'),
  weight: weight.optional(),
  compatibility,
})

const scores = (what: string) =>
  tensor<Float32Array>([Float32Array], { axes: '[C, H, W]', doc: what }).optional()

const problemFields = {
  image: option(
    z.custom<ImageInput>((value) => value !== undefined && value !== null),
    {
      doc: 'The picture, of the size of the scores: path, file: URL, bytes of an encoded file, or raw samples.',
      expected: 'an image: a path, a file: URL, a Buffer or { data, width, height, channels }',
    },
  ),
  probabilities: scores('Probability of each of up to 256 labels at every pixel; clipped at 1e-5.'),
  logits: scores('Their softmax is the probabilities; log-probabilities will do.'),
  unary: scores('Energies, -log(probability), taken as they are.'),
}

const settingFields = {
  preset: option(z.enum(['stego', 'deeplab']).default('stego'), {
    doc: "What stands where nothing else is given: STEGO's constants, or those of DeepLab's users.",
  }),
  gaussian: option(gaussianTerm.nullable().optional(), {
    doc: 'Neighbors that are near. null: none.',
    expected: '{ xyStd, weight } or null',
  }),
  bilateral: option(bilateralTerm.nullable().optional(), {
    doc: 'Neighbors that are near and of like color. null: none.',
    expected: '{ xyStd, rgbStd, weight } or null',
  }),
  normalization: option(z.enum(['symmetric', 'before', 'after', 'none']).default('symmetric'), {
    doc: 'Where the number of neighbors is divided out; symmetric: its root before and after filtering.',
  }),
  channelOrder: option(z.enum(['rgb', 'bgr']).optional(), {
    doc:
      'Order in which colors enter the lattice. The kernel is the same, its approximation is not. Official: bgr, ' +
      "which is the preset stego's.",
  }),
  iterations: option(z.int().min(0).max(1000).default(10), { doc: 'Mean-field iterations. Official value.' }),
  output: option(z.enum(['probabilities', 'labels', 'both']).default('probabilities'), {
    doc: 'What to return: probabilities [C, H, W], labels [H, W], or both.',
  }),
  signal: abortSignal(),
}

/** Inference between two iterations. */
export interface CrfIteration {
  /** Iterations done: 1 after the first. */
  iteration: number
  /** The probabilities now, [C, H, W]. */
  probabilities(): Promise<Tensor>
  /** KL divergence from the CRF's distribution, up to a constant; takes about an iteration's time. */
  divergence(): Promise<number>
}

export const denseCrfProblemSchema = z.strictObject(problemFields)
export const denseCrfBatchSchema = z.strictObject(settingFields)
export const denseCrfSchema = z.strictObject({
  ...problemFields,
  ...settingFields,
  onIteration: option(
    z
      .custom<(state: CrfIteration) => void | Promise<void>>((value) => typeof value === 'function')
      .optional(),
    { doc: 'Called after every iteration and awaited before the next.', expected: 'a function' },
  ),
})

/** What `denseCrf()` takes: a picture, its scores and the settings. */
export interface DenseCrfInput extends z.input<typeof denseCrfSchema> {}
/** What `denseCrfBatch()` takes of each picture: give one of `probabilities`, `logits` and `unary`. */
export interface DenseCrfProblem extends z.input<typeof denseCrfProblemSchema> {}
/** The settings of `denseCrfBatch()`. */
export interface DenseCrfBatchInput extends z.input<typeof denseCrfBatchSchema> {}
export type DenseCrfSettings = z.output<typeof denseCrfBatchSchema>
export type ParsedProblem = z.output<typeof denseCrfProblemSchema>
