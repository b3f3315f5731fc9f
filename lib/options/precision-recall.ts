/** Options of `model.precisionRecall()`. */
import { z } from 'zod'
import { abortSignal, option } from './schema.js'
import { scoredFields } from './scored.js'

export const precisionRecallSchema = z.strictObject({
  ...scoredFields,
  samples: option(z.int().min(1).max(64).default(11), {
    group: 'Common',
    doc: 'Positions sampled an image: this number squared, all compared with all of the partner. Official value.',
  }),
  pairs: option(z.enum(['self', 'knn', 'random']).default('self'), {
    group: 'Common',
    doc:
      'Partner of an image: itself, one of its 7 nearest neighbours among the labelled images, or a random other one. ' +
      'Official: self.',
  }),
  seed: option(z.int().min(0).max(0xffffffff).default(0), {
    group: 'Common',
    doc: 'Fixes the positions and the partners.',
  }),
  signal: abortSignal(),
})

export type PrecisionRecallOptions = z.output<typeof precisionRecallSchema>
/** What `model.precisionRecall()` takes. */
export interface PrecisionRecallInput extends z.input<typeof precisionRecallSchema> {}
