/** Builds the input of a native training step: pairs, labels, salience and pictures, as the losses need. */
import type { ResolvedRunOptions } from '../method/train-options.js'
import type {
  BatchInput,
  Neighbors,
  PairValues,
  StepInput,
  StepSettings,
  Transform,
} from '../native/index.js'
import { createRandom, mixSeed } from '../random/random.js'
import { createSampler, samplePositives } from '../random/sampler.js'
import { STREAMS } from '../random/streams.js'
import type { TrainingImages } from './data.js'

/** Builds a batch. Its features must be available. */
export async function batchInput(
  images: TrainingImages,
  pairs: Pairs,
  options: ResolvedRunOptions,
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
  }
}

/** Builds the input of step number `step`, counted from 1. */
export async function stepInput(
  images: TrainingImages,
  batch: BatchInput,
  step: number,
  options: ResolvedRunOptions,
  transform: Transform,
): Promise<StepInput> {
  const { alignment, histogramEvery } = options
  return {
    ...batch,
    views: alignment.weight > 0 ? { images: await images.pictures(batch.images), transform } : undefined,
    histograms: histogramEvery !== null && step % histogramEvery === 0,
  }
}

export interface Pairs {
  images: Int32Array
  positives: Int32Array
  /** Seed for the step's native random draws: positions, negatives, dropout. */
  seed: number
}

/** Creates the pairing of a run. `at(step)` does not depend on earlier steps. */
export function createPairing(options: {
  images: number
  batch: number
  k: number
  seed: number
  neighbors: Pick<Neighbors, 'indices'>
}) {
  const { k, seed, neighbors } = options
  const sampler = createSampler(options)
  return {
    batch: sampler.batch,
    at(step: number): Pairs {
      const images = sampler.at(step)
      const positives = samplePositives(
        images,
        neighbors.indices,
        k,
        createRandom(seed, STREAMS.positives, step),
      )
      return { images, positives, seed: mixSeed(seed, STREAMS.steps, step) }
    },
  }
}

/** Returns the settings shared by all steps. */
export function stepSettings(options: ResolvedRunOptions, shifts: PairValues): StepSettings {
  const { weights, correspondenceWeight, centering, zeroClamp, stabilize, reduction } = options
  const { featureSamples, negativeSamples, negatives, dropout, featureDropout } = options
  const { reconstruction, alignment, contrastiveCrf: crf, clusterObjective, learningRates } = options
  const loss = {
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
  return { loss, learningRates }
}
