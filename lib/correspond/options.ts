/** Options of `model.correspond()`, `correspondFeatures()` and `stego correspond`. */
import { z } from 'zod'
import { StegoError } from '../errors.js'
import { deviceOption, dtypeOption, positionOption } from '../method/backbone-options.js'
import { abortSignal, option } from '../options/schema.js'

/**
 * A point in an image: x to the right and y down, -1 at the center of the first pixel and 1 at that of the
 * last, as in the official code. [0, 0] is the middle.
 */
export type Point = readonly [x: number, y: number]

/** The points of the official figure (plot_dino_correspondence.py). */
export const OFFICIAL_POINTS: readonly Point[] = [
  [-0.1, 0],
  [0.5, 0.8],
  [-0.7, -0.7],
]

/** More points than this are probably a mistake. */
const MOST_POINTS = 1024

/** What is compared: the frozen backbone's features, or the codes of the trained head. */
const CORRESPOND_ON = ['features', 'codes'] as const

const correspondFields = z.strictObject({
  at: option(z.custom<readonly Point[]>(Array.isArray).default(OFFICIAL_POINTS), {
    group: 'Common',
    expected: 'a list of points [x, y]',
    doc: 'Points in the image as [x, y] from -1 to 1. Default: the three of the official figure.',
  }),
  resolution: option(z.int().min(8).default(320), {
    group: 'Common',
    unit: 'pixels',
    doc: 'Shorter side as the network sees it; higher gives finer maps and is slower. Official: 512.',
  }),
  subtractMean: option(z.boolean().default(true), {
    group: 'Common',
    doc: 'Subtract the mean cosine over the image and clamp at 0, as the official figure does. Off: plain cosines.',
  }),
  signal: abortSignal(),
})

export const correspondFeaturesSchema = correspondFields.extend({
  dtype: dtypeOption('Common'),
  device: deviceOption(),
  position: positionOption.default('keep'),
})

export const correspondSchema = correspondFields.extend({
  on: option(z.enum(CORRESPOND_ON).default('features'), {
    group: 'Common',
    doc: "Compare the frozen backbone's features or the trained head's codes. Official: features.",
  }),
})

export type ResolvedCorrespondFeaturesOptions = z.output<typeof correspondFields>
/** Options of `correspondFeatures()`. */
export interface CorrespondFeaturesOptions extends z.input<typeof correspondFeaturesSchema> {}
export type ResolvedCorrespondOptions = z.output<typeof correspondSchema>
/** Options of `model.correspond()`. */
export interface CorrespondOptions extends z.input<typeof correspondSchema> {}

/** Whether a value is a point: two numbers from -1 to 1. */
export function isPoint(value: unknown): value is Point {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((part) => typeof part === 'number' && part >= -1 && part <= 1)
  )
}

/** Throws `ERR_STEGO_OPTION` unless `at` holds 1 to 1024 points. */
export function checkPoints(at: readonly Point[], context: string): void {
  if (at.length < 1 || at.length > MOST_POINTS) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `${context}: "at" must hold 1 to ${MOST_POINTS} points, got ${at.length}. Omit it to use the official three.`,
    )
  }
  const wrong = at.findIndex((point) => !isPoint(point))
  if (wrong >= 0) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `${context}: a point in "at" is [x, y] with both from -1 to 1, got ${JSON.stringify(at[wrong])}. ` +
        'x points right, y down, and [0, 0] is the center.',
    )
  }
}
