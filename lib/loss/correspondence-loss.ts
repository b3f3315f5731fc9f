/**
 * STEGO's correspondence loss on arbitrary features and codes (Hamilton et al., ICLR 2022, equations 1 to 5;
 * modules.py ContrastiveCorrelationLoss), with its gradients.
 */
import { z } from 'zod'
import { StegoError } from '../errors.js'
import { trainSchema } from '../method/train-options.js'
import {
  checked,
  type GivenDraws,
  job,
  type LossOptions,
  type PairValues,
  type Tensor,
} from '../native/index.js'
import { parseOptions } from '../options/parse.js'
import { option, pairValues } from '../options/schema.js'
import { checkShape, checkTensor, tensor } from '../options/tensor.js'
import { createRandom } from '../random/random.js'
import { LOSS_STREAMS } from '../random/streams.js'

const MAP_AXES = ['B', 'C', 'h', 'w']
const COORDINATE_AXES = ['B', 'S', 'S', '2']

const map = (of: string) =>
  tensor<Float32Array>([Float32Array], {
    axes: '[B, C, h, w]',
    doc: `${of}: batch, channels, height, width.`,
  })
const coordinates = (of: string) =>
  tensor<Float32Array>([Float32Array], {
    axes: '[B, S, S, 2]',
    doc: `Positions (x, y) in ${of}, from -1 to 1 between borders. Default: drawn from the seed.`,
  }).optional()

const { weights, centering, zeroClamp, stabilize, reduction, negativeSamples, seed } = trainSchema.shape

export const correspondenceLossSchema = z.strictObject({
  features: map('Features of the images'),
  codes: map('Codes of the images'),
  positiveFeatures: map('Features of the positives, such as nearest neighbors'),
  positiveCodes: map('Codes of the positives'),
  shifts: pairValues((pair) =>
    option(z.number(), {
      doc: `Shift for ${pair} pairs: codes attract if their feature correspondence is above it.`,
    }),
  ),
  weights,
  centering,
  zeroClamp,
  stabilize,
  reduction,
  featureSamples: option(z.int().min(1).max(64).default(11), {
    doc: 'Positions sampled per image: this number squared. Official value.',
  }),
  negativeSamples,
  seed,
  coordinates1: coordinates('the images'),
  coordinates2: coordinates('the positives and randomly paired images'),
  permutations: tensor<Int32Array | BigInt64Array>([Int32Array, BigInt64Array], {
    axes: '[n, B]',
    doc: 'Partner of each image in each of n random pairings. Default: drawn from the seed.',
  }).optional(),
})

/** Input of `correspondenceLoss()`. */
export interface CorrespondenceLossOptions extends z.input<typeof correspondenceLossSchema> {}

/** Losses and code similarities of all position pairs: [B, S, S, S, S], or [n * B, S, S, S, S] for random pairs. */
export interface PairTensors {
  /** Losses. */
  loss: Tensor
  /** Code similarities. */
  similarity: Tensor
}

/** The loss, its terms and its gradients. */
export interface CorrespondenceLoss {
  /** Weighted sum of the three terms. */
  total: number
  /** Reduced terms before weighting; 0 for random pairs if there are none. */
  terms: PairValues
  /** Mean code similarity by pair type; 0 if there are none. */
  similarity: PairValues
  /** Gradients of `total` with respect to the codes. Features get none. */
  gradients: { codes: Tensor; positiveCodes: Tensor }
  /** Losses and similarities of all position pairs, by pair type. */
  pairs: Record<keyof PairValues, PairTensors>
  /** Positions and pairings used, given or drawn. */
  draws: { coordinates1: Tensor; coordinates2: Tensor; permutations: Tensor<Int32Array> }
}

/** Training terms that this function omits. */
const OTHER_TERMS_OFF = {
  correspondenceWeight: 1,
  negatives: 'official',
  dropout: 0,
  featureDropout: false,
  reconstructionWeight: 0,
  alignment: { weight: 0, axes: 'correct' },
  crf: { weight: 0, samples: 1, alpha: 1, beta: 1, gamma: 1, bilateral: 0, gaussian: 0, shift: 0 },
  clusterObjective: 'nearestCenter',
} as const

/**
 * Computes the correspondence loss and its gradients. Feature correspondence F and code correspondence S are the cosine
 * similarities of every position in one map with every position in the other. L = -mean((F_centered - shift) * max(S, 0))
 * is computed for each image with itself, with its positive and with random images in the batch, then weighted and
 * summed. Features and codes are sampled bilinearly at S * S positions per image. By default, pairings are the
 * original's pseudo-permutations, which pair no image with itself unless the batch has only one.
 *
 * Rejects with `ERR_STEGO_OPTION` for invalid options, `ERR_STEGO_ARGUMENT` for tensors with incompatible shapes or
 * non-finite values, `ERR_STEGO_OUT_OF_MEMORY`.
 *
 * ```ts
 * const { total, gradients } = await correspondenceLoss({
 *   features, codes, positiveFeatures, positiveCodes, shifts: { self: 0.18, knn: 0.12, random: 0.46 },
 * })
 * ```
 */
export async function correspondenceLoss(input: CorrespondenceLossOptions): Promise<CorrespondenceLoss> {
  const options = parseOptions(correspondenceLossSchema, input, 'correspondenceLoss()')
  checkMaps(options)
  const draws = chooseDraws(options)
  const { features, codes, positiveFeatures, positiveCodes, reduction } = options
  const { shifts, weights, centering, zeroClamp, stabilize } = options
  const loss: LossOptions = {
    ...OTHER_TERMS_OFF,
    shifts,
    weights,
    centering,
    zeroClamp,
    stabilize,
    reduction,
    featureSamples: draws.coords1.shape[1]!,
    negativeSamples: draws.permutations.shape[0]!,
  }
  const maps = { features, codes, positiveFeatures, positiveCodes }
  const result = await job((native) => native.correspondenceLoss(maps, draws, loss))
  const pairs = {
    self: { loss: result.selfLoss!, similarity: result.selfSimilarity! },
    knn: { loss: result.knnLoss!, similarity: result.knnSimilarity! },
    random: { loss: result.randomLoss!, similarity: result.randomSimilarity! },
  }
  const each = (value: (pair: PairTensors) => number): PairValues => ({
    self: value(pairs.self),
    knn: value(pairs.knn),
    random: value(pairs.random),
  })
  return {
    total: result.total!.data[0]!,
    terms: each((pair) => (reduction === 'sum' ? sum(pair.loss) : mean(pair.loss))),
    similarity: each((pair) => mean(pair.similarity)),
    gradients: { codes: result.codesGradient!, positiveCodes: result.positiveCodesGradient! },
    pairs,
    draws: {
      coordinates1: draws.coords1,
      coordinates2: draws.coords2,
      permutations: {
        data: Int32Array.from(draws.permutations.data, Number),
        shape: draws.permutations.shape,
      },
    },
  }
}

type Options = z.output<typeof correspondenceLossSchema>

function checkMaps({ features, codes, positiveFeatures, positiveCodes }: Options): void {
  for (const [name, tensor] of Object.entries({ features, codes, positiveFeatures, positiveCodes })) {
    checkTensor(name, tensor, MAP_AXES)
  }
  const [batch, , height, width] = features.shape as [number, number, number, number]
  checkShape('codes', codes.shape, [batch, codes.shape[1]!, height, width], 'matching the feature grid')
  checkShape('positiveFeatures', positiveFeatures.shape, features.shape, 'matching features')
  checkShape('positiveCodes', positiveCodes.shape, codes.shape, 'matching codes')
}

/** Returns the given draws, drawing missing ones from the seed. */
function chooseDraws(options: Options): GivenDraws {
  const batch = options.features.shape[0]!
  const given = options.coordinates1 ?? options.coordinates2
  const samples = given?.shape[1] ?? options.featureSamples
  const positions = (name: 'coordinates1' | 'coordinates2') =>
    options[name] === undefined
      ? drawCoordinates(batch, samples, options.seed, LOSS_STREAMS[name])
      : checkCoordinates(name, options[name], [batch, samples, samples, 2])
  return {
    coords1: positions('coordinates1'),
    coords2: positions('coordinates2'),
    permutations:
      options.permutations === undefined
        ? drawPermutations(options.negativeSamples, batch, options.seed)
        : checkPermutations(options.permutations, batch),
  }
}

function checkCoordinates(name: string, tensor: Tensor, shape: number[]): Tensor {
  checkTensor(name, tensor, COORDINATE_AXES)
  checkShape(name, tensor.shape, shape, 'matching the batch and each other')
  return tensor
}

function checkPermutations(
  { data, shape }: Tensor<Int32Array | BigInt64Array>,
  batch: number,
): Tensor<BigInt64Array> {
  const indices = BigInt64Array.from(data as Iterable<number | bigint>, BigInt)
  if (shape.length !== 2 || shape[0]! * batch !== data.length) {
    throw new StegoError(
      'ERR_STEGO_ARGUMENT',
      `permutations must have the shape [n, ${batch}], one image per batch entry; got ` +
        `[${shape.join(', ')}] with ${data.length} values.`,
    )
  }
  checkShape('permutations', shape, [shape[0]!, batch], 'one image per batch entry')
  const wrong = indices.find((index) => index < 0n || index >= BigInt(batch))
  if (wrong === undefined) return { data: indices, shape }
  throw new StegoError(
    'ERR_STEGO_ARGUMENT',
    `permutations must contain batch indices from 0 to ${batch - 1}, got ${wrong}.`,
  )
}

/** Draws uniform positions in [-1, 1], [batch, samples, samples, 2]. */
function drawCoordinates(batch: number, samples: number, seed: number, stream: number): Tensor {
  const random = createRandom(seed, stream)
  const data = new Float32Array(batch * samples * samples * 2).map(() => 2 * random.next() - 1)
  return { data, shape: [batch, samples, samples, 2] }
}

/** Draws the original's pairings (super_perm): permutations with fixed points shifted by one. */
function drawPermutations(count: number, batch: number, seed: number): Tensor<BigInt64Array> {
  const data = new BigInt64Array(count * batch)
  for (let pairing = 0; pairing < count; pairing++) {
    const drawn = createRandom(seed, LOSS_STREAMS.permutations, pairing).permutation(batch)
    const permutation = { data: BigInt64Array.from(drawn, BigInt), shape: [batch] }
    data.set(checked((native) => native.shiftFixedPoints(permutation)).data, pairing * batch)
  }
  return { data, shape: [count, batch] }
}

const sum = ({ data }: Tensor) => data.reduce((total, value) => total + value, 0)
const mean = (tensor: Tensor) => (tensor.data.length === 0 ? 0 : sum(tensor) / tensor.data.length)
