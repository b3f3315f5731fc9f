/** Options of `computeNeighbors()` and of `stego neighbors`. */
import { z } from 'zod'
import { featureFields } from '../features/options.js'
import { option } from '../options/schema.js'

export const neighborsSchema = z.strictObject({
  ...featureFields,
  k: option(z.int().min(1).default(29), {
    group: 'Common',
    unit: 'images',
    doc:
      'Number of neighbors per image, at most the number of other images. 29, plus the image itself, gives the 30 ' +
      "columns of the original's files.",
  }),
  featureStore: featureFields.featureStore
    .unwrap()
    .extend({
      mode: option(z.enum(['disk', 'off']).default('off'), {
        group: 'Features',
        doc: 'disk keeps the features in a store for training runs on the same images; off discards them.',
      }),
    })
    .prefault({}),
})

/** Options of `computeNeighbors()`. */
export interface NeighborsOptions extends z.input<typeof neighborsSchema> {}
