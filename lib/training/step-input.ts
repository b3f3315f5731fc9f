/** What the native step is given of a batch: its pairs, labels, salience and pictures, as the losses need them. */
import type { BatchInput, LossOptions, StepInput, Transform } from '../native.js'
import type { TrainOptions } from '../options/train.js'
import type { TrainingImages } from './images.js'
import type { Pairs } from './pairs.js'

/** A batch whose features are in memory. */
export function batchInput(
  images: TrainingImages,
  pairs: Pairs,
  options: TrainOptions,
  loss: LossOptions,
): BatchInput {
  const { oracle } = options
  return {
    ...pairs,
    labels: images.labels(pairs.images),
    positiveLabels: oracle ? images.labels(pairs.positives) : undefined,
    salience: images.salience(pairs.images),
    positiveSalience: images.salience(pairs.positives),
    oracle,
    loss,
  }
}

/** A step on such a batch; `step` is its 1-based number. */
export async function stepInput(
  images: TrainingImages,
  batch: BatchInput,
  step: number,
  options: TrainOptions,
  transform: Transform,
): Promise<StepInput> {
  const { learningRates, alignment, histogramEvery } = options
  return {
    ...batch,
    learningRates,
    views: alignment.weight > 0 ? { images: await images.pictures(batch.images), transform } : undefined,
    histograms: histogramEvery !== null && step % histogramEvery === 0,
  }
}
