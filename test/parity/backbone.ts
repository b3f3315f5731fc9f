/** The vision transformer: tokens, positions, features, queries, keys and values. */
import { job, type NativeBackbone, type Pixels, type Tensor, type Transform } from '../../lib/native/index.js'
import { stored } from '../support/weights.js'
import type { Golden } from './compare.js'
import type { Comparison } from './files.js'
import { attention, classTokens, entry, patchMap } from './tensors.js'

/** The two tensors of each layer. */
export const parameterNames = (layers: string[]) =>
  layers.flatMap((layer) => [`${layer}.weight`, `${layer}.bias`])

const BLOCK_LAYERS = ['norm1', 'attn.qkv', 'attn.proj', 'norm2', 'mlp.fc1', 'mlp.fc2']

/** The names under which a vision transformer's weights are recorded. */
export function weightNames(prefix: string, depth: number): string[] {
  const blocks = Array.from({ length: depth }, (_, block) =>
    BLOCK_LAYERS.map((layer) => `blocks.${block}.${layer}`),
  )
  const layers = ['patch_embed.proj', ...blocks.flat(), 'norm']
  return ['cls_token', 'pos_embed', ...parameterNames(layers)].map((name) => `${prefix}${name}`)
}

export async function loadBackbone(file: string, heads: number): Promise<NativeBackbone> {
  const tensors = await stored(file)
  const features = { kind: 'feat', layer: 1 } as const
  const options = { prefix: 'state.', heads, features, device: 'cpu', dtype: 'float32' } as const
  return job((native, cancel) => native.Backbone.load(tensors, options, cancel))
}

export const trace = (backbone: NativeBackbone, input: Tensor, blocks: number) =>
  job((_, cancel) => backbone.trace(input, blocks, cancel))

function readWeights(golden: Golden, depth: number): void {
  for (const name of weightNames('state.', depth)) golden.float(name)
}

const SMALL_HEADS = 3

/** Inputs of two orientations through both blocks. */
export const compareSmall: Comparison = async (golden, { file }) => {
  readWeights(golden, 2)
  const backbone = await loadBackbone(file, SMALL_HEADS)
  for (const size of ['32x48', '48x32']) {
    const { tokens, positions, features, qkv } = await trace(backbone, golden.float(`in_${size}`), 2)
    golden.expect('features', `tokens_${size}`, tokens)
    golden.expect('features', `pos_${size}`, positions)
    golden.expect('features', `forward_cls_${size}`, classTokens(features[1]!))
    for (const block of [0, 1]) {
      golden.expect('features', `feat${block}_${size}`, features[block]!)
      golden.expect('features', `qkv${block}_${size}`, qkv[block]!)
      golden.expect('features', `attn${block}_${size}`, attention(qkv[block]!))
    }
  }
}

/** Pictures of several sizes, by the way that images take and by the way that inner tensors are had. */
export const compareSized: Comparison = async (golden, context) => {
  const picture = toPixels(golden.bytes('in_u8'))
  const backbone = await loadBackbone(context.find('vit_p8_d48_small'), SMALL_HEADS)
  const { patch } = backbone.info
  const shorter = Math.min(picture.width, picture.height)
  const untouched: Transform = { resolution: shorter, fit: 'whole', multiple: patch }
  const map = await job((_, cancel) => backbone.features([picture], untouched, cancel))
  const recorded = patchMap(golden.float('feat'), picture.height / patch, picture.width / patch)
  golden.expectPart('features', 'feat', map, recorded)

  const input = await job((native) => native.prepareImages([picture], untouched))
  const { positions, features } = await trace(backbone, input, 1)
  golden.expect('features', 'feat', features[0]!)
  golden.expect('features', 'pos', positions)
}

/** Patches of 16. */
export const comparePatch16: Comparison = async (golden, { file }) => {
  readWeights(golden, 1)
  const backbone = await loadBackbone(file, 2)
  const { features, qkv } = await trace(backbone, golden.float('in'), 1)
  golden.expect('features', 'feat', features[0]!)
  golden.expect('features', 'qkv', qkv[0]!)
  golden.expect('features', 'attn', attention(qkv[0]!))
}

/** Planes [3, H, W] as pixels. */
export function toPixels(planes: Tensor<Uint8Array>): Pixels {
  const [, height, width] = planes.shape as [number, number, number]
  const data = new Uint8Array(planes.data.length)
  for (const channel of [0, 1, 2]) {
    for (const [place, value] of entry(planes, channel).data.entries()) data[place * 3 + channel] = value
  }
  return { data, width, height }
}
