/** `stego/datasets`: crops of a dataset, in the layout of the official code. */
export { type CropResult, cropDataset } from './crop-dataset.js'
export type { CropOptions, CropProgress } from './crop-options.js'
export type { ClassMap, DatasetName } from './options.js'
