/** How a network predicts by default. */
import type { PredictOptions } from '../native/index.js'

/** Factor of the cosines in cluster probabilities (eval_segmentation.py). */
export const TEMPERATURE = 2

/** Fills in the official settings: averaged with the mirrored image, at the size the network sees, no CRF. */
export function predictOptions(
  given: Pick<PredictOptions, 'transform' | 'heads'> & Partial<PredictOptions>,
): PredictOptions {
  return {
    flip: true,
    size: 'transform',
    logProbabilities: [],
    temperature: TEMPERATURE,
    crf: false,
    ...given,
  }
}
