/** From options to everything that computing the features of a folder takes. */
import { createTransform } from '../images/transform.js'
import { addon, type NativeBackbone, type Transform } from '../native/index.js'
import { defaultThreads } from '../native/threads.js'
import { placeAtOnce, positionName } from '../position/position.js'
import { loadBackbone } from '../weights/backbones.js'
import type { ImageSet } from './images.js'
import { type FeatureKey, featureKey } from './key.js'
import type { FeatureFields } from './options.js'
import { type FeaturePlan, planFeatures } from './plan.js'

export interface PreparedFeatures {
  key: FeatureKey
  backbone: NativeBackbone
  transform: Transform
  plan: FeaturePlan
}

/**
 * Loads the backbone for the images of a folder and says where features go.
 * @param mode `store`, or `off` where only their means matter
 */
export async function prepareFeatures(
  set: ImageSet,
  options: FeatureFields,
  mode: 'store' | 'off',
  smallPictures = false,
): Promise<PreparedFeatures> {
  const { data, dtype, signal, onDownload } = options
  const features = { kind: options.featureKind, layer: options.featureLayer }
  const loaded = await loadBackbone(options.backbone, { features, dtype, signal, onDownload })
  const transform = createTransform(options.resolution, options.crop, loaded.info.patch)
  addon().configure({ threads: options.threads ?? defaultThreads() })
  const pictures = { count: set.images.length, read: (index: number) => set.read(set.images[index]!) }
  const source = { backbone: options.backbone, features, dtype }
  const settings = { transform, source, signal, onProgress: options.onPosition }
  const backbone = await placeAtOnce(options.position, loaded, pictures, settings)
  const key = await featureKey({ ...options, position: positionName(backbone) })
  const { storeType, storeFolder } = options
  const where = { features: mode, cacheBytes: 0, storeBytes: 0, storeType, storeFolder }
  const { dim } = backbone.info
  const plan = await planFeatures({
    ...where,
    data,
    images: set.images,
    key,
    dim,
    transform,
    pictures: smallPictures,
    signal,
  })
  return { key, backbone, transform, plan }
}
