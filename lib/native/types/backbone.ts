/** The addon's frozen backbone: features of images, and position in them. */
import type { CancelToken, Pixels, Tensor, Transform } from './values.js'

/** Where a model computes: the processor, or a GPU by its index. */
export type Device = 'cpu' | `cuda:${number}`
/** What may be asked for: `cuda` is the first GPU that fits, `auto` is that or else the CPU. */
export type DeviceChoice = Device | 'auto' | 'cuda'
/** Type that a backbone computes in; images and features are always float32. */
export type DType = 'float32' | 'bfloat16'

/** Structure of a frozen backbone. */
export interface BackboneInfo {
  dim: number
  patch: number
  depth: number
  heads: number
  parameters: number
}

/** Which of a backbone's tensors are used as features. */
export interface FeatureChoice {
  /** Outputs of a block after the final norm, or the keys of its attention, heads side by side. */
  kind: 'feat' | 'keys'
  /** The block, counted from the last, which is 1. */
  layer: number
}

export interface BackboneTrace {
  /** Patch and class tokens with position embedding, [B, 1 + h*w, C]. */
  tokens: Tensor
  /** The interpolated position embedding, [1, 1 + h*w, C]. */
  positions: Tensor
  /** Normed outputs of the last blocks, earliest first, each [B, 1 + h*w, C]. */
  features: Tensor[]
  /** Queries, keys and values of the last blocks, earliest first, each [3, B, heads, 1 + h*w, C / heads]. */
  qkv: Tensor[]
}

export interface NativeBackbone {
  readonly info: BackboneInfo
  /** Last-block features of transformed images: [B, C, h, w]. */
  features(images: Pixels[], transform: Transform, cancel: CancelToken): Promise<Tensor>
  /** Heat maps of points by backbone features. */
  correspond(...call: CorrespondCall): Promise<HeatMaps>
  /**
   * The sum [h, w, C] over images of the unit features at each position: of the transformed images, or of one
   * square of each, scaled to the transform's resolution.
   */
  sumUnits(
    images: Pixels[],
    views: SquareView[] | null,
    transform: Transform,
    cancel: CancelToken,
  ): Promise<Tensor>
  /** The same backbone with a position map [H, H, C] removed from its features; weights are shared. */
  without(map: Tensor): NativeBackbone
  /** The map that is removed from features; null if none is removed. */
  readonly positionMap: Tensor | null
  /** The ViT's inner tensors for an already normalized input [B, 3, H, W]. */
  trace(input: Tensor, blocks: number, cancel: CancelToken): Promise<BackboneTrace>
}

/** A square of an image in pixels, rotated by quarter turns and then mirrored. */
export interface SquareView {
  left: number
  top: number
  side: number
  turns: number
  mirrored: boolean
}

/**
 * An image and another or null; points (x, y) in [-1, 1], [P, 2]; whether to return the cosines themselves,
 * neither centered nor clamped.
 */
export type CorrespondCall = [
  image: Pixels,
  other: Pixels | null,
  points: Tensor,
  options: { transform: Transform; subtractMean: boolean },
  cancel: CancelToken,
]

/**
 * How much each pixel corresponds to each point, [P, height, width]: over the image itself, and over the
 * other.
 */
export interface HeatMaps {
  self: Tensor
  other: Tensor | null
}
