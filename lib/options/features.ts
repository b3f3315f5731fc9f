/** Options of `model.features()`. */
import { z } from 'zod'
import { abortSignal, option } from './schema.js'

export const featuresSchema = z.strictObject({
  resolution: option(z.int().min(8).default(224), {
    group: 'Common',
    unit: 'pixels',
    doc: "Shorter side the backbone sees, a multiple of the backbone's patch.",
  }),
  crop: option(z.enum(['center', 'squash', 'whole']).default('whole'), {
    group: 'Common',
    doc: 'whole keeps all of the image; center cuts a square; squash makes it one.',
  }),
  signal: abortSignal(),
})

export type FeaturesOptions = z.output<typeof featuresSchema>
/** What `model.features()` takes beside the image. */
export interface FeaturesInput extends z.input<typeof featuresSchema> {}
