/** The addon's frozen backbone: features of images, and place in them. */
import type { CancelToken, Pixels, Tensor, Transform } from './values.js'

export type Device = 'cpu'
/** What a backbone computes in; images and features are float32 always. */
export type DType = 'float32' | 'bfloat16'

/** What a frozen backbone is made of. */
export interface BackboneInfo {
  dim: number
  patch: number
  depth: number
  heads: number
  parameters: number
}

/** Which of a backbone's tensors are the features. */
export interface FeatureChoice {
  /** Outputs of a block after the final norm, or the keys of its attention, heads side by side. */
  kind: 'feat' | 'keys'
  /** Of which block, counted from the last, which is 1. */
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
   * The sum [h, w, C] over pictures of the unit features at each place: of the pictures as the transform takes them, or
   * of one square of each, brought to the transform's resolution.
   */
  sumUnits(
    images: Pixels[],
    views: SquareView[] | null,
    transform: Transform,
    cancel: CancelToken,
  ): Promise<Tensor>
  /** The same backbone, whose features come with a position map [H, H, C] taken off; weights are shared. */
  without(map: Tensor): NativeBackbone
  /** The map that is taken off; null where features come as they are. */
  readonly positionMap: Tensor | null
  /** The ViT's inner tensors for an already normalized input [B, 3, H, W]. */
  trace(input: Tensor, blocks: number, cancel: CancelToken): Promise<BackboneTrace>
}

/** A square of a picture in pixels, turned by quarter turns and then mirrored. */
export interface SquareView {
  left: number
  top: number
  side: number
  turns: number
  mirrored: boolean
}

/**
 * A picture and another or null; points (x, y) in [-1, 1], [P, 2]; whether to leave the cosines as they are, neither
 * centered nor clamped.
 */
export type CorrespondCall = [
  image: Pixels,
  other: Pixels | null,
  points: Tensor,
  options: { transform: Transform; subtractMean: boolean },
  cancel: CancelToken,
]

/** How much each pixel corresponds to each point, [P, height, width]: over the picture itself, and over the other. */
export interface HeatMaps {
  self: Tensor
  other: Tensor | null
}
