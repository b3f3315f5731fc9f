/** The correspondence loss and the cluster probe's loss, piece by piece, with their gradients. */
import {
  type ContrastiveCrfOptions,
  checked,
  job,
  type LossOptions,
  type PairMaps,
  type Tensor,
} from '../../lib/native/index.js'
import { scalar } from './compare.js'
import type { Comparison } from './files.js'
import { entry, firstOnly, mean } from './tensors.js'

/** The constants that losses were recorded with. */
export function lossOptions(changes: Partial<LossOptions>): LossOptions {
  return {
    shifts: { self: 0.18, knn: 0.12, random: 0.46 },
    weights: { self: 0.67, knn: 0.25, random: 0.63 },
    centering: 'official',
    zeroClamp: true,
    stabilize: false,
    reduction: 'mean',
    correspondenceWeight: 1,
    featureSamples: 5,
    negativeSamples: 5,
    negatives: 'official',
    dropout: 0,
    featureDropout: false,
    reconstructionWeight: 0,
    alignment: { weight: 0, axes: 'correct' },
    crf: CRF,
    clusterObjective: 'nearestCenter',
    ...changes,
  }
}

/** The official constants of the contrastive CRF, at weight 0. */
export const CRF: ContrastiveCrfOptions = {
  weight: 0,
  samples: 1000,
  alpha: 0.5,
  beta: 0.15,
  gamma: 0.05,
  bilateral: 10,
  gaussian: 3,
  shift: 0,
}

export const compareSampling: Comparison = async (golden) => {
  const map = golden.float('t')
  const coordinates = golden.float('coords')
  const { samples } = await job((native) => native.samplePoints(map, coordinates))
  golden.expect('loss', 'out', samples)
  const ofSquares = { data: samples.data.map((value) => 2 * value), shape: samples.shape }
  const { gradient } = await job((native) => native.samplePoints(map, coordinates, ofSquares))
  golden.expect('gradient', 'grad_t', gradient)
}

/** Each row is a permutation whose fixed points are moved. */
export const compareShiftedPermutations: Comparison = async (golden) => {
  for (const length of [1, 2, 3, 5, 16]) {
    const permutations = golden.long(`in_${length}`)
    const shifted = Array.from({ length: permutations.shape[0]! }, (_, row) => {
      const { data } = checked((native) => native.shiftFixedPoints(entry(permutations, row)))
      return [...data]
    })
    golden.expect('mismatches', `out_${length}`, { data: shifted.flat(), shape: permutations.shape })
  }
}

type Switch = 0 | 1
interface Variant {
  pointwise: Switch
  zeroClamp: Switch
  stabilize: Switch
}

const ALL_VARIANTS: Variant[] = ([0, 1] as const).flatMap((pointwise) =>
  ([0, 1] as const).flatMap((zeroClamp) =>
    ([0, 1] as const).map((stabilize) => ({ pointwise, zeroClamp, stabilize })),
  ),
)

/** Pairs of maps by every variant of the loss, with two gradients each. */
export const comparePairs = pairComparison(ALL_VARIANTS, true)

/** The default variant on 11 x 11 samples; the large tensors hold the first pair only. */
export const compareLargePairs = pairComparison([{ pointwise: 1, zeroClamp: 1, stabilize: 0 }], false)

function pairComparison(variants: Variant[], complete: boolean): Comparison {
  return async (golden) => {
    const [features1, features2, codes1, codes2] = ['f1', 'f2', 'c1', 'c2'].map((key) => golden.float(key))
    const maps: PairMaps = {
      features1: features1!,
      features2: features2!,
      codes1: codes1!,
      codes2: codes2!,
    }
    const shown = (pairs: Tensor) => (complete ? pairs : firstOnly(pairs))
    for (const { pointwise, zeroClamp, stabilize } of variants) {
      const variant = `pw${pointwise}_zc${zeroClamp}_st${stabilize}`
      const options = lossOptions({
        centering: pointwise ? 'official' : 'none',
        zeroClamp: zeroClamp === 1,
        stabilize: stabilize === 1,
      })
      const run = (lossGradient?: Tensor) =>
        job((native) => native.pairCorrespondence(maps, options, options.shifts.self, lossGradient))
      const result = await run()
      golden.expect('loss', `loss_${variant}`, shown(result.loss))
      golden.expect('loss', `lossmean_${variant}`, scalar(mean(result.loss)))
      golden.expect('loss', 'cd', shown(result.similarity))
      golden.expect('gradient', `gc1_${variant}`, result.gradient1)
      golden.expect('gradient', `gc2_${variant}`, result.gradient2)
      if (!complete) continue
      const weighted = await run(golden.float('w'))
      golden.expect('gradient', `gwc1_${variant}`, weighted.gradient1)
      golden.expect('gradient', `gwc2_${variant}`, weighted.gradient2)
    }
  }
}

/** All three terms with sampling and negatives given, by the plain form and the fast one. */
export const compareWholeLoss: Comparison = async (golden) => {
  const maps = {
    features: golden.float('feats'),
    codes: golden.float('code'),
    positiveFeatures: golden.float('feats_pos'),
    positiveCodes: golden.float('code_pos'),
  }
  const draws = {
    coords1: golden.float('coords1'),
    coords2: golden.float('coords2'),
    permutations: golden.long('perms'),
  }
  for (const plain of [false, true]) {
    const options = lossOptions({
      featureSamples: draws.coords1.shape[1]!,
      negativeSamples: draws.permutations.shape[0]!,
      plain,
    })
    const result = await job((native) => native.correspondenceLoss(maps, draws, options))
    golden.expect('loss', 'pos_intra_loss', scalar(mean(result.selfLoss!)))
    golden.expect('loss', 'pos_intra_cd', result.selfSimilarity!)
    golden.expect('loss', 'pos_inter_loss', scalar(mean(result.knnLoss!)))
    golden.expect('loss', 'pos_inter_cd', result.knnSimilarity!)
    golden.expect('loss', 'neg_inter_loss', result.randomLoss!)
    golden.expect('loss', 'neg_inter_cd', result.randomSimilarity!)
    golden.expect('loss', 'total', result.total!)
    golden.expect('gradient', 'grad_code', result.codesGradient!)
    golden.expect('gradient', 'grad_code_pos', result.positiveCodesGradient!)
  }
}

export const compareClusterLookup: Comparison = async (golden) => {
  const codes = golden.float('x')
  const clusters = golden.float('clusters')
  for (const [suffix, alpha] of [['none', null] as const, ['a2', 2] as const, ['a05', 0.5] as const]) {
    const result = await job((native) => native.clusterLookup(codes, clusters, alpha))
    golden.expect('loss', `loss_${suffix}`, result.loss!)
    golden.expect('loss', `probs_${suffix}`, result.probabilities!)
    golden.expect('gradient', `gclusters_${suffix}`, result.clustersGradient!)
    golden.expect('gradient', `gx_${suffix}`, result.codesGradient!)
    if (alpha !== null) golden.expect('loss', `logprobs_${suffix}`, result.logProbabilities!)
  }
}

/** The contrastive CRF loss alone, on a grid and pixels that are given. */
export const compareContrastiveCrf: Comparison = async (golden) => {
  const pictures = golden.float('guidance')
  const codes = golden.float('clusters')
  const places = golden.long('coords')
  const options = { ...CRF, samples: places.shape[1]!, shift: 0.1 }
  const result = await job((native) => native.contrastiveCrf(pictures, codes, places, options))
  golden.expect('loss', 'out', result.loss)
  golden.expect('loss', 'mean', scalar(mean(result.loss)))
  golden.expect('gradient', 'grad_clusters', result.codesGradient)
}
