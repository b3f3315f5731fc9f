/** Backbones by name or by file. */
import { existsSync, statSync } from 'node:fs'
import { StegoError } from '../errors.js'
import {
  type DType,
  type FeatureChoice,
  job,
  type NativeBackbone,
  type StoredTensors,
} from '../native/index.js'
import { findBackbone } from './names.js'
import type { DownloadProgress } from './progress.js'
import { findPublished, PUBLISHED } from './registry.js'
import { resolveWeights } from './resolve.js'
import { starterWeights } from './starter.js'
import { storedTensors } from './tensors.js'
import { openWeights } from './weight-file.js'

interface BackboneFile {
  /** Its tensors under our names. */
  stored: StoredTensors
  /** 0 for a head a 64 channels. */
  heads: number
}

/**
 * Backbones that come with the package. The starter is small and trained on street scenes: for trying, demonstrations
 * and tests, not a replacement for DINO (weights/README.md).
 */
const BUILT_IN: Record<string, (signal?: AbortSignal) => Promise<BackboneFile>> = {
  starter: async (signal) => ({ ...(await fromFile(starterWeights(), signal)), heads: 3 }),
}

const MISSING =
  'it has no patch_embed.proj.weight and blocks, the names of DINO and timm, nor those of Hugging Face'

export interface BackboneRequest {
  /** Which of its tensors are the features. Default: the output of the last block. */
  features?: FeatureChoice
  /** What it computes in. Default: float32. */
  dtype?: DType
  signal?: AbortSignal
  /** Told how the fetching of published weights goes. */
  onDownload?: (progress: DownloadProgress) => void
}

const LAST_BLOCK: FeatureChoice = { kind: 'feat', layer: 1 }

/**
 * Loads a backbone: `starter`; a published one by name, fetched when it is first used; or the path of a file of ViT
 * weights, .safetensors or PyTorch's, under the names of DINO, timm or Hugging Face; of a model's checkpoint its
 * backbone. Throws `ERR_STEGO_BACKBONE` for an unknown name or a file that is not a ViT, `ERR_STEGO_DOWNLOAD` where
 * weights cannot be fetched.
 */
export async function loadBackbone(name: string, request: BackboneRequest = {}): Promise<NativeBackbone> {
  const { features = LAST_BLOCK, dtype = 'float32', signal } = request
  const { stored, ...rest } =
    (await BUILT_IN[name]?.(signal)) ?? (await published(name, request)) ?? (await fromFile(name, signal))
  const options = { ...rest, features, prefix: '', device: 'cpu', dtype } as const
  return job((native, cancel) => native.Backbone.load(stored, options, cancel), signal)
}

async function published(
  name: string,
  { signal, onDownload }: BackboneRequest,
): Promise<BackboneFile | null> {
  const entry = findPublished(name)
  if (!entry) return null
  if (entry.kind === 'model') {
    throw new StegoError(
      'ERR_STEGO_BACKBONE',
      `${name} is a whole model, not a backbone: segment or evaluate with it, or name a backbone (${names()}).`,
    )
  }
  const { path } = await resolveWeights(name, { signal, onProgress: onDownload })
  const file = await fromFile(path, signal)
  return { ...file, heads: entry.architecture.heads }
}

async function fromFile(path: string, signal?: AbortSignal): Promise<BackboneFile> {
  if (!(existsSync(path) && statSync(path).isFile())) {
    throw new StegoError(
      'ERR_STEGO_BACKBONE',
      `there is no backbone "${path}": expected ${names()}, or the path of a file of ViT weights (.safetensors, ` +
        '.pth). Correct the name, or use backbone "starter".',
    )
  }
  const { file, tensors, heads, problem } = await openWeights(path, signal)
  const backbone = findBackbone(tensors)
  if (!backbone || problem) {
    throw new StegoError(
      'ERR_STEGO_BACKBONE',
      `${path} is not a backbone that this version computes: ${problem ?? MISSING}. ` +
        'Take weights of DINO, or use backbone "starter".',
    )
  }
  return { stored: storedTensors(file, backbone.names), heads }
}

function names(): string {
  const fetched = PUBLISHED.filter(({ kind }) => kind === 'backbone').map(({ name }) => name)
  return [...Object.keys(BUILT_IN), ...fetched].join(', ')
}
