/** Options of `model.evaluate()` and of `stego evaluate`. */
import { z } from 'zod'
import { abortSignal, option, path } from './schema.js'

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
  signal: abortSignal(),
})

export type EvaluateOptions = z.output<typeof evaluateSchema>
export type EvaluateInput = z.input<typeof evaluateSchema>
