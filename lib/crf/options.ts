/** Options of `denseCrf()` and `denseCrfBatch()`. */
import { z } from 'zod'
import type { ImageInput } from '../images/input.js'
import type { Tensor } from '../native/index.js'
import { abortSignal, option } from '../options/schema.js'
import { tensor } from '../options/tensor.js'

/** One standard deviation for all directions or channels, or one for each. */
const deviations = (count: number, doc: string, names: string) =>
  option(
    z.union([
      z.number().positive(),
      z.array(z.number().positive()).length(count) as z.ZodType<readonly number[], readonly number[]>,
    ]),
    { doc, expected: `a number above 0, or an array ${names}` },
  )

const weight = option(z.number().min(-1e6).max(1e6), {
  doc: 'Weight of the term (Potts model).',
  expected: 'a number between -1000000 and 1000000',
})

const compatibility = tensor<Float32Array>([Float32Array], {
  axes: '[C] or [C, C]',
  doc:
    'Use instead of the weight: the energy of each label next to itself, negative if it attracts, or of each pair of ' +
    'labels, which is symmetrized.',
}).optional()

const xyStd = deviations(2, 'Position standard deviation in pixels.', '[x, y]')

const gaussianTerm = z.strictObject({ xyStd, weight: weight.optional(), compatibility })
const bilateralTerm = z.strictObject({
  xyStd,
  rgbStd: deviations(3, 'Color standard deviation in 8-bit channel values.', '[red, green, blue]'),
  weight: weight.optional(),
  compatibility,
})

const scores = (what: string) =>
  tensor<Float32Array>([Float32Array], { axes: '[C, H, W]', doc: what }).optional()

const problemFields = {
  image: option(
    z.custom<ImageInput>((value) => value !== undefined && value !== null),
    {
      doc: 'Image with the size of the scores: path, file: URL, encoded bytes or raw samples.',
      expected: 'an image: a path, a file: URL, a Buffer or { data, width, height, channels }',
    },
  ),
  probabilities: scores('Probabilities of up to 256 labels at every pixel, clipped at 1e-5.'),
  logits: scores('Logits, whose softmax gives the probabilities; log-probabilities also work.'),
  unary: scores('Unary energies, -log(probability), used as is.'),
}

const settingFields = {
  preset: option(z.enum(['stego', 'deeplab']).default('stego'), {
    doc: "Defaults: STEGO's constants, or those common with DeepLab.",
  }),
  gaussian: option(gaussianTerm.nullable().optional(), {
    doc: 'Gaussian term: nearby pixels prefer the same label. null disables it.',
    expected: '{ xyStd, weight } or null',
  }),
  bilateral: option(bilateralTerm.nullable().optional(), {
    doc: 'Bilateral term: nearby pixels of similar color prefer the same label. null disables it.',
    expected: '{ xyStd, rgbStd, weight } or null',
  }),
  normalization: option(z.enum(['symmetric', 'before', 'after', 'none']).default('symmetric'), {
    doc: 'When to normalize the kernels; symmetric divides by the square root before and after filtering.',
  }),
  channelOrder: option(z.enum(['rgb', 'bgr']).optional(), {
    doc:
      'Channel order for the lattice, which affects only its approximation error. Official: bgr, the default of the ' +
      'stego preset.',
  }),
  iterations: option(z.int().min(0).max(1000).default(10), { doc: 'Mean-field iterations. Official value.' }),
  output: option(z.enum(['probabilities', 'labels', 'both']).default('probabilities'), {
    doc: 'What to return: probabilities [C, H, W], labels [H, W], or both.',
  }),
  signal: abortSignal(),
}

/** State of inference after an iteration. */
export interface CrfIteration {
  /** Number of iterations done. */
  iteration: number
  /** Returns the current probabilities, [C, H, W]. */
  probabilities(): Promise<Tensor>
  /**
   * Computes the KL divergence from the CRF distribution up to a constant. Takes about as long as an
   * iteration.
   */
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

/** Input of `denseCrf()`: an image, its scores and the settings. */
export interface DenseCrfOptions extends z.input<typeof denseCrfSchema> {}
/**
 * An image and its scores for `denseCrfBatch()`. Pass exactly one of `probabilities`, `logits` and `unary`.
 */
export interface DenseCrfProblem extends z.input<typeof denseCrfProblemSchema> {}
/** Settings of `denseCrfBatch()`. */
export interface DenseCrfBatchOptions extends z.input<typeof denseCrfBatchSchema> {}
export type DenseCrfSettings = z.output<typeof denseCrfBatchSchema>
export type ParsedProblem = z.output<typeof denseCrfProblemSchema>
