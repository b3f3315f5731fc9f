/** What stands beside the model that `Stego.load()` is asked for. */
import { z } from 'zod'
import type { DownloadProgress } from '../weights/progress.js'
import { modelDtypeOption } from './dtype.js'
import { abortSignal } from './schema.js'

export const loadSchema = z.strictObject({
  dtype: modelDtypeOption(),
  onDownload: z
    .custom<(progress: DownloadProgress) => void>((value) => typeof value === 'function')
    .optional()
    .meta({ description: 'Download progress of a published model.', expected: 'a function' }),
  signal: abortSignal(),
})

/** Options of `Stego.load()`. */
export interface LoadOptions extends z.input<typeof loadSchema> {}
