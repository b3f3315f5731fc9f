/**
 * How pixels are scaled for a backbone. The addon always uses ImageNet's mean and deviation; another scaling is a linear
 * map of theirs, so it is folded into the patch embedding, which is linear too and has no padding.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withFile } from '../formats/read-file.js'
import { readTensorFile } from '../formats/read-tensor-file.js'
import { readContiguous } from '../formats/read-values.js'
import type { StoredTensor } from '../formats/tensor-file.js'
import { writeSafetensors } from '../formats/write-safetensors.js'
import { decodeFloats } from './floats.js'

/** A pixel p of 0 to 255 becomes (range * p / 255 - mean) / std, by channel. */
export interface Normalization {
  /** Mean of each channel. */
  mean: number[]
  /** Standard deviation of each channel. */
  std: number[]
  /** The value of white before mean and deviation are applied. */
  range: number
}

/** What the addon does. */
export const IMAGENET: Normalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], range: 1 }

/** Whether a scaling is ImageNet's, but for rounding. */
export function isImageNet({ mean, std, range }: Normalization): boolean {
  const near = (values: number[], others: number[]) =>
    values.every((value, i) => Math.abs(value - others[i]!) < 1e-4)
  return near(mean, IMAGENET.mean) && near(std, IMAGENET.std) && Math.abs(range - 1) < 1e-4
}

type Stored = Record<string, StoredTensor[]>

const WEIGHT = 'patch_embed.proj.weight'
const BIAS = 'patch_embed.proj.bias'

/**
 * Calls back with the tensors of a backbone whose patch embedding takes ImageNet's scaling and gives what it gave for
 * `normalization`. It lies in a temporary file until the callback has settled.
 */
export async function withImageNetPatches<T>(
  stored: Stored,
  normalization: Normalization,
  work: (stored: Stored) => Promise<T>,
): Promise<T> {
  if (isImageNet(normalization)) return work(stored)
  const folder = await mkdtemp(join(tmpdir(), 'stego-'))
  try {
    const path = join(folder, 'patches.safetensors')
    const weight = stored[WEIGHT]![0]!
    const folded = fold(await valuesOf(weight), await valuesOf(stored[BIAS]![0]!), normalization)
    const tensors = {
      [WEIGHT]: { data: folded.weight, shape: weight.shape },
      [BIAS]: { data: folded.bias, shape: [folded.bias.length] },
    }
    await writeSafetensors(path, tensors, {})
    const { tensors: written } = await readTensorFile(path)
    return await work({ ...stored, ...Object.fromEntries(written.map((tensor) => [tensor.name, [tensor]])) })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const valuesOf = async (tensor: StoredTensor): Promise<Float64Array> =>
  decodeFloats(await withFile(tensor.file, 'weights', (file) => readContiguous(file, tensor)), tensor.dtype)

function fold(weight: Float64Array, bias: Float64Array, { mean, std, range }: Normalization) {
  const channels = mean.length
  const area = weight.length / bias.length / channels
  const result = { weight: new Float32Array(weight.length), bias: new Float32Array(bias.length) }
  for (let out = 0; out < bias.length; out++) {
    let sum = bias[out]!
    for (let channel = 0; channel < channels; channel++) {
      const factor = (range * IMAGENET.std[channel]!) / std[channel]!
      const shift = (range * IMAGENET.mean[channel]! - mean[channel]!) / std[channel]!
      const begin = (out * channels + channel) * area
      for (let at = begin; at < begin + area; at++) {
        result.weight[at] = weight[at]! * factor
        sum += weight[at]! * shift
      }
    }
    result.bias[out] = sum
  }
  return result
}
