/** Chooses the shifts of a run: the given ones, or quantiles of the similarities between its images. */
import type { ResolvedRunOptions } from '../method/train-options.js'
import { checked, job, type NativeTrainer, type PairValues } from '../native/index.js'
import { mixSeed } from '../random/random.js'
import { STREAMS } from '../random/streams.js'
import type { TrainingImages } from './data.js'
import type { ShiftsEvent } from './events.js'
import { batchInput, createPairing, stepSettings } from './step.js'

/** Attracts about a third of position pairs within an image, a fifth between neighbors and a twentieth at random. */
const QUANTILES: PairValues = { self: 0.65, knn: 0.8, random: 0.95 }
const BATCHES = 30
const NO_SHIFTS: PairValues = { self: 0, knn: 0, random: 0 }

/** Returns the given shifts, or quantiles of the data. */
export async function chooseShifts(
  given: PairValues | 'auto',
  trainer: NativeTrainer,
  images: TrainingImages,
  pairing: Omit<Parameters<typeof createPairing>[0], 'images'>,
  options: ResolvedRunOptions,
  signal?: AbortSignal,
): Promise<ShiftsEvent> {
  if (given !== 'auto') return { type: 'shifts', automatic: false, values: given, histograms: null }
  checked(() => trainer.configure(stepSettings(options, NO_SHIFTS)))
  const pairs = createPairing({
    ...pairing,
    images: images.count,
    seed: mixSeed(pairing.seed, STREAMS.shifts),
  })
  for (let batch = 0; batch < BATCHES; batch++) {
    const pair = pairs.at(batch)
    await images.ensure(pair.images, pair.positives)
    const input = await batchInput(images, pair, options)
    await job((_, cancel) => trainer.measure(input, cancel), signal)
  }
  const found = await job(() => trainer.distributions(QUANTILES), signal)
  const values = { self: found.self.value, knn: found.knn.value, random: found.random.value }
  return { type: 'shifts', automatic: true, values, histograms: found }
}
