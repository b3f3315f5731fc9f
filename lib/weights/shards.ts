/** Weights in several files, listed by an index as Hugging Face writes it (model.safetensors.index.json). */
import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join, normalize, sep } from 'node:path'
import { StegoError } from '../errors.js'
import { readFileOrExplain } from '../formats/read-file.js'
import { readTensorFile } from '../formats/read-tensor-file.js'
import type { TensorFile } from '../formats/tensor-file.js'

const ENDING = '.index.json'
const MAX_INDEX_BYTES = 64 * 2 ** 20

/** Whether a path is that of an index. */
export const isIndex = (path: string): boolean => path.endsWith(ENDING)

/** The file that holds each tensor. */
export type Shards = Map<string, string>

/**
 * Reads an index. Every file must lie in its folder. Rejects with `ERR_STEGO_CHECKPOINT` if it is malformed, and
 * `ERR_STEGO_DATA_MISSING` if it or a file does not exist.
 */
export async function readIndex(path: string): Promise<Shards> {
  const map = parse(path, (await readFileOrExplain(path, 'weights', MAX_INDEX_BYTES)).toString())
  const shards: Shards = new Map()
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== 'string' || file === '') throw malformed(path, `it gives no file for '${tensor}'`)
    if (!isInside(file)) throw malformed(path, `it names "${file}", which is not a file in its folder`)
    shards.set(tensor, join(dirname(path), file))
  }
  if (shards.size === 0) throw malformed(path, 'its weight_map is empty')
  for (const file of new Set(shards.values())) {
    if (existsSync(file)) continue
    throw new StegoError(
      'ERR_STEGO_DATA_MISSING',
      `Expected the weight file ${file}, which ${path} names, but it does not exist. Download all files of the model.`,
    )
  }
  return shards
}

/** Reads the descriptions in all files of an index as one. Rejects as `readIndex` and `readTensorFile` do. */
export async function readShards(path: string): Promise<TensorFile> {
  const shards = await readIndex(path)
  const files = new Map<string, TensorFile>()
  for (const file of filesOf(shards)) files.set(file, await readTensorFile(file))
  const tensors = [...shards].map(([name, file]) => {
    const tensor = files.get(file)!.tensors.find((entry) => entry.name === name)
    if (tensor) return tensor
    throw new StegoError(
      'ERR_STEGO_CHECKPOINT',
      `Expected tensor '${name}' in ${file}, as ${path} says, but it is missing. Download all files of the model again.`,
    )
  })
  const all = [...files.values()]
  return {
    path,
    format: all[0]!.format,
    metadata: Object.assign({}, ...all.map(({ metadata }) => metadata)),
    values: null,
    tensors,
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

/** The files of an index, sorted. */
export const filesOf = (shards: Shards): string[] => [...new Set(shards.values())].sort()

function parse(path: string, text: string): Record<string, unknown> {
  let index: unknown
  try {
    index = JSON.parse(text)
  } catch (cause) {
    throw malformed(path, 'it is not JSON', cause)
  }
  const map = (index as { weight_map?: unknown } | null)?.weight_map
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw malformed(path, 'it has no weight_map')
  }
  return map as Record<string, unknown>
}

/** Whether a relative path stays in its folder, on any system. */
function isInside(file: string): boolean {
  if (file.includes('\0') || file.includes('\\') || isAbsolute(file)) return false
  const parts = normalize(file).split(sep)
  return !parts.includes('..') && parts[0] !== '.'
}

const malformed = (path: string, reason: string, cause?: unknown) =>
  new StegoError(
    'ERR_STEGO_CHECKPOINT',
    `Expected an index of weight files, but ${path} is damaged or of another type: ${reason}. Download it again.`,
    { cause },
  )
