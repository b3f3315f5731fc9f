/** Options of `model.features()`. */
import { z } from 'zod'
import { abortSignal, option } from './schema.js'

export const featuresSchema = z.strictObject({
  resolution: option(z.int().min(8).default(224), {
    group: 'Common',
    unit: 'pixels',
    doc: "Shorter side as the backbone sees it, a multiple of the backbone's patch size.",
  }),
  crop: option(z.enum(['center', 'squash', 'whole']).default('whole'), {
    group: 'Common',
    doc: 'whole keeps the entire image; center crops a square; squash resizes it to a square.',
  }),
  signal: abortSignal(),
})

export type FeaturesOptions = z.output<typeof featuresSchema>
/** Options of `model.features()`. */
export interface FeaturesInput extends z.input<typeof featuresSchema> {}
