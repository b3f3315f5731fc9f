/** Facts about a backbone that Hugging Face and timm keep beside its weights: config.json, preprocessor_config.json. */
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StegoError } from '../errors.js'
import { IMAGENET, isImageNet, type Normalization } from './normalization.js'
import type { VitShape } from './vit.js'
import { isFolder } from './weight-folder.js'

const CONFIG = 'config.json'
const PREPROCESSOR = 'preprocessor_config.json'

type Json = Record<string, unknown>

/** What the files beside weights say of a backbone. */
export interface BackboneConfig {
  /** Path of config.json; null if there is none, or it is of something else. */
  path: string | null
  /** Contents of config.json. */
  config: Json
  /** Attention heads; 0 if it does not say. */
  heads: number
  /** How pixels are scaled for it. */
  normalization: Normalization
}

/**
 * Reads the configuration beside a weight file, or in a folder of weights.
 * Rejects with `ERR_STEGO_CHECKPOINT` if a file is not JSON, or a value is not of its kind.
 */
export async function readBackboneConfig(path: string): Promise<BackboneConfig> {
  const folder = isFolder(path) ? path : dirname(path)
  const file = join(folder, CONFIG)
  const read = await readJson(file, folder === path)
  const described = read !== null && isBackboneConfig(read)
  const config = described ? read : {}
  return {
    path: described ? file : null,
    config,
    heads: config.num_attention_heads === undefined ? 0 : wholeOf(file, config, 'num_attention_heads'),
    normalization: await readNormalization(folder, config),
  }
}

/** Why a configuration contradicts the weights, as a clause; null if it does not. */
export function contradiction({ path, config }: BackboneConfig, shape: VitShape): string | null {
  if (path === null) return null
  const facts: [key: string, found: number][] = [
    ['hidden_size', shape.dim],
    ['num_hidden_layers', shape.depth],
    ['patch_size', shape.patch],
  ]
  for (const [key, found] of facts) {
    const said = config[key]
    const same = [said].flat().every((value) => value === found)
    if (said === undefined || same) continue
    return `its weights contradict ${path}: ${key} is ${JSON.stringify(said)} there, but ${found} in the weights`
  }
  const activation = config.hidden_act
  if (activation !== undefined && activation !== 'gelu') {
    return `${path} gives the activation ${JSON.stringify(activation)}, but stego computes "gelu"`
  }
  return null
}

/** Whether a JSON file describes a transformer, and not something else that is called config.json. */
function isBackboneConfig(config: Json): boolean {
  return ['hidden_size', 'num_attention_heads', 'model_type', 'pretrained_cfg', 'architecture'].some(
    (key) => key in config,
  )
}

/** Parses a JSON file to an object; null if it is missing, or `strict` is false and it is something else. */
async function readJson(path: string, strict: boolean): Promise<Json | null> {
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  } catch (cause) {
    if (strict) throw malformed(path, 'it is not JSON', cause)
    return null
  }
  if (strict) throw malformed(path, 'it is not an object')
  return null
}

function wholeOf(path: string, config: Json, key: string): number {
  const value = config[key]
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number
  throw malformed(path, `its ${key} must be a whole number of at least 1, got ${JSON.stringify(value)}`)
}

async function readNormalization(folder: string, config: Json): Promise<Normalization> {
  const path = join(folder, PREPROCESSOR)
  const read = await readJson(path, false)
  // Earlier versions of timm kept these values at the top.
  const timm = (config.pretrained_cfg ?? config) as Json
  const [file, mean, std] =
    read === null ? [join(folder, CONFIG), timm.mean, timm.std] : [path, read.image_mean, read.image_std]
  const pixels = {
    mean: channels(file, 'mean', mean) ?? IMAGENET.mean,
    std: channels(file, 'std', std) ?? IMAGENET.std,
    range: read?.do_rescale === false ? 255 : rangeOf(path, read?.rescale_factor),
  }
  const normalization = read?.do_normalize === false ? { ...pixels, mean: [0, 0, 0], std: [1, 1, 1] } : pixels
  if (normalization.std.some((value) => value <= 0)) throw malformed(file, 'its std must be above 0')
  return isImageNet(normalization) ? IMAGENET : normalization
}

/** What a white pixel is before the mean is subtracted: 1 for a factor of 1/255. */
function rangeOf(path: string, factor: unknown): number {
  if (factor === undefined || factor === null) return 1
  if (typeof factor === 'number' && factor > 0) return factor * 255
  throw malformed(path, `its rescale_factor must be a number above 0, got ${JSON.stringify(factor)}`)
}

function channels(path: string, name: string, value: unknown): number[] | null {
  if (value === undefined || value === null) return null
  const values = typeof value === 'number' ? [value, value, value] : value
  const isTriple =
    Array.isArray(values) && values.length === 3 && values.every((part) => Number.isFinite(part))
  if (isTriple) return values
  throw malformed(path, `its ${name} must be three numbers, got ${JSON.stringify(value)}`)
}

const malformed = (path: string, reason: string, cause?: unknown) =>
  new StegoError('ERR_STEGO_CHECKPOINT', `${path} cannot be used: ${reason}. Correct or remove it.`, {
    cause,
  })
