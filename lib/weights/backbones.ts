/** Loads backbones by name or from a file. */
import { existsSync } from 'node:fs'
import { StegoError } from '../errors.js'
import type { StoredTensor } from '../formats/tensor-file.js'
import {
  type DeviceChoice,
  type DType,
  type FeatureChoice,
  job,
  type NativeBackbone,
  useDevice,
} from '../native/index.js'
import { findBackbone } from './names.js'
import { IMAGENET, type Normalization, withImageNetPatches } from './normalization.js'
import type { DownloadProgress } from './progress.js'
import { findPublished, PUBLISHED } from './registry.js'
import { resolveWeights } from './resolve.js'
import { STARTER, starterWeights } from './starter.js'
import { storedTensors } from './tensors.js'
import { openWeights } from './weight-file.js'

interface BackboneFile {
  /** Tensors by this package's names. */
  stored: Record<string, StoredTensor[]>
  /** Attention heads. */
  heads: number
  /** How pixels are scaled for it. */
  normalization: Normalization
}

/**
 * Backbones included in the package. The starter is small and trained on street scenes, for trials, demos
 * and tests. It does not replace DINO (weights/README.md).
 */
const BUILT_IN: Record<string, (signal?: AbortSignal) => Promise<BackboneFile>> = {
  [STARTER]: async (signal) => ({ ...(await fromFile(starterWeights(), signal)), heads: 3 }),
}

const MISSING =
  'it has neither patch_embed.proj.weight and blocks, as in DINO and timm, nor the Hugging Face names'

export interface BackboneRequest {
  /** Which tensors to use as features. Default: the output of the last block. */
  features?: FeatureChoice
  /** Precision. Default: float32. */
  dtype?: DType
  /** Where to compute. Default: `STEGO_DEVICE`, or `auto`. */
  device?: DeviceChoice
  signal?: AbortSignal
  /** Called with download progress of published weights. */
  onProgress?: (progress: DownloadProgress) => void
}

const LAST_BLOCK: FeatureChoice = { kind: 'feat', layer: 1 }

/**
 * Loads a backbone: `starter`; a published one by name, downloaded on first use; a .safetensors or PyTorch file of
 * ViT weights with names from DINO, timm or Hugging Face; a folder in Hugging Face's layout, or the index of its files;
 * or a model checkpoint that contains one. Throws
 * `ERR_STEGO_BACKBONE` for an unknown name or a file that is not a ViT, `ERR_STEGO_DOWNLOAD` if weights cannot be
 * downloaded, `ERR_STEGO_DEVICE` for the device.
 */
export async function loadBackbone(name: string, request: BackboneRequest = {}): Promise<NativeBackbone> {
  const { features = LAST_BLOCK, dtype = 'float32', signal } = request
  const { stored, heads, normalization } =
    (await BUILT_IN[name]?.(signal)) ?? (await published(name, request)) ?? (await fromFile(name, signal))
  const { device } = useDevice(request.device)
  const options = { heads, features, prefix: '', device, dtype }
  return withImageNetPatches(stored, normalization, (tensors) =>
    job((native, cancel) => native.Backbone.load(tensors, options, cancel), signal),
  )
}

async function published(
  name: string,
  { signal, onProgress }: BackboneRequest,
): Promise<BackboneFile | null> {
  const entry = findPublished(name)
  if (!entry) return null
  if (entry.kind === 'model') {
    throw new StegoError(
      'ERR_STEGO_BACKBONE',
      `${name} is a complete model, not a backbone. Segment or evaluate with it, or use a backbone (${names()}).`,
    )
  }
  const { path } = await resolveWeights(name, { signal, onProgress })
  const file = await fromFile(path, signal)
  return { ...file, heads: entry.architecture.heads }
}

async function fromFile(path: string, signal?: AbortSignal): Promise<BackboneFile> {
  if (!existsSync(path)) {
    throw new StegoError(
      'ERR_STEGO_BACKBONE',
      `there is no backbone "${path}": expected ${names()}, or the path of a ViT weight file (.safetensors, ` +
        '.pth) or of a folder with config.json and model.safetensors. Correct the name, or use backbone "starter".',
    )
  }
  const { file, tensors, problem, record, backbone } = await openWeights(path, signal)
  const found = findBackbone(tensors)
  if (!found || problem) {
    throw new StegoError(
      'ERR_STEGO_BACKBONE',
      `${path} is not a supported backbone: ${problem ?? MISSING}. ` +
        'Use DINO weights, or backbone "starter".',
    )
  }
  const stored = storedTensors(file, found.names)
  if (record) return { stored, heads: record.backbone.heads, normalization: IMAGENET }
  const { heads, normalization } = backbone!
  return { stored, heads, normalization }
}

function names(): string {
  const fetched = PUBLISHED.filter(({ kind }) => kind === 'backbone').map(({ name }) => name)
  return [...Object.keys(BUILT_IN), ...fetched].join(', ')
}
