/**
 * What determines nearest neighbours, so that a file of them is never used for others than it was computed from: the
 * original's file names leave out backbone weights, patch and crop ratio (stego.md A5).
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { StegoError } from '../errors.js'
import type { DType, FeatureChoice, Transform } from '../native.js'
import type { DTypeChoice } from '../options/dtype.js'
import { resolveDType } from '../weights/dtype.js'
import type { NeighborImage } from './images.js'

/** Everything besides the images. */
export interface NeighborKey {
  /** `sha256:` and the hash of the weight file, or the name of a backbone whose weights the package fixes. */
  backbone: string
  /** Side of the image the backbone sees, pixels. */
  resolution: number
  crop: Transform['crop']
  featureKind: FeatureChoice['kind']
  featureLayer: number
  dtype: DType
}

/** Bytes of one image's fingerprint. */
export const FINGERPRINT_BYTES = 16
/** Bytes read from either end of an image file: where compressed images differ, their last bytes differ too. */
const END_BYTES = 4096
const FILES_AT_A_TIME = 16

/** The key of neighbours by a backbone, a name or a weight file. Rejects with `ERR_STEGO_FILE`. */
export async function neighborKey(source: {
  backbone: string
  resolution: number
  crop: Transform['crop']
  /** Default `feat` of the last block. */
  featureKind?: FeatureChoice['kind']
  featureLayer?: number
  /** Default: float32. */
  dtype?: DTypeChoice
}): Promise<NeighborKey> {
  const { resolution, crop, featureKind = 'feat', featureLayer = 1, dtype = 'float32' } = source
  const backbone = await identifyBackbone(source.backbone)
  return { backbone, resolution, crop, featureKind, featureLayer, dtype: resolveDType(dtype) }
}

async function identifyBackbone(name: string): Promise<string> {
  const isFile = await stat(name).then(
    (stats) => stats.isFile(),
    () => false,
  )
  if (!isFile) return name
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(name), hash)
  } catch (cause) {
    throw unreadable(name, cause)
  }
  return `sha256:${hash.digest('hex')}`
}

/**
 * A fingerprint of each image: a hash of its name, which part of its file's picture it is, the file's size, and the
 * first and last 4 KiB of the file. Unlike times, which copies do not keep, it is the same wherever the images lie, and
 * it costs two small reads an image.
 * @returns [images, 16] bytes
 * Rejects with `ERR_STEGO_DATA_MISSING` or `ERR_STEGO_FILE` for an image that cannot be read.
 */
export async function fingerprintImages(images: NeighborImage[], signal?: AbortSignal): Promise<Uint8Array> {
  const prints = new Uint8Array(images.length * FINGERPRINT_BYTES)
  let next = 0
  const work = async () => {
    while (next < images.length) {
      signal?.throwIfAborted()
      const index = next++
      prints.set(await fingerprint(images[index]!), index * FINGERPRINT_BYTES)
    }
  }
  const stop = (error: unknown) => {
    next = images.length
    throw error
  }
  await Promise.all(Array.from({ length: FILES_AT_A_TIME }, () => work().catch(stop)))
  return prints
}

async function fingerprint({ name, image, crop = null }: NeighborImage): Promise<Uint8Array> {
  let file: FileHandle | undefined
  try {
    file = await open(image)
    const { size } = await file.stat()
    const length = Math.min(size, END_BYTES)
    const ends = Buffer.alloc(2 * length)
    await file.read(ends, 0, length, 0)
    await file.read(ends, length, length, size - length)
    const hash = createHash('sha256')
      .update(JSON.stringify([name, crop, size]))
      .update(ends)
    return hash.digest().subarray(0, FINGERPRINT_BYTES)
  } catch (cause) {
    throw unreadable(image, cause)
  } finally {
    await file?.close()
  }
}

function unreadable(path: string, cause: unknown): StegoError {
  const { code } = cause as NodeJS.ErrnoException
  const missing = code === 'ENOENT' || code === 'ENOTDIR'
  return new StegoError(
    missing ? 'ERR_STEGO_DATA_MISSING' : 'ERR_STEGO_FILE',
    missing
      ? `the file ${path} does not exist. Check the path.`
      : `the file ${path} cannot be read (${code ?? cause}). Check its permissions.`,
    { cause },
  )
}
