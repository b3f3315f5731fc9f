/** Opening what a plan says. */
import { checked, type NativeBackbone, type NativeFeatureStore } from '../native/index.js'
import type { FeaturePlan } from './plan.js'

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
