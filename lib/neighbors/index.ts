/** `stego/neighbors`: nearest neighbors of vectors and of images, and the files that keep them. */
export type { ListedImage } from '../datasets/fingerprint.js'
export type { FeatureKey } from '../features/key.js'
export { computeNeighbors } from './compute.js'
export { type NearestNeighbors, type NearestNeighborsOptions, nearestNeighbors } from './nearest-neighbors.js'
export {
  type FoundNeighbors,
  type ImageNeighbors,
  type LoadedNeighbors,
  loadNeighbors,
  writeNeighbors,
} from './neighbor-file.js'
export type { NeighborsOptions } from './options.js'
