/** Options of `Stego.load()`, `model.segment()`, `model.segmentAll()` and `model.features()`. */
import { z } from 'zod'
import { onBadImageOption, pixelFields, recursiveOption } from '../datasets/options.js'
import type { BadImage } from '../datasets/unused.js'
import { MAX_PATCHES } from '../images/transform.js'
import { deviceOption, modelDtypeOption } from '../method/backbone-options.js'
import { abortSignal, callback, option } from '../options/schema.js'
import type { DownloadProgress } from '../weights/progress.js'

/** Which predictions a label map can hold. */
const LABEL_SOURCES = ['auto', 'kmeans', 'clusterProbe', 'linearProbe'] as const

const maxPatchesOption = option(z.int().min(64).default(MAX_PATCHES), {
  group: 'Common',
  unit: 'patches',
  doc:
    'Pictures of more patches are computed in parts of every second patch, or every third, so that time grows with the ' +
    'area. About one pixel in a hundred gets another label than in one piece.',
})

export const segmentSchema = z.strictObject({
  resolution: option(z.int().min(8).default(320), {
    group: 'Common',
    unit: 'pixels',
    doc:
      'Shorter side as the network sees it; higher resolves smaller things and is slower: 640 takes 11.6 times as ' +
      'long as 320, the official value.',
  }),
  flip: option(z.boolean().default(true), {
    group: 'Common',
    doc: 'Average with the mirrored image, which takes twice as long. Official: on.',
  }),
  maxPatches: maxPatchesOption,
  ...pixelFields,
  labels: option(z.enum(LABEL_SOURCES).default('auto'), {
    group: 'Common',
    doc: 'Prediction to use; auto: kmeans if the model has it, else clusterProbe. linearProbe needs labels in training.',
  }),
  crf: option(z.boolean().default(false), {
    group: 'Common',
    doc:
      'Sharpen along image edges with the dense CRF, at the resolution the network sees, as the official ' +
      'code does for figures and scores. Beyond 1,024 x 1,024 pixels it works in overlapping tiles.',
  }),
  probabilities: option(z.boolean().default(false), {
    group: 'Common',
    doc: 'Keep the probability of every class at every pixel: 4 bytes per class and pixel.',
  }),
  signal: abortSignal(),
})

export const segmentAllSchema = segmentSchema.extend({
  recursive: recursiveOption,
  onBadImage: onBadImageOption(
    'fail',
    'fail ends at an image that cannot be read; skip goes on without it and names it to onSkipped.',
  ),
  onSkipped: callback<BadImage>('Called for each image that is skipped.'),
})

export type ResolvedSegmentOptions = z.output<typeof segmentSchema>
/** Options of `model.segment()`. */
export interface SegmentOptions extends z.input<typeof segmentSchema> {}
/** Options of `model.segmentAll()`. */
export interface SegmentAllOptions extends z.input<typeof segmentAllSchema> {}

export const featuresSchema = z.strictObject({
  resolution: option(z.int().min(8).default(224), {
    group: 'Common',
    unit: 'pixels',
    doc: "Shorter side as the backbone sees it, a multiple of the backbone's patch size.",
  }),
  fit: option(z.enum(['center', 'squash', 'whole']).default('whole'), {
    group: 'Common',
    doc: 'whole keeps the entire image; center crops a square; squash resizes it to a square.',
  }),
  maxPatches: maxPatchesOption,
  ...pixelFields,
  signal: abortSignal(),
})

export type ResolvedFeaturesOptions = z.output<typeof featuresSchema>
/** Options of `model.features()`. */
export interface FeaturesOptions extends z.input<typeof featuresSchema> {}

export const loadSchema = z.strictObject({
  dtype: modelDtypeOption(),
  device: deviceOption(),
  onProgress: callback<DownloadProgress>('Called while a published model is downloaded.'),
  signal: abortSignal(),
})

/** Options of `Stego.load()`. */
export interface LoadOptions extends z.input<typeof loadSchema> {}
