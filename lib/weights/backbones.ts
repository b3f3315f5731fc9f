/** Backbones by name or by file. */
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { StegoError } from '../errors.js'
import { type FeatureChoice, job, type NativeBackbone } from '../native.js'

/**
 * Backbones that come with the package. The starter is small and trained on street scenes: for trying, demonstrations
 * and tests, not a replacement for DINO (weights/README.md).
 */
const BUILT_IN: Record<string, { file: string; heads: number }> = {
  starter: {
    file: fileURLToPath(new URL('../../weights/starter-vit-tiny8.safetensors', import.meta.url)),
    heads: 3,
  },
}

export interface BackboneRequest {
  /** Which of its tensors are the features. Default: the output of the last block. */
  features?: FeatureChoice
  signal?: AbortSignal
}

const LAST_BLOCK: FeatureChoice = { kind: 'feat', layer: 1 }

/**
 * Loads a backbone: `starter`, or the path of a .safetensors file with DINO's tensor names.
 * Throws `ERR_STEGO_BACKBONE` for an unknown name or a file that is not a ViT.
 */
export async function loadBackbone(
  name: string,
  { features = LAST_BLOCK, signal }: BackboneRequest = {},
): Promise<NativeBackbone> {
  const builtIn = BUILT_IN[name]
  if (!builtIn && !(existsSync(name) && statSync(name).isFile())) {
    throw new StegoError(
      'ERR_STEGO_BACKBONE',
      `there is no backbone "${name}": expected ${Object.keys(BUILT_IN).join(', ')}, or the path of a ` +
        '.safetensors file of ViT weights under DINO\'s names. Correct the name, or use backbone "starter".',
    )
  }
  const options = { prefix: '', heads: builtIn?.heads ?? 0, features, device: 'cpu', dtype: 'float32' } as const
  return job((native, cancel) => native.Backbone.load(builtIn?.file ?? name, options, cancel), signal)
}
