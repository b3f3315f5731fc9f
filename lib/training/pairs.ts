/** Which images a step pairs, as a pure function of the seed and the step. */

import type { Neighbors } from '../native/index.js'
import { createRandom, mixSeed } from '../random/random.js'
import { createSampler, samplePositives } from '../random/sampler.js'

/** Streams of one seed, kept apart. */
const POSITIVES = 2
const DRAWS = 3

export interface Pairs {
  images: Int32Array
  positives: Int32Array
  /** Seed of the step's native draws: positions, negatives, dropout. */
  seed: number
}

/** Opens the pairing of a run: `at(step)` needs no step before it. */
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
      const positives = samplePositives(images, neighbors.indices, k, createRandom(seed, POSITIVES, step))
      return { images, positives, seed: mixSeed(seed, DRAWS, step) }
    },
  }
}
