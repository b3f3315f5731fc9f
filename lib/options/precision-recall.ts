/** Options of `model.precisionRecall()`. */
import { z } from 'zod'
import { modelDatasetFields } from './dataset.js'
import { abortSignal, option, path } from './schema.js'

export const precisionRecallSchema = z.strictObject({
  data: option(path(), {
    group: 'Common',
    value: 'folder',
    expected: 'the folder of images and labels, a path or a file: URL',
    doc: 'Folder with imgs/<split> and labels/<split>.',
  }),
  split: option(z.string().min(1).default('val'), {
    group: 'Common',
    value: 'name',
    doc: 'Split whose labelled images are compared.',
  }),
  ...modelDatasetFields,
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
  resolution: option(z.int().min(8).default(320), {
    group: 'Common',
    unit: 'pixels',
    doc: "Side of the square image, a multiple of the backbone's patch. Official value.",
  }),
  crop: option(z.enum(['center', 'squash']).default('center'), {
    group: 'Common',
    doc: 'center keeps proportions and cuts the borders off; squash keeps the borders. Official: center.',
  }),
  batch: option(z.int().min(1).default(8), {
    group: 'Common',
    unit: 'images',
    doc: 'Images at a time; does not change the pairs.',
  }),
  seed: option(z.int().min(0).max(0xffffffff).default(0), {
    group: 'Common',
    doc: 'Fixes the positions and the partners.',
  }),
  signal: abortSignal(),
})

export type PrecisionRecallOptions = z.output<typeof precisionRecallSchema>
export type PrecisionRecallInput = z.input<typeof precisionRecallSchema>
