/** Options of `computeNeighbors()` and of `stego neighbors`. */
import { z } from 'zod'
import { datasetFields } from '../options/dataset.js'
import { abortSignal, option } from '../options/schema.js'
import { trainSchema } from '../options/train.js'
import type { DownloadProgress } from '../weights/progress.js'

const { labelMap: _, ...imageFields } = datasetFields

export const neighborsSchema = z.strictObject({
  data: trainSchema.shape.data,
  split: option(z.string().min(1).default('train'), {
    group: 'Common',
    value: 'name',
    doc: 'Split of the data folder, where the folder has splits.',
  }),
  backbone: trainSchema.shape.backbone,
  k: option(z.int().min(1).default(29), {
    group: 'Common',
    unit: 'images',
    doc:
      'Nearest neighbours of each image; at most the other images. 29 and the image itself are the 30 columns of ' +
      "the original's files.",
  }),
  resolution: option(z.int().min(8).default(224), {
    group: 'Common',
    unit: 'pixels',
    doc: "Side of the square image, a multiple of the backbone's patch; that of the training. Official value.",
  }),
  crop: trainSchema.shape.crop,
  dtype: trainSchema.shape.dtype,
  featureKind: trainSchema.shape.featureKind,
  featureLayer: trainSchema.shape.featureLayer,
  ...imageFields,
  threads: trainSchema.shape.threads,
  onProgress: z
    .custom<(done: number, total: number) => void>((value) => typeof value === 'function')
    .optional()
    .meta({ description: 'Called after every few images.', expected: 'a function' }),
  onDownload: z
    .custom<(progress: DownloadProgress) => void>((value) => typeof value === 'function')
    .optional()
    .meta({ description: 'Called while weights are fetched.', expected: 'a function' }),
  signal: abortSignal(),
})

export type NeighborsInput = z.input<typeof neighborsSchema>
