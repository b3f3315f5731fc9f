/**
 * Shifts read off the data. Published shifts fit one backbone and one dataset and collapse the codes elsewhere; these
 * quantiles of feature correspondence, drawn exactly as training draws it, work on every backbone tried.
 */

import { job, type NativeTrainer, type PairValues } from '../native/index.js'
import type { TrainOptions } from '../options/train.js'
import { mixSeed } from '../random/random.js'
import type { ShiftsEvent } from './events.js'
import type { TrainingImages } from './images.js'
import { lossOptions } from './loss-options.js'
import { createPairing } from './pairs.js'
import { batchInput } from './step-input.js'

/** About a third of the positions within an image attract, a fifth between neighbours, a twentieth at random. */
const QUANTILES: PairValues = { self: 0.65, knn: 0.8, random: 0.95 }
const BATCHES = 30
const NO_SHIFTS: PairValues = { self: 0, knn: 0, random: 0 }
/** Keeps these draws apart from those of the steps. */
const SHIFT_STREAM = 4

/** The shifts for a run: those given, or the quantiles of the data. */
export async function chooseShifts(
  given: PairValues | 'auto',
  trainer: NativeTrainer,
  images: TrainingImages,
  pairing: Omit<Parameters<typeof createPairing>[0], 'images'>,
  options: TrainOptions,
  signal?: AbortSignal,
): Promise<ShiftsEvent> {
  if (given !== 'auto') return { type: 'shifts', automatic: false, values: given, histograms: null }
  const pairs = createPairing({ ...pairing, images: images.count, seed: mixSeed(pairing.seed, SHIFT_STREAM) })
  for (let batch = 0; batch < BATCHES; batch++) {
    const pair = pairs.at(batch)
    await images.ensure(pair.images, pair.positives)
    const input = await batchInput(images, pair, options, lossOptions(options, NO_SHIFTS))
    await job((_, cancel) => trainer.measure(input, cancel), signal)
  }
  const found = await job(() => trainer.distributions(QUANTILES), signal)
  const values = { self: found.self.value, knn: found.knn.value, random: found.random.value }
  return { type: 'shifts', automatic: true, values, histograms: found }
}
