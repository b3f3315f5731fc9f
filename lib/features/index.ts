/** `stego/features`: stores of backbone features, shared by runs on the same images. */

export type { ListedImage } from '../datasets/fingerprint.js'
export { type BuiltFeatureStore, buildFeatureStore } from './build.js'
export { type FeatureKey, featureKey } from './key.js'
export type { BuildFeatureStoreOptions } from './options.js'
export type { StoreDescription } from './plan.js'
export type { FeatureStoreProgress, FeaturesProgress } from './progress.js'
export {
  type FeatureStoreInfo,
  type FeatureStoresOptions,
  listFeatureStores,
  removeFeatureStores,
} from './stores.js'
