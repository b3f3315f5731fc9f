/** What the native step is given of a batch: its pairs, labels, salience and pictures, as the losses need them. */
import type { BatchInput, LossOptions, StepInput, Transform } from '../native/index.js'
import type { TrainOptions } from '../options/train.js'
import type { TrainingImages } from './images.js'
import type { Pairs } from './pairs.js'

/** A batch whose features are at hand. */
export async function batchInput(
  images: TrainingImages,
  pairs: Pairs,
  options: TrainOptions,
  loss: LossOptions,
): Promise<BatchInput> {
  const { oracle } = options
  const own = await images.labels(pairs.images)
  const positive = oracle || options.salience ? await images.labels(pairs.positives) : null
  return {
    ...pairs,
    labels: own.labels,
    positiveLabels: oracle ? positive?.labels : undefined,
    salience: own.salience,
    positiveSalience: positive?.salience,
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
