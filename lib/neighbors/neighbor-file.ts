import { extname } from 'node:path'
import { z } from 'zod'
import { FINGERPRINT_BYTES, fingerprintImages, type ListedImage } from '../datasets/fingerprint.js'
import type { BadImage, UnusedFiles } from '../datasets/unused.js'
import { StegoError } from '../errors.js'
import type { FeatureKey } from '../features/key.js'
import { readTensorFile } from '../formats/read-tensor-file.js'
import { writeSafetensors } from '../formats/write-safetensors.js'
import { type Device, job, type Neighbors, type Tensor, type TensorData } from '../native/index.js'
import { pathOf } from '../options/path.js'
import { isArrayOf } from '../values.js'
import { storedTensors } from '../weights/tensors.js'
import { otherCount, readOfficialNeighbors, tooFew, writeOfficialNeighbors } from './official.js'

/** Neighbors, with the key and fingerprints of the images they belong to. */
export interface ImageNeighbors extends Omit<Neighbors, 'recall'> {
  /** Number of images. */
  count: number
  /** Neighbors per image. `indices` and `similarities` are row-major [count, k], nearest first. */
  k: number
  /** Key of the features that were compared. */
  key: FeatureKey
  /** Image fingerprints, [count, 16]. */
  fingerprints: Uint8Array
}

/** Neighbors found by a search. */
export interface FoundNeighbors extends ImageNeighbors {
  /** Share of the true neighbors found, measured on a sample; null if the search was exact. */
  recall: number | null
  /** Where features were computed: `cpu`, or `cuda:0` and so on. */
  device: Device
  /** Images that cannot be read and are left out. */
  skipped: BadImage[]
  /** Files that are not images. */
  unused: UnusedFiles[]
  /** What else is to be told. */
  notes: string[]
}

/** Neighbors loaded from a file. */
export interface LoadedNeighbors {
  /** Row-major [images, k], nearest first, excluding the image itself. */
  indices: Int32Array
  /** Cosine similarities; null if the file is in the original format, which has none. */
  similarities: Float32Array | null
}

const OFFICIAL_EXTENSION = '.npz'
const EXTENSION = '.safetensors'
/** Extensions of neighbor files. */
export const NEIGHBOR_EXTENSIONS = [EXTENSION, OFFICIAL_EXTENSION]

const FORMAT = 'stego-neighbors'
/** Incremented whenever the same key no longer means the same neighbors. */
const VERSION = 1

const keySchema = z.strictObject({
  backbone: z.string(),
  resolution: z.number(),
  fit: z.enum(['center', 'squash', 'whole']),
  featureKind: z.enum(['feat', 'keys']),
  featureLayer: z.int().min(1),
  dtype: z.enum(['float32', 'bfloat16']),
  position: z.string().optional(),
  pixels: z.string().optional(),
})

/** Throws `ERR_STEGO_OPTION` for an unsupported file extension. */
export function checkNeighborFile(path: string): void {
  if (NEIGHBOR_EXTENSIONS.includes(extname(path).toLowerCase())) return
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `expected a neighbor file ending in ${NEIGHBOR_EXTENSIONS.join(' or ')}, got ${path}. Change the extension.`,
  )
}

/**
 * Writes neighbors atomically, creating the folder if needed. The extension selects the format: `.safetensors` for this
 * package's, `.npz` for the original's.
 * Rejects with `ERR_STEGO_OPTION` for any other extension, `ERR_STEGO_FILE` if writing fails.
 */
export async function writeNeighbors(file: string | URL, neighbors: ImageNeighbors): Promise<void> {
  const path = pathOf(file)
  checkNeighborFile(path)
  if (isOfficial(path)) return writeOfficialNeighbors(path, neighbors)
  const { count, k, indices, similarities, key, fingerprints } = neighbors
  const tensors = {
    indices: { data: indices, shape: [count, k] },
    similarities: { data: similarities, shape: [count, k] },
    fingerprints: { data: fingerprints, shape: [count, FINGERPRINT_BYTES] },
  }
  const metadata = { format: FORMAT, version: String(VERSION), key: JSON.stringify(key) }
  await writeSafetensors(path, tensors, metadata)
}

/**
 * Loads the `k` nearest neighbors of each image. The file may hold more.
 * @param source `.safetensors` from this package, or `.npz` from the original
 * @param options.images the images in order
 * @param options.key the expected feature key (`featureKey`); ignored for `.npz`
 *
 * Rejects with `ERR_STEGO_DATA_LAYOUT`, listing the differences, if the file belongs to other images, another backbone
 * or another transform, or has fewer than `k` neighbors; `ERR_STEGO_DATA_MISSING`; `ERR_STEGO_CHECKPOINT` or
 * `ERR_STEGO_FILE` if the file is damaged or of the wrong kind; `ERR_STEGO_OPTION` for any other extension.
 */
export async function loadNeighbors(
  source: string | URL,
  options: { images: ListedImage[]; k: number; key: FeatureKey; signal?: AbortSignal },
): Promise<LoadedNeighbors> {
  const path = pathOf(source)
  checkNeighborFile(path)
  const { images, k, key, signal } = options
  if (isOfficial(path)) {
    const indices = await readOfficialNeighbors(path, { count: images.length, k })
    return { indices, similarities: null }
  }
  const file = await readFile(path, signal)
  if (file.count !== images.length) throw otherCount(path, file.count, images.length)
  const prints = await fingerprintImages(images, signal)
  const differences = [...differingKeys(file.key, key), ...differingImages(file.fingerprints, prints, images)]
  if (differences.length > 0) {
    throw new StegoError(
      'ERR_STEGO_DATA_LAYOUT',
      `the neighbors in ${path} were computed from something else: ${differences.join('; ')}. Recompute them, ` +
        'or use another file.',
    )
  }
  if (file.k < k) throw tooFew(path, file.k, k)
  return {
    indices: firstColumns(file.indices, file.k, k),
    similarities: firstColumns(file.similarities, file.k, k),
  }
}

const isOfficial = (path: string) => extname(path).toLowerCase() === OFFICIAL_EXTENSION

async function readFile(path: string, signal?: AbortSignal): Promise<ImageNeighbors> {
  const stored = await readTensorFile(path)
  const { metadata } = stored
  if (metadata.format !== FORMAT || metadata.version !== String(VERSION)) {
    throw new StegoError(
      'ERR_STEGO_CHECKPOINT',
      `${path} contains no nearest neighbors that this version of stego can read. Create it with \`stego neighbors\`.`,
    )
  }
  const tensors = await job((native) => native.readTensors(storedTensors(stored)), signal)
  const file = checkContents(tensors, readKey(metadata.key))
  if (file) return file
  throw new StegoError(
    'ERR_STEGO_CHECKPOINT',
    `the neighbors in ${path} are damaged: expected indices and similarities [images, k] and a fingerprint for each ` +
      'image, with every index referring to another image. Recompute them.',
  )
}

function readKey(text: string | undefined): FeatureKey | null {
  try {
    // Files of earlier versions say `crop` for `fit`.
    const { crop, ...key } = JSON.parse(text ?? '')
    return keySchema.safeParse(crop === undefined ? key : { fit: crop, ...key }).data ?? null
  } catch {
    return null
  }
}

/** Validates the contents of a file. Returns null if they are invalid. */
function checkContents(
  tensors: Record<string, Tensor<TensorData>>,
  key: FeatureKey | null,
): ImageNeighbors | null {
  const [count, k] = tensors.indices?.shape ?? []
  const indices = tensors.indices?.data
  const similarities = tensors.similarities?.data
  const fingerprints = tensors.fingerprints?.data
  if (!key || count === undefined || k === undefined || k < 1) return null
  if (!isArrayOf(indices, 'Int32Array') || indices.length !== count * k) return null
  if (!isArrayOf(similarities, 'Float32Array') || similarities.length !== count * k) return null
  if (!isArrayOf(fingerprints, 'Uint8Array') || fingerprints.length !== count * FINGERPRINT_BYTES) return null
  const valid = indices.every(
    (index, place) => index >= 0 && index < count && index !== Math.floor(place / k),
  )
  return valid ? { count, k, indices, similarities, key, fingerprints } : null
}

function differingKeys(file: FeatureKey, wanted: FeatureKey): string[] {
  const names = Object.keys(keySchema.shape) as (keyof FeatureKey)[]
  return names
    .filter((name) => file[name] !== wanted[name])
    .map((name) => `${name} ${file[name] ?? 'kept'}, now ${wanted[name] ?? 'kept'}`)
}

function differingImages(file: Uint8Array, now: Uint8Array, images: ListedImage[]): string[] {
  const print = (prints: Uint8Array, index: number) =>
    Buffer.from(prints.subarray(index * FINGERPRINT_BYTES, (index + 1) * FINGERPRINT_BYTES))
  const others = images.filter((_, index) => !print(file, index).equals(print(now, index)))
  if (others.length === 0) return []
  const more = others.length > 1 ? ` and ${others.length - 1} more of the images` : ''
  return [`${others[0]!.image}${more} had a different name or content`]
}

function firstColumns<T extends Int32Array | Float32Array>(table: T, columns: number, k: number): T {
  return table.filter((_, place) => place % columns < k) as T
}
