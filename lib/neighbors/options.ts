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
      'Nearest neighbors of each image; at most the other images. 29 and the image itself are the 30 columns of ' +
      "the original's files.",
  }),
  features: option(z.enum(['store', 'off']).default('off'), {
    group: 'Features',
    doc: 'Whether the features are kept in a store on disk, which a training on the same images shares.',
  }),
})

/** What `computeNeighbors()` takes. */
export interface NeighborsInput extends z.input<typeof neighborsSchema> {}
