/**
 * Keys that identify features and nearest neighbors, so that a stored file is never used with other images or another
 * backbone. The original's file names omit backbone weights, patch and crop ratio (precompute_knns.py).
 */
import { type DatasetRequest, openDataset } from '../datasets/dataset.js'
import type { Item } from '../datasets/source.js'
import { type SurveyOptions, surveySplit } from '../datasets/survey.js'
import type { BadImage, UnusedFiles } from '../datasets/unused.js'
import type { PixelRule } from '../images/samples.js'
import type { DType, FeatureChoice, Pixels, Transform } from '../native/index.js'
import { identifyBackbone } from '../weights/identity.js'

/** Everything that determines features, apart from the images. */
export interface FeatureKey {
  /** `sha256:` and the hash of the weight file, or the name of a built-in backbone. */
  backbone: string
  /** Side of the input image in pixels. */
  resolution: number
  /** How images are cropped or resized. */
  fit: Transform['fit']
  /** A block's output or its attention keys. */
  featureKind: FeatureChoice['kind']
  /** Block to take features from, counted from the last, which is 1. */
  featureLayer: number
  /** Precision of the backbone. */
  dtype: DType
  /** The position map removed from features; absent if none was. */
  position?: string
  /** How samples and bands become pixels, where that is not the plain rule. */
  pixels?: string
}

/** Returns the key of features from a backbone. Rejects with `ERR_STEGO_FILE`. */
export async function featureKey(source: {
  /** Name or weight file of the backbone. */
  backbone: string
  /** Side of the input image in pixels. */
  resolution: number
  /** How images are cropped or resized. */
  fit: Transform['fit']
  /** Default: `feat`. */
  featureKind?: FeatureChoice['kind']
  /** Default: 1, the last block. */
  featureLayer?: number
  /** Default: float32. */
  dtype?: DType
  /** The position map to remove (positionName). */
  position?: string
  /** The rule for pixels (pixelsName). */
  pixels?: string
}): Promise<FeatureKey> {
  const { resolution, fit, featureKind = 'feat', featureLayer = 1, dtype = 'float32' } = source
  const backbone = await identifyBackbone(source.backbone)
  const key = { backbone, resolution, fit, featureKind, featureLayer, dtype }
  const { position, pixels } = source
  return { ...key, ...(position !== undefined && { position }), ...(pixels !== undefined && { pixels }) }
}

/** Names a rule for pixels; undefined for the plain one, where all samples are bytes. */
export function pixelsName({ bands, measured, range }: PixelRule): string | undefined {
  const isPlain = bands === null && range === 'auto' && !measured
  return isPlain ? undefined : JSON.stringify([range, bands, measured ?? null])
}

export interface ImageSet {
  /** Images in training order. */
  images: Item[]
  /** How samples become pixels. */
  rule: PixelRule
  /** Images that cannot be read and are left out. */
  skipped: BadImage[]
  /** Files that are not images. */
  unused: UnusedFiles[]
  /** What else is to be told. */
  notes: string[]
  /** Reads the pixels of an image, ignoring labels. Rejects with `ERR_STEGO_IMAGE`, `ERR_STEGO_DATA_MISSING`. */
  read(image: Item): Promise<Pixels>
}

/** Lists and surveys the images of a split. Rejects with `ERR_STEGO_DATA_*` and `ERR_STEGO_IMAGE`. */
export async function openImages(
  request: DatasetRequest,
  survey: SurveyOptions = { classes: null, onBadImage: 'fail' },
): Promise<ImageSet> {
  const { split, skipped, notes } = await surveySplit(await openDataset(request), survey)
  return {
    images: split.items,
    rule: split.decode.rule,
    skipped,
    unused: split.own?.unused ?? [],
    notes,
    read: async (image) => (await split.read({ ...image, label: null })).image,
  }
}
