/** Options of `model.evaluate()` and of `stego evaluate`. */
import { z } from 'zod'
import { modelDatasetFields } from './dataset.js'
import { abortSignal, option, path } from './schema.js'

/**
 * How clusters are given classes. `one-to-one`: no two the same class, so that most pixels are right (Hungarian
 * matching, the official way). `many-to-one`: each the class that most of its labelled pixels have, which needs no
 * equal numbers and flatters many clusters.
 */
export const MATCHINGS = ['one-to-one', 'many-to-one'] as const
export type Matching = (typeof MATCHINGS)[number]

export const evaluateSchema = z.strictObject({
  data: option(path(), {
    group: 'Common',
    value: 'folder',
    expected: 'the folder of images and labels, a path or a file: URL',
    doc: 'Folder with imgs/<split> and labels/<split>.',
  }),
  split: option(z.string().min(1).default('val'), {
    group: 'Common',
    value: 'name',
    doc: 'Split to score on.',
  }),
  ...modelDatasetFields,
  resolution: option(z.int().min(8).default(320), {
    group: 'Common',
    unit: 'pixels',
    doc: "Side of the square image, a multiple of the backbone's patch. Official value.",
  }),
  crop: option(z.enum(['center', 'squash']).default('center'), {
    group: 'Common',
    doc: 'center keeps proportions and cuts the borders off; squash keeps the borders. Official: center.',
  }),
  flip: option(z.boolean().default(true), {
    group: 'Common',
    doc: 'Average with the mirrored image, at twice the time. Official: on.',
  }),
  batch: option(z.int().min(1).default(8), {
    group: 'Common',
    unit: 'images',
    doc: 'Images at a time; does not change the scores.',
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
export type EvaluateInput = z.input<typeof evaluateSchema>
