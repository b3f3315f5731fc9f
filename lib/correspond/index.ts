/**
 * `stego/correspond`: finds what corresponds to points of an image with a backbone, without a trained model.
 */
export { type Correspondence, correspondFeatures, type Match } from './correspond.js'
export type { CorrespondFeaturesOptions, Point } from './options.js'
