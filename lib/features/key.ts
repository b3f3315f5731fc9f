/**
 * What determines features, and so nearest neighbors, so that a file of them is never used for others than it was
 * computed from: the original's file names leave out backbone weights, patch and crop ratio
 * (precompute_knns.py).
 */
import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { type DatasetRequest, openDataset } from '../datasets/dataset.js'
import type { Item } from '../datasets/source.js'
import type { DType, FeatureChoice, Pixels, Transform } from '../native/index.js'
import { identifyBackbone, unreadable } from '../weights/identity.js'

/** Everything besides the images. */
export interface FeatureKey {
  /** `sha256:` and the hash of the weight file, or the name of a backbone whose weights the package fixes. */
  backbone: string
  /** Side of the image the backbone sees, pixels. */
  resolution: number
  /** How an image becomes what the backbone sees. */
  crop: Transform['crop']
  /** A block's output, or the keys of its attention. */
  featureKind: FeatureChoice['kind']
  /** Block the features are of, counted from the last, which is 1. */
  featureLayer: number
  /** What the backbone computes in. */
  dtype: DType
  /** The position map that was taken off; absent where features are as they are. */
  position?: string
}

/** Bytes of one image's fingerprint. */
export const FINGERPRINT_BYTES = 16
/** Bytes read from either end of an image file: where compressed images differ, their last bytes differ too. */
const END_BYTES = 4096
const SLICE_MILLISECONDS = 4

/** The key of features by a backbone, a name or a weight file. Rejects with `ERR_STEGO_FILE`. */
export async function featureKey(source: {
  /** Name or weight file. */
  backbone: string
  /** Side of the image the backbone sees, pixels. */
  resolution: number
  /** How an image becomes what the backbone sees. */
  crop: Transform['crop']
  /** Default `feat` of the last block. */
  featureKind?: FeatureChoice['kind']
  /** Default 1, the last. */
  featureLayer?: number
  /** Default: float32. */
  dtype?: DType
  /** The position map that is taken off (positionName). */
  position?: string
}): Promise<FeatureKey> {
  const { resolution, crop, featureKind = 'feat', featureLayer = 1, dtype = 'float32' } = source
  const backbone = await identifyBackbone(source.backbone)
  const key = { backbone, resolution, crop, featureKind, featureLayer, dtype }
  return source.position === undefined ? key : { ...key, position: source.position }
}

/**
 * A fingerprint of each image: a hash of its name, which part of its file's picture it is, the file's size, and the
 * first and last 4 KiB of the file. Unlike times, which copies do not keep, it is the same wherever the images lie, and
 * it costs two small reads an image: about 50 microseconds from a warm disk.
 * @returns [images, 16] bytes
 * Rejects with `ERR_STEGO_DATA_MISSING` or `ERR_STEGO_FILE` for an image that cannot be read.
 */
export async function fingerprintImages(images: ListedImage[], signal?: AbortSignal): Promise<Uint8Array> {
  const prints = new Uint8Array(images.length * FINGERPRINT_BYTES)
  const ends = Buffer.alloc(2 * END_BYTES)
  let began = performance.now()
  for (const [index, image] of images.entries()) {
    // Small reads cost several times more through promises; others get their turn every few milliseconds.
    if (performance.now() - began > SLICE_MILLISECONDS) {
      await setImmediate()
      signal?.throwIfAborted()
      began = performance.now()
    }
    prints.set(fingerprint(image, ends), index * FINGERPRINT_BYTES)
  }
  return prints
}

function fingerprint({ name, image, crop = null }: ListedImage, ends: Buffer): Uint8Array {
  let file: number | undefined
  try {
    file = openSync(image, 'r')
    const { size } = fstatSync(file)
    const length = Math.min(size, END_BYTES)
    readSync(file, ends, 0, length, 0)
    readSync(file, ends, length, length, size - length)
    const hash = createHash('sha256')
      .update(JSON.stringify([name, crop, size]))
      .update(ends.subarray(0, 2 * length))
    return hash.digest().subarray(0, FINGERPRINT_BYTES)
  } catch (cause) {
    throw unreadable(image, cause)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** One image, as far as features are concerned. */
export interface ListedImage {
  /** Its name in the data set. */
  name: string
  /** Path of its file. */
  image: string
  /** Which part of the file's picture it is, as plain data; absent for the whole. */
  crop?: unknown
}

export interface ImageSet {
  /** In the order in which training numbers them. */
  images: Item[]
  /** The pixels of one of them; labels are not looked at. Rejects with `ERR_STEGO_IMAGE`, `ERR_STEGO_DATA_MISSING`. */
  read(image: Item): Promise<Pixels>
}

/** Lists the images of a split. Rejects with `ERR_STEGO_DATA_*`. */
export async function openImages(request: DatasetRequest): Promise<ImageSet> {
  const split = await openDataset(request)
  return {
    images: split.items,
    read: async (image) => (await split.read({ ...image, label: null })).image,
  }
}
