/** Options of `buildFeatureStore()` and of `stego features build`. */
import { z } from 'zod'
import { datasetFields } from '../datasets/options.js'
import { featureStoreFields } from '../method/backbone-options.js'
import { trainSchema } from '../method/train-options.js'
import { abortSignal, option } from '../options/schema.js'
import type { PositionProgress } from '../position/position.js'
import type { DownloadProgress } from '../weights/progress.js'

const { labelMap: _, ...imageFields } = datasetFields

/** Which features of which images: what all that computes features of a folder has in common. */
export const featureFields = {
  data: trainSchema.shape.data,
  split: option(z.string().min(1).default('train'), {
    group: 'Common',
    value: 'name',
    doc: 'Split of the data folder, where the folder has splits.',
  }),
  backbone: trainSchema.shape.backbone,
  resolution: option(z.int().min(8).default(224), {
    group: 'Common',
    unit: 'pixels',
    doc: "Side of the square image, a multiple of the backbone's patch; that of the training. Official value.",
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
      description: 'Told how measuring place in the features goes, and at last what was found.',
      expected: 'a function',
    }),
  onDownload: z
    .custom<(progress: DownloadProgress) => void>((value) => typeof value === 'function')
    .optional()
    .meta({ description: 'Called while weights are fetched.', expected: 'a function' }),
  signal: abortSignal(),
}

export const buildSchema = z.strictObject({
  ...featureFields,
  pictures: option(z.boolean().default(false), {
    group: 'Features',
    doc: 'Keep small pictures too, as training with the contrastive CRF needs them; such a store is another one.',
  }),
  onPlan: z
    .custom<(plan: { file: string; images: number; bytes: number }) => void>(
      (value) => typeof value === 'function',
    )
    .optional()
    .meta({ description: 'Told the file and its size before the work begins.', expected: 'a function' }),
})

const fieldsSchema = z.object(featureFields)
export type FeatureFields = z.output<typeof fieldsSchema>
/** What `buildFeatureStore()` takes. */
export interface BuildFeatureStoreInput extends z.input<typeof buildSchema> {}
