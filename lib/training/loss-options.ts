/** From the options of a run to those of the native loss. */
import type { LossOptions, PairValues } from '../native/index.js'
import type { TrainOptions } from '../options/train.js'

/** The losses of a run with these shifts. */
export function lossOptions(options: TrainOptions, shifts: PairValues): LossOptions {
  const { weights, correspondenceWeight, centering, zeroClamp, stabilize, reduction } = options
  const { featureSamples, negativeSamples, negatives, dropout, featureDropout } = options
  const { reconstruction, alignment, contrastiveCrf: crf, clusterObjective } = options
  return {
    shifts,
    weights,
    correspondenceWeight,
    centering,
    zeroClamp,
    stabilize,
    reduction,
    featureSamples,
    negativeSamples,
    negatives,
    dropout,
    featureDropout,
    reconstructionWeight: reconstruction.weight,
    alignment,
    crf,
    clusterObjective,
  }
}
