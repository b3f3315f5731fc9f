/** How a network predicts, built in one place. */
import type { PredictOptions } from '../native/index.js'

/** Factor of the cosines in cluster probabilities (eval_segmentation.py). */
export const TEMPERATURE = 2

/** Official settings for what is not given: averaged with the mirrored image, at the size the network sees, no CRF. */
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
