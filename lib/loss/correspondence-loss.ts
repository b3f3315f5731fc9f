/**
 * STEGO's correspondence loss on features and codes of any origin (Hamilton et al., ICLR 2022, equations 1 to 5;
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
    doc: `Positions (x, y) in ${of}, -1 to 1 from border to border; drawn from the seed where absent.`,
  }).optional()

const { weights, centering, zeroClamp, stabilize, reduction, negativeSamples, seed } = trainSchema.shape

export const correspondenceLossSchema = z.strictObject({
  features: map('Features of the images'),
  codes: map('Codes of the images'),
  positiveFeatures: map('Features of the positives, such as nearest neighbors'),
  positiveCodes: map('Codes of the positives'),
  shifts: pairValues((pair) =>
    option(z.number(), { doc: `Feature correspondence of ${pair} pairs above which codes attract.` }),
  ),
  weights,
  centering,
  zeroClamp,
  stabilize,
  reduction,
  featureSamples: option(z.int().min(1).max(64).default(11), {
    doc: 'Positions sampled an image: this number squared. Official value.',
  }),
  negativeSamples,
  seed,
  coordinates1: coordinates('the images'),
  coordinates2: coordinates('the positives and the images of the random pairs'),
  permutations: tensor<Int32Array | BigInt64Array>([Int32Array, BigInt64Array], {
    axes: '[n, B]',
    doc: 'For each of n random pairings the image that each image is paired with; drawn from the seed where absent.',
  }).optional(),
})

/** What `correspondenceLoss()` takes. */
export interface CorrespondenceLossInput extends z.input<typeof correspondenceLossSchema> {}

/** Losses and code similarities of every pair of positions: [B, S, S, S, S], of random pairs [n * B, S, S, S, S]. */
export interface PairTensors {
  /** Losses. */
  loss: Tensor
  /** Code similarities. */
  similarity: Tensor
}

/** The loss, its parts and its gradients. */
export interface CorrespondenceLoss {
  /** The weighted sum of the three terms. */
  total: number
  /** The terms before weighting, reduced as asked; 0 for random pairs where there are none. */
  terms: PairValues
  /** Mean code similarity of each kind of pair; 0 where there are none. */
  similarity: PairValues
  /** Gradients of `total` with regard to the codes; features get none. */
  gradients: { codes: Tensor; positiveCodes: Tensor }
  /** The same of every pair of positions, by kind of pair. */
  pairs: Record<keyof PairValues, PairTensors>
  /** Positions and pairings used, whether given or drawn. */
  draws: { coordinates1: Tensor; coordinates2: Tensor; permutations: Tensor<Int32Array> }
}

/** What training adds to the loss and this function does not. */
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
 * Computes the loss: feature correspondence F and code correspondence S are the cosine similarities of every position
 * of one map with every position of the other; L = -mean((F_centered - shift) * max(S, 0)) of each image with itself,
 * with its positive and with random images of the batch, weighted and summed. Features and codes are sampled
 * bilinearly at S * S positions an image. Without `permutations` each pairing is the original's pseudo-permutation,
 * which pairs no image with itself; a batch of one has no other image, though.
 *
 * Rejects with `ERR_STEGO_OPTION` for wrong options, `ERR_STEGO_ARGUMENT` for tensors whose shapes do not go together
 * or that hold values that are not finite, `ERR_STEGO_OUT_OF_MEMORY`.
 *
 * ```ts
 * const { total, gradients } = await correspondenceLoss({
 *   features, codes, positiveFeatures, positiveCodes, shifts: { self: 0.18, knn: 0.12, random: 0.46 },
 * })
 * ```
 */
export async function correspondenceLoss(input: CorrespondenceLossInput): Promise<CorrespondenceLoss> {
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
  checkShape('codes', codes.shape, [batch, codes.shape[1]!, height, width], 'with the grid of the features')
  checkShape('positiveFeatures', positiveFeatures.shape, features.shape, 'that of features')
  checkShape('positiveCodes', positiveCodes.shape, codes.shape, 'that of codes')
}

/** The draws given, and from the seed those that are not. */
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
  checkShape(name, tensor.shape, shape, 'for the batch, and the same for both')
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
      `permutations must have the shape [n, ${batch}], an image for each of the batch; got ` +
        `[${shape.join(', ')}] with ${data.length} values.`,
    )
  }
  checkShape('permutations', shape, [shape[0]!, batch], 'an image for each of the batch')
  const wrong = indices.find((index) => index < 0n || index >= BigInt(batch))
  if (wrong === undefined) return { data: indices, shape }
  throw new StegoError(
    'ERR_STEGO_ARGUMENT',
    `permutations must hold images of the batch, 0 to ${batch - 1}; got ${wrong}.`,
  )
}

/** Uniform positions in [-1, 1], [batch, samples, samples, 2]. */
function drawCoordinates(batch: number, samples: number, seed: number, stream: number): Tensor {
  const random = createRandom(seed, stream)
  const data = new Float32Array(batch * samples * samples * 2).map(() => 2 * random.next() - 1)
  return { data, shape: [batch, samples, samples, 2] }
}

/** The original's pairings (super_perm): permutations whose fixed points are moved on by one. */
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
