/** Options of `model.evaluate()` and of `stego evaluate`. */
import { z } from 'zod'
import { abortSignal, option } from './schema.js'
import { scoredFields } from './scored.js'

/**
 * How clusters are given classes. `one-to-one`: no two the same class, so that most pixels are right (Hungarian
 * matching, the official way). `many-to-one`: each the class that most of its labelled pixels have, which needs no
 * equal numbers and flatters many clusters.
 */
export const MATCHINGS = ['one-to-one', 'many-to-one'] as const
/** How clusters are given classes; `one-to-one` is the official way. */
export type Matching = (typeof MATCHINGS)[number]

export const evaluateSchema = z.strictObject({
  ...scoredFields,
  flip: option(z.boolean().default(true), {
    group: 'Common',
    doc: 'Average with the mirrored image, at twice the time. Official: on.',
  }),
  crf: option(z.boolean().default(false), {
    group: 'Common',
    doc:
      'Refine clusters and linear probe with the dense CRF before they are scored; the baselines on backbone features ' +
      'stay as they are. Official: on.',
  }),
  matching: option(z.enum(MATCHINGS).default('one-to-one'), {
    group: 'Probes and clusters',
    doc:
      'one-to-one gives every class at most one cluster; many-to-one gives every cluster the class most of its pixels ' +
      'have. Official: one-to-one.',
  }),
  official: option(z.boolean().default(false), {
    group: 'Probes and clusters',
    doc:
      'The official metric, defects included: float32, and pixels of clusters beyond the number of classes do not ' +
      'count.',
  }),
  temperature: option(z.number().positive().default(2), {
    group: 'Probes and clusters',
    expected: 'a finite number above 0',
    doc:
      'Sharpness of cluster probabilities, softmax(temperature x cosine). Matters where something reads ' +
      'probabilities; the most probable cluster stays the same. Official value.',
  }),
  signal: abortSignal(),
})

export type EvaluateOptions = z.output<typeof evaluateSchema>
/** What `model.evaluate()` takes. */
export interface EvaluateInput extends z.input<typeof evaluateSchema> {}
