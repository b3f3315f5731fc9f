/**
 * The fully connected CRF by itself (Kraehenbuehl and Koltun, 2011): sharpens class probabilities along the edges of
 * a picture. The numbers are pydensecrf's, to 1e-5; nothing has to be installed for it.
 */
import { StegoError } from '../errors.js'
import { decodeImage } from '../images/decode.js'
import {
  type CrfOptions,
  type CrfProblem,
  type CrfTerm,
  checked,
  job,
  type NativeMeanField,
  type Pixels,
  type Tensor,
} from '../native/index.js'
import { parseOptions } from '../options/parse.js'
import { checkShape, checkTensor } from '../options/tensor.js'
import {
  type DenseCrfBatchInput,
  type DenseCrfInput,
  type DenseCrfProblem,
  type DenseCrfSettings,
  denseCrfBatchSchema,
  denseCrfProblemSchema,
  denseCrfSchema,
  type ParsedProblem,
} from './options.js'
import { CRF_PRESETS } from './presets.js'

/** A picture's refined labels. */
export interface DenseCrf {
  /** Pixels of a row. */
  width: number
  /** Rows. */
  height: number
  /** [C, H, W], each pixel summing to 1; null where only labels were asked for. */
  probabilities: Tensor | null
  /** The most probable label of each pixel, the first of equals, [H, W]; null where not asked for. */
  labels: Uint8Array | null
}

const SCORE_AXES = ['C', 'H', 'W']
const KINDS = ['probabilities', 'logits', 'unary'] as const

/**
 * Refines class scores of a picture. Give one of `probabilities`, `logits` and `unary`, [C, H, W] of the picture's
 * size, up to 256 labels; without further options the constants are STEGO's. Memory is about
 * 8 C bytes a pixel and 4 C bytes a lattice vertex, of which there are up to 9 a pixel, one or two in photographs.
 *
 * Rejects with `ERR_STEGO_OPTION` for wrong options, `ERR_STEGO_IMAGE` or `ERR_STEGO_DATA_MISSING` for the image,
 * `ERR_STEGO_ARGUMENT` for scores of another size or that are not finite, and for standard deviations so small that
 * the lattice would overflow; `ERR_STEGO_OUT_OF_MEMORY`; with the signal's reason when it aborts.
 *
 * ```ts
 * const { labels } = await denseCrf({ image: 'street.jpg', probabilities, output: 'labels' })
 * ```
 */
export async function denseCrf(input: DenseCrfInput): Promise<DenseCrf> {
  const { onIteration, ...options } = parseOptions(denseCrfSchema, input, 'denseCrf()')
  const { image, probabilities, logits, unary, ...settings } = options
  const { signal, iterations, output } = settings
  const problem = await prepare({ image, probabilities, logits, unary }, settings, 'denseCrf()')
  const field = await job((addon, cancel) => addon.MeanField.begin(problem, cancel), signal)
  try {
    if (onIteration === undefined) {
      await job((_, cancel) => field.iterate(iterations, cancel), signal)
    } else {
      for (let iteration = 1; iteration <= iterations; iteration++) {
        await job((_, cancel) => field.iterate(1, cancel), signal)
        await onIteration({
          iteration,
          probabilities: () => job(() => field.probabilities(0)),
          divergence: () => job(() => field.divergence(0)),
        })
      }
    }
    return await readResult(field, problem.image, output)
  } finally {
    checked(() => field.dispose())
  }
}

/**
 * Refines several pictures with the same settings, one on each thread: the fastest way through many. Pictures may
 * differ in size and labels. Rejects as `denseCrf` does; all problems are checked before any is worked on.
 */
export async function denseCrfBatch(
  problems: Iterable<DenseCrfProblem>,
  options?: DenseCrfBatchInput,
): Promise<DenseCrf[]> {
  const context = 'denseCrfBatch()'
  const settings = parseOptions(denseCrfBatchSchema, options, context)
  const prepared: CrfProblem[] = []
  for (const problem of problems) {
    settings.signal?.throwIfAborted()
    prepared.push(await prepare(parseOptions(denseCrfProblemSchema, problem, context), settings, context))
  }
  const results = await job(
    (addon, cancel) => addon.denseCrf(prepared, settings.output, cancel),
    settings.signal,
  )
  return results.map((sets, i) => {
    const { probabilities, labels } = sets[0]!
    return { ...sizeOf(prepared[i]!.image), probabilities, labels: labels?.data ?? null }
  })
}

/** The picture in the order of its channels, and its scores, checked. */
async function prepare(
  problem: ParsedProblem,
  settings: DenseCrfSettings,
  context: string,
): Promise<CrfProblem> {
  const given = KINDS.filter((kind) => problem[kind] !== undefined)
  if (given.length !== 1) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `${context}: exactly one of "probabilities", "logits" and "unary" must be given, got ` +
        `${given.length === 0 ? 'none' : given.join(' and ')}.`,
    )
  }
  const kind = given[0]!
  const values = problem[kind]!
  checkTensor(kind, values, SCORE_AXES)
  const image = await decodeImage(problem.image)
  const labels = values.shape[0]!
  checkShape(kind, values.shape, [labels, image.height, image.width], 'that of the image')
  return {
    image: isReversed(settings) ? reverseChannels(image) : image,
    scores: [{ kind, values }],
    options: nativeOptions(settings, labels),
  }
}

const isReversed = ({ preset, channelOrder }: DenseCrfSettings) =>
  (channelOrder ?? CRF_PRESETS[preset].channelOrder) === 'bgr'

/** RGB to BGR and back. The pixels must be the caller's own. */
function reverseChannels(image: Pixels): Pixels {
  const { data } = image
  for (let i = 0; i < data.length; i += 3) {
    const first = data[i]!
    data[i] = data[i + 2]!
    data[i + 2] = first
  }
  return image
}

function nativeOptions(settings: DenseCrfSettings, labels: number): CrfOptions {
  const preset = CRF_PRESETS[settings.preset]
  const { gaussian = preset.gaussian, bilateral = preset.bilateral, normalization } = settings
  const terms: CrfTerm[] = []
  const pair = (deviation: number | readonly number[]) => spread(deviation, 2)
  if (gaussian) {
    terms.push({
      xyStd: pair(gaussian.xyStd),
      colorStd: null,
      compatibility: compatibilityOf('gaussian', gaussian, preset.gaussian.weight, labels),
      normalization,
    })
  }
  if (bilateral) {
    const colorStd = spread(bilateral.rgbStd, 3)
    terms.push({
      xyStd: pair(bilateral.xyStd),
      colorStd: isReversed(settings) ? colorStd.toReversed() : colorStd,
      compatibility: compatibilityOf('bilateral', bilateral, preset.bilateral.weight, labels),
      normalization,
    })
  }
  return { terms, iterations: settings.iterations, instructions: 'auto' }
}

const spread = (value: number | readonly number[], count: number): number[] =>
  typeof value === 'number' ? Array.from({ length: count }, () => value) : [...value]

/** A term's weight, or what stands instead of it. */
function compatibilityOf(
  name: string,
  term: { weight?: number; compatibility?: Tensor },
  presetWeight: number,
  labels: number,
): Tensor {
  const { weight, compatibility } = term
  if (compatibility === undefined) return { data: Float32Array.of(weight ?? presetWeight), shape: [1] }
  if (weight !== undefined) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `"${name}.weight" and "${name}.compatibility" exclude each other: give one of them.`,
    )
  }
  const axes = compatibility.shape.length === 1 ? ['C'] : ['C', 'C']
  checkTensor(`${name}.compatibility`, compatibility, axes)
  checkShape(
    `${name}.compatibility`,
    compatibility.shape,
    axes.map(() => labels),
    'for the labels there are',
  )
  return compatibility
}

async function readResult(
  field: NativeMeanField,
  image: Pixels,
  output: DenseCrfSettings['output'],
): Promise<DenseCrf> {
  const probabilities = output === 'labels' ? null : await job(() => field.probabilities(0))
  const labels = output === 'probabilities' ? null : (await job(() => field.labels(0))).data
  return { ...sizeOf(image), probabilities, labels }
}

const sizeOf = ({ width, height }: Pixels) => ({ width, height })
