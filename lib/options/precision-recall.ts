/** Options of `model.precisionRecall()`. */
import { z } from 'zod'
import { abortSignal, option } from './schema.js'
import { scoredFields } from './scored.js'

export const precisionRecallSchema = z.strictObject({
  ...scoredFields,
  samples: option(z.int().min(1).max(64).default(11), {
    group: 'Common',
    doc: "Positions sampled per image: this number squared, each compared with all of the partner's. Official value.",
  }),
  pairs: option(z.enum(['self', 'knn', 'random']).default('self'), {
    group: 'Common',
    doc:
      'Partner of an image: itself, one of its 7 nearest neighbors among the labeled images, or a random other one. ' +
      'Official: self.',
  }),
  seed: option(z.int().min(0).max(0xffffffff).default(0), {
    group: 'Common',
    doc: 'Seed for positions and partners.',
  }),
  signal: abortSignal(),
})

export type PrecisionRecallOptions = z.output<typeof precisionRecallSchema>
/** Options of `model.precisionRecall()`. */
export interface PrecisionRecallInput extends z.input<typeof precisionRecallSchema> {}
