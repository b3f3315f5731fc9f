/** Options that say which labeled images something is compared with, and how the network sees them. */
import { z } from 'zod'
import { modelDatasetFields } from './dataset.js'
import { option, path } from './schema.js'

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
  crop: option(z.enum(['center', 'squash']).default('center'), {
    group: 'Common',
    doc: 'center keeps the aspect ratio and crops the edges; squash keeps the edges. Official: center.',
  }),
  batch: option(z.int().min(1).default(8), {
    group: 'Common',
    unit: 'images',
    doc: 'Images per batch; does not change the scores.',
  }),
}
