/** Options of `model.segment()` and `model.segmentAll()`. */
import { z } from 'zod'
import { abortSignal, option } from './schema.js'

/** Which predictions a label map can hold. */
export const LABEL_SOURCES = ['auto', 'kmeans', 'online', 'linear'] as const

export const segmentSchema = z.strictObject({
  resolution: option(z.int().min(8).default(320), {
    group: 'Common',
    unit: 'pixels',
    doc: 'Shorter side as the network sees it; higher resolves smaller things and is slower. Official value.',
  }),
  flip: option(z.boolean().default(true), {
    group: 'Common',
    doc: 'Average with the mirrored image, which takes twice as long. Official: on.',
  }),
  labels: option(z.enum(LABEL_SOURCES).default('auto'), {
    group: 'Common',
    doc: 'Prediction to use; auto: kmeans if the model has it, else online. linear needs labels in training.',
  }),
  crf: option(z.boolean().default(false), {
    group: 'Common',
    doc:
      'Sharpen along image edges with the dense CRF, at the resolution the network sees, as the official ' +
      'code does for figures and scores.',
  }),
  probabilities: option(z.boolean().default(false), {
    group: 'Common',
    doc: 'Keep the probability of every class at every pixel: 4 bytes per class and pixel.',
  }),
  signal: abortSignal(),
})

export type SegmentOptions = z.output<typeof segmentSchema>
/** Options of `model.segment()` and `model.segmentAll()`. */
export interface SegmentInput extends z.input<typeof segmentSchema> {}
