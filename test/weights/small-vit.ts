/** Small vision transformers with random weights, and folders of them in Hugging Face's layout. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Tensor } from '../../lib/native/index.js'
import { writeTensors } from '../support/weights.js'

export type Tensors = Record<string, Tensor>

/** Width, which is no multiple of 64 and has several divisors. */
export const WIDTH = 96
const HIDDEN = 48
const GRID = 7
const PATCH = 8

/** A ViT under DINO's names. */
export function smallVit(depth = 3): Tensors {
  let seed = 1
  const random = () => {
    seed = (seed * 48271) % 2147483647
    return seed / 2147483647 - 0.5
  }
  const tensor = (...shape: number[]): Tensor => {
    const count = shape.reduce((product, side) => product * side, 1)
    return { data: Float32Array.from({ length: count }, () => 0.4 * random()), shape }
  }
  const layer = (name: string, ...shape: number[]): Tensors => ({
    [`${name}.weight`]: tensor(...shape),
    [`${name}.bias`]: tensor(shape[0]!),
  })
  const block = (name: string): Tensors => ({
    ...layer(`${name}.norm1`, WIDTH),
    ...layer(`${name}.attn.qkv`, 3 * WIDTH, WIDTH),
    ...layer(`${name}.attn.proj`, WIDTH, WIDTH),
    ...layer(`${name}.norm2`, WIDTH),
    ...layer(`${name}.mlp.fc1`, HIDDEN, WIDTH),
    ...layer(`${name}.mlp.fc2`, WIDTH, HIDDEN),
  })
  return Object.assign(
    {
      cls_token: tensor(1, 1, WIDTH),
      pos_embed: tensor(1, 1 + GRID * GRID, WIDTH),
      ...layer('patch_embed.proj', WIDTH, 3, PATCH, PATCH),
      ...layer('norm', WIDTH),
    },
    ...Array.from({ length: depth }, (_, i) => block(`blocks.${i}`)),
  )
}

const HUGGING_FACE: [RegExp, string][] = [
  [/^cls_token$/, 'embeddings.cls_token'],
  [/^pos_embed$/, 'embeddings.position_embeddings'],
  [/^patch_embed\.proj\./, 'embeddings.patch_embeddings.projection.'],
  [/^norm\./, 'layernorm.'],
  [/^blocks\./, 'encoder.layer.'],
  [/\.norm1\./, '.layernorm_before.'],
  [/\.norm2\./, '.layernorm_after.'],
  [/\.attn\.proj\./, '.attention.output.dense.'],
  [/\.mlp\.fc1\./, '.intermediate.dense.'],
  [/\.mlp\.fc2\./, '.output.dense.'],
]

/** The same under Hugging Face's names, query, key and value apart. */
export function huggingFace(tensors: Tensors): Tensors {
  const renamed: Tensors = {}
  for (const [name, tensor] of Object.entries(tensors)) {
    const theirs = HUGGING_FACE.reduce((text, [pattern, to]) => text.replace(pattern, to), name)
    if (!name.includes('.attn.qkv.')) {
      renamed[theirs] = tensor
      continue
    }
    const part = tensor.data.length / 3
    for (const [i, what] of ['query', 'key', 'value'].entries()) {
      const data = tensor.data.slice(i * part, (i + 1) * part)
      const shape = [tensor.shape[0]! / 3, ...tensor.shape.slice(1)]
      renamed[theirs.replace('.attn.qkv.', `.attention.attention.${what}.`)] = { data, shape }
    }
  }
  return renamed
}

export const CONFIG = {
  model_type: 'vit',
  hidden_size: WIDTH,
  num_attention_heads: 4,
  num_hidden_layers: 3,
  patch_size: PATCH,
  hidden_act: 'gelu',
}

export const writeJson = (path: string, value: unknown) => writeFile(path, JSON.stringify(value))

/** Writes a folder with config.json and model.safetensors. */
export async function writeFolder(
  folder: string,
  tensors: Tensors,
  config: Record<string, unknown> = CONFIG,
): Promise<string> {
  await mkdir(folder, { recursive: true })
  await writeTensors(join(folder, 'model.safetensors'), tensors, { format: 'pt' })
  await writeJson(join(folder, 'config.json'), config)
  return folder
}

/** Writes a folder with two files and their index; returns the path of the index. */
export async function writeShards(
  folder: string,
  tensors: Tensors,
  change: (map: Record<string, unknown>) => unknown = (map) => ({ weight_map: map }),
): Promise<string> {
  const names = Object.keys(tensors).sort()
  const half = names.length / 2
  const map: Record<string, string> = {}
  for (const [number, part] of [names.slice(0, half), names.slice(half)].entries()) {
    const file = `model-0000${number + 1}-of-00002.safetensors`
    for (const name of part) map[name] = file
    await writeTensors(join(folder, file), Object.fromEntries(part.map((name) => [name, tensors[name]!])))
  }
  await writeJson(join(folder, 'config.json'), CONFIG)
  const index = join(folder, 'model.safetensors.index.json')
  await writeJson(index, change(map))
  return index
}
