/** Where the features of a list of images will be kept, and how much room they take, before any is computed. */
import { createHash } from 'node:crypto'
import { mkdir, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { cacheFromEnv } from '../env.js'
import { StegoError } from '../errors.js'
import type { FeatureStoreOptions } from '../method/backbone-options.js'
import {
  checked,
  type FeatureStoreFile,
  type NativeBackbone,
  type NativeFeatureStore,
  type Transform,
} from '../native/index.js'
import { formatBytes } from '../options/bytes.js'
import { type FeatureKey, fingerprintImages, type ListedImage } from './key.js'

/** Counted up whenever the same key no longer means the same features. */
const VERSION = 2
const EXTENSION = '.features'
/** Sides of the small picture that the contrastive CRF compares colors of, 4 bytes a value. */
const PICTURE_BYTES = 56 * 56 * 3 * 4

/** What a store is for, as its head keeps it and `listFeatureStores` tells it. */
export interface StoreDescription extends FeatureKey {
  /** The folder of images it was made for. */
  data: string
  /** Numbers of the store. */
  storeType: 'float16' | 'float32'
}

export interface FeaturePlan {
  mode: 'store' | 'memory' | 'off'
  images: number
  /** Bytes of the features of all images, on disk or in memory. */
  bytes: number
  /** The same of one image. */
  bytesPerImage: number
  /** The store; null without one. */
  file: FeatureStoreFile | null
  cacheBytes: number
  pictures: boolean
}

export interface FeatureRequest extends FeatureStoreOptions {
  data: string
  images: ListedImage[]
  key: FeatureKey
  /** Features of one patch. */
  dim: number
  transform: Transform
  /** Whether small pictures are kept too. */
  pictures: boolean
  signal?: AbortSignal
}

/** Resolves `features: 'auto'` from sizes alone, so that the same run gives the same bytes wherever it runs. */
export function chooseMode(
  request: Pick<FeatureRequest, 'features' | 'cacheBytes' | 'storeBytes' | 'storeType' | 'dim' | 'transform'>,
  images: number,
): FeaturePlan['mode'] {
  const { features, cacheBytes, storeBytes } = request
  if (features !== 'auto') return features
  const { memory, store } = bytesOfImage(request)
  if (images * memory <= cacheBytes) return 'memory'
  return images * store <= storeBytes ? 'store' : 'memory'
}

/** Says how features will be kept and how large they are, before anything of their content is decided. */
export function sizeFeatures(
  request: Omit<FeatureRequest, 'key' | 'data' | 'images' | 'storeFolder' | 'signal'>,
  images: number,
): Pick<FeaturePlan, 'mode' | 'bytes' | 'bytesPerImage'> {
  const mode = chooseMode(request, images)
  const each = bytesOfImage(request)
  const bytesPerImage = mode === 'store' ? each.store + (request.pictures ? PICTURE_BYTES : 0) : each.memory
  return { mode, bytes: images * bytesPerImage, bytesPerImage }
}

/** Says where features will be kept. Rejects with `ERR_STEGO_FILE` where a store would not fit on its disk. */
export async function planFeatures(request: FeatureRequest): Promise<FeaturePlan> {
  const { images, cacheBytes, pictures } = request
  const sizes = sizeFeatures(request, images.length)
  const { mode } = sizes
  const plan = {
    ...sizes,
    images: images.length,
    file: null,
    cacheBytes: mode === 'memory' ? cacheBytes : 0,
    pictures,
  }
  if (mode !== 'store') return plan
  const file = await storeFile(request)
  await makeRoom(file.path, plan.bytes)
  return { ...plan, file }
}

/** Folder of stores. */
export const storeFolder = (chosen: string | null) => chosen ?? join(cacheFromEnv(), 'features')

/** Whether a file's name is that of a store. */
export const isStore = (file: string) => file.endsWith(EXTENSION)

function bytesOfImage({
  dim,
  transform,
  storeType,
}: Pick<FeatureRequest, 'dim' | 'transform' | 'storeType'>) {
  const values = (transform.resolution / transform.multiple) ** 2 * dim
  const means = 4 * dim
  return { memory: 4 * values, store: (storeType === 'float16' ? 2 : 4) * values + means }
}

async function storeFile(request: FeatureRequest): Promise<FeatureStoreFile> {
  const { data, images, key, transform, storeType, pictures, signal } = request
  const description: StoreDescription = { ...key, data, storeType }
  const hash = createHash('sha256').update(
    JSON.stringify([VERSION, Object.entries(key).sort(), storeType, pictures]),
  )
  hash.update(await fingerprintImages(images, signal))
  const digest = hash.digest('hex')
  const side = transform.resolution / transform.multiple
  return {
    path: join(storeFolder(request.storeFolder), `${digest.slice(0, 16)}${EXTENSION}`),
    key: digest,
    description: JSON.stringify(description),
    dtype: storeType,
    gridHeight: side,
    gridWidth: side,
  }
}

/** Makes the folder; throws where the disk has less room than the rest of the file will take. */
async function makeRoom(path: string, bytes: number): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    const there = await stat(path).then(
      ({ blocks }) => 512 * blocks,
      () => 0,
    )
    const { bavail, bsize } = await statfs(dirname(path))
    const needed = bytes - there
    if (needed <= bavail * bsize) return
    throw new StegoError(
      'ERR_STEGO_FILE',
      `the feature store ${path} needs ${formatBytes(needed)}, but its disk has ${formatBytes(bavail * bsize)} free. ` +
        "Free space, choose a folder on another disk (storeFolder), or keep features in memory (features: 'memory').",
    )
  } catch (cause) {
    if (cause instanceof StegoError) throw cause
    throw new StegoError(
      'ERR_STEGO_FILE',
      `the folder of feature stores ${dirname(path)} cannot be made (${(cause as NodeJS.ErrnoException).code ?? cause}). ` +
        'Choose another (storeFolder), or check its permissions.',
      { cause },
    )
  }
}

/** Opens or makes the store. Throws `ERR_STEGO_FILE` where the system refuses, or another run is filling the store. */
export function openStore(backbone: NativeBackbone, plan: FeaturePlan): NativeFeatureStore {
  const { images, cacheBytes: budgetBytes, pictures, file } = plan
  return checked((native) => new native.FeatureStore(backbone, images, { budgetBytes, pictures, file }))
}

/** A store that keeps nothing but means. */
export function openMeans(backbone: NativeBackbone, images: number): NativeFeatureStore {
  return checked(
    (native) => new native.FeatureStore(backbone, images, { budgetBytes: 0, pictures: false, file: null }),
  )
}
