/** Plans where features are stored and how much space they take, before any are computed. */
import { createHash } from 'node:crypto'
import { statfsSync } from 'node:fs'
import { mkdir, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fingerprintImages, type ListedImage } from '../datasets/fingerprint.js'
import { cacheFromEnv } from '../env.js'
import { StegoError } from '../errors.js'
import type { ResolvedFeatureStoreOptions } from '../method/backbone-options.js'
import { memoryLimit } from '../native/cgroup.js'
import {
  checked,
  type FeatureStoreFile,
  type NativeBackbone,
  type NativeFeatureStore,
  type Transform,
} from '../native/index.js'
import { formatBytes } from '../options/bytes.js'
import type { FeatureKey } from './key.js'

/** Incremented whenever the same key no longer means the same features. */
const VERSION = 2
const EXTENSION = '.features'
/** Size of the small picture whose colors the contrastive CRF compares, 4 bytes per value. */
const PICTURE_BYTES = 56 * 56 * 3 * 4

/** Describes the contents of a store, as recorded in its header and returned by `listFeatureStores`. */
export interface StoreDescription extends FeatureKey {
  /** The image folder it was built for. */
  data: string
  /** Number format of the store. */
  storeType: 'float16' | 'float32'
}

export interface FeaturePlan {
  mode: 'disk' | 'memory' | 'off'
  images: number
  /** Bytes for the features of all images, on disk or in memory. */
  bytes: number
  /** Bytes per image. */
  bytesPerImage: number
  /** The store, or null. */
  file: FeatureStoreFile | null
  memoryBytes: number
  pictures: boolean
}

export interface FeatureRequest {
  store: ResolvedFeatureStoreOptions
  data: string
  images: ListedImage[]
  key: FeatureKey
  /** Channels per patch. */
  dim: number
  transform: Transform
  /** Whether small pictures are stored too. */
  pictures: boolean
  signal?: AbortSignal
}

/**
 * Resolves `mode: 'auto'` from sizes, so that a run gives the same bytes on any machine; only where a store does not fit on
 * its disk are features kept in memory instead.
 */
function chooseMode(request: SizeRequest, images: number): FeaturePlan['mode'] {
  const { mode, memoryBytes, diskBytes } = request.store
  if (mode !== 'auto') return mode
  const { memory, disk } = bytesOfImage(request)
  if (images * memory <= memoryBytes) return 'memory'
  const fits = images * disk <= Math.min(diskBytes, freeBytes(storeFolder(request.store.folder)))
  return fits ? 'disk' : 'memory'
}

/** Free bytes on the disk of a folder, which may not exist yet. */
function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    return dirname(folder) === folder ? 0 : freeBytes(dirname(folder))
  }
}

type SizeRequest = Pick<FeatureRequest, 'store' | 'dim' | 'transform' | 'pictures'>

/** Decides how features are stored and computes their size, before their content is known. */
export function sizeFeatures(
  request: SizeRequest,
  images: number,
): Pick<FeaturePlan, 'mode' | 'bytes' | 'bytesPerImage'> {
  const mode = chooseMode(request, images)
  const each = bytesOfImage(request)
  const bytesPerImage = mode === 'disk' ? each.disk + (request.pictures ? PICTURE_BYTES : 0) : each.memory
  return { mode, bytes: images * bytesPerImage, bytesPerImage }
}

/** Plans where features are stored. Rejects with `ERR_STEGO_FILE` if a store does not fit on its disk. */
export async function planFeatures(request: FeatureRequest): Promise<FeaturePlan> {
  const { images, pictures } = request
  const sizes = sizeFeatures(request, images.length)
  const { mode } = sizes
  const plan = {
    ...sizes,
    images: images.length,
    file: null,
    memoryBytes: mode === 'memory' ? memoryBudget(request.store.memoryBytes) : 0,
    pictures,
  }
  if (mode !== 'disk') return plan
  const file = await storeFile(request)
  await makeRoom(file.path, plan.bytes)
  return { ...plan, file }
}

/** Memory for features: not more than half of a container's limit. What does not fit is recomputed, to the same bytes. */
export function memoryBudget(asked: number, limit = memoryLimit()): number {
  return limit === undefined ? asked : Math.min(asked, Math.floor(limit / 2))
}

/** Returns the folder of stores. */
export const storeFolder = (chosen: string | null) => chosen ?? join(cacheFromEnv(), 'features')

/** Whether a file name is a store's. */
export const isStore = (file: string) => file.endsWith(EXTENSION)

function bytesOfImage({ dim, transform, store }: SizeRequest) {
  const values = (transform.resolution / transform.multiple) ** 2 * dim
  const means = 4 * dim
  return { memory: 4 * values, disk: (store.dtype === 'float16' ? 2 : 4) * values + means }
}

async function storeFile(request: FeatureRequest): Promise<FeatureStoreFile> {
  const { data, images, key, transform, pictures, signal } = request
  const { dtype: storeType, folder } = request.store
  const description: StoreDescription = { ...key, data, storeType }
  const hash = createHash('sha256').update(
    JSON.stringify([VERSION, Object.entries(key).sort(), storeType, pictures]),
  )
  hash.update(await fingerprintImages(images, signal))
  const digest = hash.digest('hex')
  const side = transform.resolution / transform.multiple
  return {
    path: join(storeFolder(folder), `${digest.slice(0, 16)}${EXTENSION}`),
    key: digest,
    description: JSON.stringify(description),
    dtype: storeType,
    gridHeight: side,
    gridWidth: side,
  }
}

/** Creates the folder and checks that the disk has space for the rest of the file. */
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
        "Free some space, choose a folder on another disk (`featureStore.folder`), or keep features in memory (`featureStore.mode: 'memory'`).",
    )
  } catch (cause) {
    if (cause instanceof StegoError) throw cause
    throw new StegoError(
      'ERR_STEGO_FILE',
      `the feature store folder ${dirname(path)} cannot be created (${(cause as NodeJS.ErrnoException).code ?? cause}). ` +
        'Choose another folder (`featureStore.folder`), or check permissions.',
      { cause },
    )
  }
}

/** Opens or creates the store. Throws `ERR_STEGO_FILE` on failure, or if another run is writing the store. */
export function openStore(backbone: NativeBackbone, plan: FeaturePlan): NativeFeatureStore {
  const { images, memoryBytes: budgetBytes, pictures, file } = plan
  return checked((native) => new native.FeatureStore(backbone, images, { budgetBytes, pictures, file }))
}

/** The plan of a store that keeps only feature means. */
export function planMeans(images: number): FeaturePlan {
  return { mode: 'off', images, bytes: 0, bytesPerImage: 0, file: null, memoryBytes: 0, pictures: false }
}
