/** Options of `model.evaluate()` and of `stego evaluate`. */
import { z } from 'zod'
import { modelDatasetFields } from '../datasets/options.js'
import { abortSignal, option, path } from '../options/schema.js'
import { TEMPERATURE } from './predict.js'

/** The fields, to be spread into a schema. */
export const scoredFields = {
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
    doc: "Side of the square image, a multiple of the backbone's patch size. Official value.",
  }),
  fit: option(z.enum(['center', 'squash']).default('center'), {
    group: 'Common',
    doc: 'center keeps the aspect ratio and crops the edges; squash keeps the edges. Official: center.',
  }),
  batch: option(z.int().min(1).default(8), {
    group: 'Common',
    unit: 'images',
    doc: 'Images per batch; does not change the scores.',
  }),
}

/**
 * How clusters are matched to classes. `one-to-one`: no two to the same class, maximizing correct pixels
 * (Hungarian matching, as in the official code). `many-to-one`: each to the class of most of its labeled
 * pixels, which works with unequal numbers and favors many clusters.
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
  temperature: option(z.number().positive().default(TEMPERATURE), {
    group: 'Probes and clusters',
    expected: 'a finite number above 0',
    doc:
      'Sharpness of cluster probabilities, softmax(temperature x cosine). Affects only what uses the ' +
      'probabilities; the most probable cluster stays the same. Official value.',
  }),
  signal: abortSignal(),
})

export type ResolvedEvaluateOptions = z.output<typeof evaluateSchema>
/** Options of `model.evaluate()`. */
export interface EvaluateOptions extends z.input<typeof evaluateSchema> {}

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

export type ResolvedPrecisionRecallOptions = z.output<typeof precisionRecallSchema>
/** Options of `model.precisionRecall()`. */
export interface PrecisionRecallOptions extends z.input<typeof precisionRecallSchema> {}
