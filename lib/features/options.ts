/** Options of `buildFeatureStore()` and of `stego features build`. */
import { z } from 'zod'
import { datasetFields } from '../datasets/options.js'
import { deviceOption, featureStoreOption } from '../method/backbone-options.js'
import { trainSchema } from '../method/train-options.js'
import { abortSignal, callback, option } from '../options/schema.js'
import type { FeatureStoreProgress } from './progress.js'

const { classMap: _, ignoreLabel: __, ...imageFields } = datasetFields

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
  fit: trainSchema.shape.fit,
  dtype: trainSchema.shape.dtype,
  position: trainSchema.shape.position,
  featureKind: trainSchema.shape.featureKind,
  featureLayer: trainSchema.shape.featureLayer,
  ...imageFields,
  featureStore: featureStoreOption.unwrap().pick({ dtype: true, folder: true }).prefault({}),
  threads: trainSchema.shape.threads,
  device: deviceOption('Run'),
  onProgress: callback<FeatureStoreProgress>(
    'Called while weights are downloaded, while position is measured, and after every few images.',
  ),
  signal: abortSignal(),
}

export const buildSchema = z.strictObject({
  ...featureFields,
  pictures: option(z.boolean().default(false), {
    group: 'Features',
    doc: 'Also store small copies of the images, which the contrastive CRF needs; this makes a separate store.',
  }),
})

const fieldsSchema = z.object(featureFields)
export type FeatureFields = z.output<typeof fieldsSchema>
/** Options of `buildFeatureStore()`. */
export interface BuildFeatureStoreOptions extends z.input<typeof buildSchema> {}
