/** Options of the method itself: pairs, head, losses, probes (docs/method-constants.md). */
import { z } from 'zod'
import { option, pairValues, path } from '../options/schema.js'
import { positionOption } from './backbone-options.js'

const PAIRS = {
  self: 'self pairs (an image with itself)',
  knn: 'neighbor pairs',
  random: 'random pairs',
}

const weight = (value: number, pair: keyof typeof PAIRS) =>
  option(z.number().min(0).default(value), {
    group: 'Method',
    doc: `Loss weight of ${PAIRS[pair]}. Official value.`,
  })

const learningRate = (value: number, part: string) =>
  option(z.number().min(0).default(value), {
    group: 'Method',
    doc: `Learning rate (Adam) of ${part}. Official value.`,
  })

const crf = (value: number, what: string, positive = false) =>
  option((positive ? z.number().positive() : z.number().min(0)).default(value), {
    group: 'Optional losses',
    doc: `${what}. Official value.`,
  })

export const methodFields = {
  neighbors: option(z.int().min(1).max(255).default(7), {
    group: 'Method',
    unit: 'images',
    doc: "Number of nearest neighbors an image's positive is drawn from; fewer in small folders. Official value.",
  }),
  neighborFile: option(path().nullable().default(null), {
    group: 'Method',
    value: 'file',
    expected: 'a file of neighbors, a path or a file: URL',
    whenAbsent: 'they are computed',
    doc: 'Precomputed nearest neighbors, from `stego neighbors` (.safetensors) or the original (nns_*.npz).',
  }),
  dim: option(z.int().min(1).max(4096).default(70), {
    group: 'Method',
    unit: 'channels',
    doc: 'Code dimension. Official value; the published models use 90 and 100.',
  }),
  projection: option(z.enum(['linear', 'nonlinear']).nullable().default('nonlinear'), {
    group: 'Method',
    value: 'none|linear|nonlinear',
    whenAbsent: 'the code is the feature, and only the probes are trained',
    doc: 'Head: one linear layer, or that plus a two-layer branch. Official: nonlinear.',
  }),
  continuous: option(z.boolean().default(true), {
    group: 'Method',
    doc: 'Off: the code is the log-softmax of one channel per class, and dim the number of classes. Official: on.',
  }),
  featureKind: option(z.enum(['feat', 'keys']).default('feat'), {
    group: 'Method',
    doc: "Features to use: a block's output after the final norm, or its attention keys. Official: feat.",
  }),
  featureLayer: option(z.int().min(1).max(64).default(1), {
    group: 'Method',
    doc: 'Block to take features from, counted from the last, which is 1. Official: 1.',
  }),
  position: positionOption,
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
        'auto takes the .65, .80 and .95 quantiles of feature correspondence for self, neighbor and random pairs. ' +
        'Published shifts fit only one backbone and one dataset: there .18, .12, .46.',
    },
  ),
  weights: pairValues((pair) => weight({ self: 0.67, knn: 0.25, random: 0.63 }[pair], pair)).prefault({}),
  correspondenceWeight: option(z.number().min(0).default(1), {
    group: 'Method',
    doc: 'Factor applied to the sum of the three weighted terms. Official value.',
  }),
  learningRates: z
    .strictObject({
      head: learningRate(5e-4, 'the head'),
      linearProbe: learningRate(5e-3, 'the linear probes'),
      clusterProbe: learningRate(5e-3, 'the cluster probe'),
    })
    .prefault({}),
  centering: option(z.enum(['official', 'paper', 'none']).default('official'), {
    group: 'Method',
    doc:
      'Spatial centering of feature correspondence: official adds the overall mean back, paper does not, none ' +
      'applies no centering.',
  }),
  zeroClamp: option(z.boolean().default(true), {
    group: 'Method',
    doc: 'Clamp code similarity to at least 0. Official: on.',
  }),
  stabilize: option(z.boolean().default(false), {
    group: 'Method',
    doc: 'Also clamp code similarity to at most .8. Official: off.',
  }),
  reduction: option(z.enum(['mean', 'sum']).default('mean'), {
    group: 'Method',
    doc: 'Mean over position pairs (official code) or sum (paper; needs other learning rates).',
  }),
  featureSamples: option(z.union([z.int().min(1).max(64), z.literal('all')]).default(11), {
    group: 'Method',
    value: 'n|all',
    expected: 'an integer from 1 to 64, or "all"',
    doc: 'Positions sampled per image and step: this number squared; all uses the whole grid (paper). Official: 11.',
  }),
  salience: option(z.boolean().default(false), {
    group: 'Method',
    doc: "Draw nine of ten positions from the dataset's mask, mostly labeled pixels. Official: off.",
  }),
  negativeSamples: option(z.int().min(0).max(64).default(5), {
    group: 'Method',
    doc: 'Random pairings per step. Official value.',
  }),
  negatives: option(z.enum(['official', 'derangement']).default('official'), {
    group: 'Method',
    doc:
      'How random pairs are drawn: official shifts the fixed points of a permutation by one, so images can repeat; ' +
      'derangement is a permutation without fixed points.',
  }),
  oracle: option(z.boolean().default(false), {
    group: 'Method',
    doc: 'Use labels as teacher instead of features: an upper bound, not unsupervised. Official: off.',
  }),
  dropout: option(z.number().min(0).lt(1).default(0.1), {
    group: 'Method',
    doc: 'Probability of dropping a whole feature channel. Official value.',
  }),
  featureDropout: option(z.boolean().default(true), {
    group: 'Method',
    doc: "Also drop channels of the teacher's features. Official: on.",
  }),
  reconstruction: z
    .strictObject({
      weight: option(z.number().min(0).default(0), {
        group: 'Optional losses',
        doc: 'Weight of the reconstruction loss: features decoded from codes. Official: 0.',
      }),
    })
    .prefault({}),
  alignment: z
    .strictObject({
      weight: option(z.number().min(0).default(0), {
        group: 'Optional losses',
        doc:
          'Weight of the alignment loss between codes of an augmented view and of the image. If above 0, each ' +
          'step passes a batch through the backbone. Official: 0.',
      }),
      axes: option(z.enum(['correct', 'official']).default('correct'), {
        group: 'Optional losses',
        doc: 'official compares a mirrored view with the image upside down, as the official code does.',
      }),
    })
    .prefault({}),
  contrastiveCrf: z
    .strictObject({
      weight: crf(0, 'Weight of the contrastive CRF: nearby pixels of similar color get similar codes'),
      samples: option(z.int().min(1).max(16384).default(1000), {
        group: 'Optional losses',
        unit: 'pixels',
        doc: 'Pixels drawn per step on a 56 x 56 grid. Official value.',
      }),
      alpha: crf(0.5, 'Position bandwidth of the bilateral kernel', true),
      beta: crf(0.15, 'Color bandwidth of the bilateral kernel', true),
      gamma: crf(0.05, 'Position bandwidth of the Gaussian kernel', true),
      bilateral: crf(10, 'Weight of the bilateral kernel'),
      gaussian: crf(3, 'Weight of the Gaussian kernel'),
      shift: option(z.number().default(0), {
        group: 'Optional losses',
        doc: 'Subtracted from the kernels. Official value.',
      }),
    })
    .prefault({}),
  clusterObjective: option(z.enum(['nearestCenter', 'nearestPosition']).default('nearestCenter'), {
    group: 'Probes and clusters',
    doc:
      'Online cluster probe: every position pulls its nearest center (official), or every center is pulled to its ' +
      'nearest position in each image.',
  }),
  extraClusters: option(z.int().min(0).max(200).default(0), {
    group: 'Probes and clusters',
    doc: 'Clusters beyond the number of classes, in the cluster probe and in k-means. Official: 0.',
  }),
  resetProbesAt: option(z.int().min(1).nullable().default(null), {
    group: 'Probes and clusters',
    unit: 'steps',
    whenAbsent: 'never',
    doc: 'Step after which the probes and their optimizers are reset. Official: never.',
  }),
} as const
