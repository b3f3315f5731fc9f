/**
 * Vectors that resemble the means of images' features: a common direction, a few scenes, variation within them, and
 * noise.
 */
import type { Tensor } from '../lib/native/index.js'
import { createRandom } from '../lib/random/random.js'

const SCENES = 200
/** The number of directions in which images of a scene differ. */
const FACTORS = 24
const SCENE = 0.5
const FACTOR = 0.35
const NOISE = 0.25
/** Noise is drawn once and read from random offsets: a million vectors take seconds, not minutes. */
const NOISE_VALUES = 2 ** 20

/** [count, dim]; the same numbers give the same vectors on every machine. */
export function imageMeans(count: number, dim: number): Tensor {
  const random = createRandom(count, dim)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
  const normals = (length: number) => new Float32Array(length).map(normal)
  const common = normals(dim)
  const scenes = normals(SCENES * dim)
  const factors = normals(FACTORS * dim)
  const noise = normals(NOISE_VALUES)
  const data = new Float32Array(count * dim)
  for (let row = 0; row < count; row++) {
    const vector = data.subarray(row * dim, (row + 1) * dim)
    const scene = random.integer(SCENES) * dim
    const place = random.integer(NOISE_VALUES - dim)
    for (let c = 0; c < dim; c++)
      vector[c] = common[c]! + SCENE * scenes[scene + c]! + NOISE * noise[place + c]!
    for (let f = 0; f < FACTORS; f++) {
      const weight = (FACTOR * normal()) / Math.sqrt(FACTORS)
      for (let c = 0; c < dim; c++) vector[c]! += weight * factors[f * dim + c]!
    }
  }
  return { data, shape: [count, dim] }
}
