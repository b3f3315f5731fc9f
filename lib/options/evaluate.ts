/** Options of `model.evaluate()` and of `stego evaluate`. */
import { z } from 'zod'
import { abortSignal, option } from './schema.js'
import { scoredFields } from './scored.js'

/**
 * How clusters are matched to classes. `one-to-one`: no two to the same class, maximizing correct pixels (Hungarian
 * matching, as in the official code). `many-to-one`: each to the class of most of its labeled pixels, which works with
 * unequal numbers and favors many clusters.
 */
export const MATCHINGS = ['one-to-one', 'many-to-one'] as const
/** How clusters are matched to classes; `one-to-one` is official. */
export type Matching = (typeof MATCHINGS)[number]

export const evaluateSchema = z.strictObject({
  ...scoredFields,
  flip: option(z.boolean().default(true), {
    group: 'Common',
    doc: 'Average with the mirrored image, which takes twice as long. Official: on.',
  }),
  crf: option(z.boolean().default(false), {
    group: 'Common',
    doc:
      'Refine clusters and linear probe with the dense CRF before scoring; the baselines on backbone features ' +
      'are not refined. Official: on.',
  }),
  matching: option(z.enum(MATCHINGS).default('one-to-one'), {
    group: 'Probes and clusters',
    doc:
      'one-to-one gives every class at most one cluster; many-to-one gives every cluster the class of most of its ' +
      'pixels. Official: one-to-one.',
  }),
  official: option(z.boolean().default(false), {
    group: 'Probes and clusters',
    doc:
      'The official metric, bugs included: float32, and pixels of clusters beyond the number of classes are not ' +
      'counted.',
  }),
  temperature: option(z.number().positive().default(2), {
    group: 'Probes and clusters',
    expected: 'a finite number above 0',
    doc:
      'Sharpness of cluster probabilities, softmax(temperature x cosine). Affects only what uses the ' +
      'probabilities; the most probable cluster stays the same. Official value.',
  }),
  signal: abortSignal(),
})

export type EvaluateOptions = z.output<typeof evaluateSchema>
/** Options of `model.evaluate()`. */
export interface EvaluateInput extends z.input<typeof evaluateSchema> {}
