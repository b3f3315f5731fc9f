/** Vision transformers in the published sizes with random weights: as fast as trained ones, and always available. */

import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Tensor } from '../lib/native/index.js'
import { createRandom } from '../lib/random/random.js'
import { writeTensors } from '../test/support/weights.js'

const WIDTHS = { s8: 384, b8: 768 } as const
export type RandomModel = keyof typeof WIDTHS
export const RANDOM_MODELS = Object.keys(WIDTHS) as RandomModel[]

const DEPTH = 12
const PATCH = 8
/** Positions for a 224-pixel square. */
const POSITIONS = 1 + (224 / PATCH) ** 2

/** A model's file, with DINO's names; written to the system's temporary folder on first use. */
export async function randomVit(model: RandomModel): Promise<string> {
  const file = join(tmpdir(), `stego-benchmark-${model}.safetensors`)
  if (existsSync(file)) return file
  const dim = WIDTHS[model]
  const random = createRandom(0, dim)
  const draw = (shape: number[], mean: number, width: number): Tensor => ({
    data: Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      () => mean + width * (random.next() - 0.5),
    ),
    shape,
  })
  const layer = (name: string, shape: number[]) => [
    [`${name}.weight`, draw(shape, 0, 0.14)],
    [`${name}.bias`, draw([shape[0]!], 0, 0.1)],
  ]
  const norm = (name: string) => [
    [`${name}.weight`, draw([dim], 1, 0.4)],
    [`${name}.bias`, draw([dim], 0, 0.4)],
  ]
  const blocks = Array.from({ length: DEPTH }, (_, i) => [
    ...norm(`blocks.${i}.norm1`),
    ...layer(`blocks.${i}.attn.qkv`, [3 * dim, dim]),
    ...layer(`blocks.${i}.attn.proj`, [dim, dim]),
    ...norm(`blocks.${i}.norm2`),
    ...layer(`blocks.${i}.mlp.fc1`, [4 * dim, dim]),
    ...layer(`blocks.${i}.mlp.fc2`, [dim, 4 * dim]),
  ])
  const tensors: Record<string, Tensor> = Object.fromEntries([
    ['cls_token', draw([1, 1, dim], 0, 0.1)],
    ['pos_embed', draw([1, POSITIONS, dim], 0, 0.1)],
    ...layer('patch_embed.proj', [dim, 3, PATCH, PATCH]),
    ...blocks.flat(),
    ...norm('norm'),
  ])
  await writeTensors(file, tensors, {})
  return file
}
