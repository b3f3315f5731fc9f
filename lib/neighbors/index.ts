/** `stego/neighbors`: nearest neighbors of vectors and of images, and the files that keep them. */
export type { FeatureKey, ListedImage } from '../features/key.js'
export { computeNeighbors } from './compute.js'
export { type NearestNeighbors, type NearestNeighborsInput, nearestNeighbors } from './nearest-neighbors.js'
export {
  type FoundNeighbors,
  type ImageNeighbors,
  type LoadedNeighbors,
  loadNeighbors,
  writeNeighbors,
} from './neighbor-file.js'
export type { NeighborsInput } from './options.js'
