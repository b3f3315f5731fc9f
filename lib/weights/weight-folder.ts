/** Folders of weights in Hugging Face's layout: config.json beside weights in one file or several. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StegoError } from '../errors.js'
import { readTensorFile } from '../formats/read-tensor-file.js'
import type { TensorFile } from '../formats/tensor-file.js'
import { filesOf, isIndex, readIndex, readShards } from './shards.js'

/** Files that weights are looked for in, best first. */
export const WEIGHT_FILES = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
] as const

/** Files of weights that are not read, to name what a folder has instead. */
const OTHERS = /\.(safetensors|bin|pth|pt|ckpt|h5|msgpack|onnx|gguf|tflite)$/i

/** Whether a path is a folder. */
export const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

/** The weight file, or index of weight files, in a folder; null if there is none. */
export function weightsIn(folder: string): string | null {
  const name = WEIGHT_FILES.find((file) => existsSync(join(folder, file)))
  return name === undefined ? null : join(folder, name)
}

/** The weight file or index at a path. Throws `ERR_STEGO_DATA_MISSING` for a folder that has neither. */
export function weightsAt(path: string): string {
  if (!isFolder(path)) return path
  const found = weightsIn(path)
  if (found !== null) return found
  const others = readdirSync(path).filter((name) => OTHERS.test(name))
  const instead =
    others.length > 0
      ? `It has ${others.slice(0, 3).join(', ')}: name a .safetensors or PyTorch file itself.`
      : 'Download the weights into it, or name a weight file.'
  throw new StegoError(
    'ERR_STEGO_DATA_MISSING',
    `Expected the folder ${path} to have weights (${WEIGHT_FILES.join(', ')}), but it has none of these. ${instead}`,
  )
}

/**
 * Reads the tensor descriptions of a weight file, of the files that an index lists, or of a folder with either.
 * Rejects with `ERR_STEGO_DATA_MISSING`, `ERR_STEGO_FILE` or `ERR_STEGO_CHECKPOINT`.
 */
export function readWeights(path: string): Promise<TensorFile> {
  const file = weightsAt(path)
  return isIndex(file) ? readShards(file) : readTensorFile(file)
}

/** The weight files at a path, sorted. Rejects as `readWeights` does. */
export async function weightFiles(path: string): Promise<string[]> {
  const file = weightsAt(path)
  return isIndex(file) ? filesOf(await readIndex(file)) : [file]
}
