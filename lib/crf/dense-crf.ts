/**
 * The fully connected CRF (Kraehenbuehl and Koltun, 2011) as a standalone function. It sharpens class
 * probabilities along image edges. Results match pydensecrf to 1e-5.
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
  type DenseCrfBatchOptions,
  type DenseCrfOptions,
  type DenseCrfProblem,
  type DenseCrfSettings,
  denseCrfBatchSchema,
  denseCrfProblemSchema,
  denseCrfSchema,
  type ParsedProblem,
} from './options.js'
import { CRF_PRESETS } from './presets.js'

/** Refined probabilities and labels of an image. */
export interface DenseCrf {
  /** Width in pixels. */
  width: number
  /** Height in pixels. */
  height: number
  /** [C, H, W], summing to 1 at each pixel; null if only labels were requested. */
  probabilities: Tensor | null
  /** Most probable label of each pixel, [H, W], the first one on ties; null if not requested. */
  labels: Uint8Array | null
}

const SCORE_AXES = ['C', 'H', 'W']
const KINDS = ['probabilities', 'logits', 'unary'] as const

/**
 * Refines class scores of an image. Pass exactly one of `probabilities`, `logits` and `unary`, [C, H, W] with
 * the size of the image and up to 256 labels. The default constants are STEGO's. Memory use is about 8 C
 * bytes per pixel and 4 C bytes per lattice vertex; photos have one or two vertices per pixel, and 9 is the
 * maximum.
 *
 * Rejects with `ERR_STEGO_OPTION` for invalid options, `ERR_STEGO_IMAGE` or `ERR_STEGO_DATA_MISSING` for the
 * image, `ERR_STEGO_ARGUMENT` if scores have the wrong size or non-finite values, or if standard deviations
 * are so small that the lattice would overflow; `ERR_STEGO_OUT_OF_MEMORY`; and with the signal's reason when
 * it aborts.
 *
 * ```ts
 * const { labels } = await denseCrf({ image: 'street.jpg', probabilities, output: 'labels' })
 * ```
 */
export async function denseCrf(input: DenseCrfOptions): Promise<DenseCrf> {
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
 * Refines several images in parallel with the same settings, one per thread. Images may differ in size and
 * number of labels. All inputs are checked before work starts. Rejects as `denseCrf` does.
 */
export async function denseCrfBatch(
  problems: Iterable<DenseCrfProblem>,
  options?: DenseCrfBatchOptions,
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

/** Decodes the image in the requested channel order and checks its scores. */
async function prepare(
  problem: ParsedProblem,
  settings: DenseCrfSettings,
  context: string,
): Promise<CrfProblem> {
  const given = KINDS.filter((kind) => problem[kind] !== undefined)
  if (given.length !== 1) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `${context}: expected exactly one of "probabilities", "logits" and "unary", got ` +
        `${given.length === 0 ? 'none' : given.join(' and ')}.`,
    )
  }
  const kind = given[0]!
  const values = problem[kind]!
  checkTensor(kind, values, SCORE_AXES)
  const image = await decodeImage(problem.image)
  const labels = values.shape[0]!
  checkShape(kind, values.shape, [labels, image.height, image.width], 'matching the image')
  return {
    image: isReversed(settings) ? reverseChannels(image) : image,
    scores: [{ kind, values }],
    options: nativeOptions(settings, labels),
  }
}

const isReversed = ({ preset, channelOrder }: DenseCrfSettings) =>
  (channelOrder ?? CRF_PRESETS[preset].channelOrder) === 'bgr'

/** Swaps RGB and BGR in place. The caller must own the pixels. */
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

/** Returns a term's weight or compatibility. */
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
      `"${name}.weight" and "${name}.compatibility" are mutually exclusive. Pass only one of them.`,
    )
  }
  const axes = compatibility.shape.length === 1 ? ['C'] : ['C', 'C']
  checkTensor(`${name}.compatibility`, compatibility, axes)
  checkShape(
    `${name}.compatibility`,
    compatibility.shape,
    axes.map(() => labels),
    'matching the number of labels',
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
