/** Options of `cropDataset()` and of `stego crop`. */
import { z } from 'zod'
import { abortSignal, callback, option, path } from '../options/schema.js'
import { CROP_KINDS, datasetFields } from './options.js'

const { dataset, classMap, cropRatio } = datasetFields

/** Cropping progress. */
export interface CropProgress {
  /** Type of the progress. */
  type: 'crop'
  /** Name of the split. */
  split: string
  /** Crops of the split written so far. */
  done: number
  /** Total number of crops of the split. */
  total: number
}

export const cropSchema = z.strictObject({
  data: option(path(), {
    group: 'Common',
    value: 'folder',
    expected: 'the folder of images, a path or a file: URL',
    doc: 'Folder of images, or of an official dataset.',
  }),
  out: option(path(), {
    group: 'Common',
    value: 'folder',
    expected: 'a folder, a path or a file: URL',
    doc: 'Parent folder for cropped/<dataset>_<crops>_crop_<ratio>/; official: the same pytorch_data_dir.',
  }),
  dataset,
  split: option(
    z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .nullable()
      .default(null),
    {
      group: 'Images',
      value: 'names',
      expected: 'the name of a split, several with commas between them, or a list of names',
      whenAbsent: 'train and val, if they exist',
      doc: 'Splits to crop, separated by commas.',
    },
  ),
  classMap,
  crops: option(z.enum(CROP_KINDS).default('five'), {
    group: 'Images',
    doc: 'Five crops of each image: five takes the corners and the center, random takes random ones. Official: five.',
  }),
  cropRatio,
  signal: abortSignal(),
  onProgress: callback<CropProgress>('Called after each image.'),
})

export type ResolvedCropOptions = z.output<typeof cropSchema>
/** Options of `cropDataset()`. */
export interface CropOptions extends z.input<typeof cropSchema> {}
