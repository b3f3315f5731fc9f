/** Options of `buildFeatureStore()` and of `stego features build`. */
import { z } from 'zod'
import { datasetFields } from '../datasets/options.js'
import { featureStoreFields } from '../method/backbone-options.js'
import { trainSchema } from '../method/train-options.js'
import { abortSignal, option } from '../options/schema.js'
import type { PositionProgress } from '../position/position.js'
import type { DownloadProgress } from '../weights/progress.js'

const { labelMap: _, ...imageFields } = datasetFields

/** Options shared by everything that computes features of a folder. */
export const featureFields = {
  data: trainSchema.shape.data,
  split: option(z.string().min(1).default('train'), {
    group: 'Common',
    value: 'name',
    doc: 'Split to use, if the data folder has splits.',
  }),
  backbone: trainSchema.shape.backbone,
  resolution: option(z.int().min(8).default(224), {
    group: 'Common',
    unit: 'pixels',
    doc: "Side of the square image, a multiple of the backbone's patch size; use the same as in training. Official value.",
  }),
  crop: trainSchema.shape.crop,
  dtype: trainSchema.shape.dtype,
  position: trainSchema.shape.position,
  featureKind: trainSchema.shape.featureKind,
  featureLayer: trainSchema.shape.featureLayer,
  ...imageFields,
  storeType: featureStoreFields.storeType,
  storeFolder: featureStoreFields.storeFolder,
  threads: trainSchema.shape.threads,
  onProgress: z
    .custom<(done: number, total: number) => void>((value) => typeof value === 'function')
    .optional()
    .meta({ description: 'Called after every few images.', expected: 'a function' }),
  onPosition: z
    .custom<(progress: PositionProgress) => void>((value) => typeof value === 'function')
    .optional()
    .meta({
      description: 'Called while position in the features is measured, and with the result.',
      expected: 'a function',
    }),
  onDownload: z
    .custom<(progress: DownloadProgress) => void>((value) => typeof value === 'function')
    .optional()
    .meta({ description: 'Called while weights are downloaded.', expected: 'a function' }),
  signal: abortSignal(),
}

export const buildSchema = z.strictObject({
  ...featureFields,
  pictures: option(z.boolean().default(false), {
    group: 'Features',
    doc: 'Also store small copies of the images, which the contrastive CRF needs; this makes a separate store.',
  }),
  onPlan: z
    .custom<(plan: { file: string; images: number; bytes: number }) => void>(
      (value) => typeof value === 'function',
    )
    .optional()
    .meta({ description: 'Called with the file and its size before work starts.', expected: 'a function' }),
})

const fieldsSchema = z.object(featureFields)
export type FeatureFields = z.output<typeof fieldsSchema>
/** Options of `buildFeatureStore()`. */
export interface BuildFeatureStoreOptions extends z.input<typeof buildSchema> {}
