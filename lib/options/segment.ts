/** Options of `model.segment()` and `model.segmentAll()`. */
import { z } from 'zod'
import { abortSignal, option } from './schema.js'

/** Which predictions a label map can hold. */
export const LABEL_SOURCES = ['auto', 'kmeans', 'online', 'linear'] as const

export const segmentSchema = z.strictObject({
  resolution: option(z.int().min(8).default(320), {
    group: 'Common',
    unit: 'pixels',
    doc: 'Shorter side the network sees; more shows smaller things and takes longer. Official value.',
  }),
  flip: option(z.boolean().default(true), {
    group: 'Common',
    doc: 'Average with the mirrored image, at twice the time. Official: on.',
  }),
  labels: option(z.enum(LABEL_SOURCES).default('auto'), {
    group: 'Common',
    doc: 'Prediction to show; auto: kmeans where the model has it, else online. linear needs labels in training.',
  }),
  crf: option(z.boolean().default(false), {
    group: 'Common',
    doc:
      'Sharpen along the edges of the picture with a dense CRF, at the resolution the network sees, as the official ' +
      'code does for figures and scores.',
  }),
  probabilities: option(z.boolean().default(false), {
    group: 'Common',
    doc: 'Keep the probability of every class at every pixel: 4 bytes a class and pixel.',
  }),
  signal: abortSignal(),
})

export type SegmentOptions = z.output<typeof segmentSchema>
/** What `model.segment()` and `model.segmentAll()` take beside the images. */
export interface SegmentInput extends z.input<typeof segmentSchema> {}
