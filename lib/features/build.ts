/** Builds a feature store ahead of training. */
import type { BadImage, UnusedFiles } from '../datasets/unused.js'
import { createTransform } from '../images/transform.js'
import {
  addon,
  type Device,
  type DeviceInUse,
  type NativeBackbone,
  type Transform,
  useDevice,
} from '../native/index.js'
import { defaultThreads } from '../native/threads.js'
import { parseOptions } from '../options/parse.js'
import { placeAtOnce, positionName } from '../position/position.js'
import { loadBackbone } from '../weights/backbones.js'
import { fillStore } from './fill.js'
import { type FeatureKey, featureKey, type ImageSet, openImages, pixelsName } from './key.js'
import { type BuildFeatureStoreOptions, buildSchema, type FeatureFields } from './options.js'
import { type FeaturePlan, openStore, planFeatures } from './plan.js'

/** A complete store. */
export interface BuiltFeatureStore {
  /** File of the store. */
  file: string
  /** Number of images in the store. */
  images: number
  /** How many were computed by this call. The others already existed. */
  computed: number
  /** Size of the file in bytes. */
  bytes: number
  /** Where they were computed: `cpu`, or `cuda:0` and so on. */
  device: Device
  /** Images that cannot be read and are left out. */
  skipped: BadImage[]
  /** Files that are not images. */
  unused: UnusedFiles[]
  /** What else is to be told. */
  notes: string[]
}

/**
 * Computes the backbone features of all images in a folder and stores them on disk, resuming where an earlier call
 * stopped. Training runs with `featureStore: { mode: 'disk' }` and the same images, backbone and transform reuse them.
 *
 * Rejects with `ERR_STEGO_OPTION` for invalid options, `ERR_STEGO_DATA_*` and `ERR_STEGO_IMAGE` for problems with the
 * images, `ERR_STEGO_BACKBONE`, `ERR_STEGO_SIZE` for the resolution, `ERR_STEGO_FILE` if the disk is full or another run
 * is writing the same store, and with the signal's reason. Features computed so far are kept.
 */
export async function buildFeatureStore(input: BuildFeatureStoreOptions): Promise<BuiltFeatureStore> {
  const options = parseOptions(buildSchema, input, 'buildFeatureStore()')
  const { signal } = options
  const set = await openImages(options, { ...options, classes: null })
  const {
    backbone,
    transform,
    plan,
    device: inUse,
  } = await prepareFeatures(set, options, 'disk', options.pictures)
  const { images, bytes } = plan
  const store = openStore(backbone, plan)
  const read = (index: number) => set.read(set.images[index]!)
  let there: number | undefined
  try {
    for await (const progress of fillStore(store, plan, read, transform, signal)) {
      there ??= progress.done
      options.onProgress?.(progress)
    }
    const { skipped, unused, notes } = set
    const { device } = inUse
    return { file: plan.file!.path, images, computed: images - there!, bytes, device, skipped, unused, notes }
  } finally {
    store.dispose()
  }
}

export interface PreparedFeatures {
  key: FeatureKey
  backbone: NativeBackbone
  transform: Transform
  plan: FeaturePlan
  device: DeviceInUse
}

/**
 * Loads the backbone for a folder of images and plans where to store features.
 * @param mode `disk`, or `off` if only feature means are needed
 */
export async function prepareFeatures(
  set: ImageSet,
  options: FeatureFields,
  mode: 'disk' | 'off',
  smallPictures = false,
): Promise<PreparedFeatures> {
  const { data, dtype, signal, onProgress } = options
  const inUse = useDevice(options.device)
  const { device } = inUse
  const features = { kind: options.featureKind, layer: options.featureLayer }
  const loaded = await loadBackbone(options.backbone, { features, dtype, device, signal, onProgress })
  const transform = createTransform(options.resolution, options.fit, loaded.info.patch)
  addon().configure({ threads: options.threads ?? defaultThreads() })
  const pictures = { count: set.images.length, read: (index: number) => set.read(set.images[index]!) }
  const source = { backbone: options.backbone, features, dtype }
  const settings = { transform, source, signal, onProgress }
  const backbone = await placeAtOnce(options.position, loaded, pictures, settings)
  const position = positionName(backbone)
  const key = await featureKey({ ...options, position, pixels: pixelsName(set.rule) })
  const { dim } = backbone.info
  const plan = await planFeatures({
    store: { ...options.featureStore, mode, memoryBytes: 0, diskBytes: 0 },
    data,
    images: set.images,
    key,
    dim,
    transform,
    pictures: smallPictures,
    signal,
  })
  return { key, backbone, transform, plan, device: inUse }
}
