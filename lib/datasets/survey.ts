/**
 * Looks at a split of one's own images and labels before any work, so that what is not what it seems is said at once.
 * What was found is kept in the cache: a second look at the same files costs next to nothing.
 */
import { StegoError } from '../errors.js'
import { isBadImage } from '../images/bad-image.js'
import type { PixelRule } from '../images/samples.js'
import { surveyImages } from './image-survey.js'
import { type LabelSurvey, surveyLabels } from './label-survey.js'
import { hasNoLabels, surveyWarning } from './label-words.js'
import type { Item, Split } from './source.js'
import type { BadImage } from './unused.js'

/** Progress of a survey. */
export interface SurveyProgress {
  /** Type of the progress. */
  type: 'survey'
  /** Whether images or label maps are looked at. */
  what: 'images' | 'labels'
  /** Name of the split. */
  split: string
  /** Files looked at. */
  done: number
  /** All files. */
  total: number
}

/** How to survey. */
export interface SurveyOptions {
  /** Number of classes; null where labels are not used. */
  classes: number | null
  /** Whether an image that cannot be read is an error or left out. */
  onBadImage: 'fail' | 'skip'
  signal?: AbortSignal
  onProgress?: (progress: SurveyProgress) => void
}

/** A split after a survey. */
export interface SurveyedSplit {
  /** Without the images that are left out, and with the limits of samples that are not bytes. */
  split: Split
  /** The images that are left out. */
  skipped: BadImage[]
  /** What the labels hold; null without labels, and for published datasets. */
  labels: LabelSurvey | null
  /** What else is to be told. */
  notes: string[]
  /** Limits of samples that are not bytes; null if all are. */
  measured: NonNullable<PixelRule['measured']> | null
}

/**
 * Surveys a split. Published datasets are taken as they are.
 *
 * Rejects with `ERR_STEGO_IMAGE` if images cannot be read and none is to be skipped, `ERR_STEGO_DATA_EMPTY` if none is
 * left, `ERR_STEGO_DATA_LAYOUT` if no labeled pixel has a class, and with the signal's reason.
 */
export async function surveySplit(split: Split, options: SurveyOptions): Promise<SurveyedSplit> {
  const { own } = split
  if (!own) return { split, skipped: [], labels: null, notes: [], measured: null }
  const { classes, onBadImage, signal, onProgress } = options
  const report = (what: SurveyProgress['what']) => (done: number, total: number) =>
    onProgress?.({ type: 'survey', what, split: split.name, done, total })
  const look = { decode: onBadImage === 'skip', signal, onProgress: report('images') }
  const { bad, measured, notes } = await surveyImages(split, look)
  if (bad.length > 0 && onBadImage === 'fail') throw await unreadable(split, options)
  const left = onBadImage === 'fail' ? namingAll(split, options) : withoutBad(split, bad)
  const found = Object.keys(measured).length > 0
  if (found) left.decode.rule = { ...left.decode.rule, measured }
  const labels =
    classes === null ? null : await surveyLabels(left, own, { classes, signal, onProgress: report('labels') })
  if (labels && hasNoLabels(labels)) {
    throw new StegoError(
      'ERR_STEGO_DATA_LAYOUT',
      `no labeled pixel has a class. ${capitalized(surveyWarning(labels, left.classNames)!)}`,
    )
  }
  return { split: left, skipped: bad, labels, notes, measured: found ? measured : null }
}

/** A split whose reader, where an image cannot be read, looks for all others that cannot. */
function namingAll(split: Split, options: SurveyOptions): Split {
  const read = async (item: Item) => {
    try {
      return await split.read(item)
    } catch (error) {
      if (!isBadImage(error)) throw error
      throw (await unreadable(split, options)) ?? error
    }
  }
  return { ...split, read }
}

/** Images that are named in an error. */
const NAMED = 10

/** The error that names all images that cannot be decoded; null if there is none. */
async function unreadable(split: Split, { signal }: SurveyOptions): Promise<StegoError | null> {
  const { items, name } = split
  const { bad } = await surveyImages(split, { decode: true, signal })
  if (bad.length === 0) return null
  if (bad.length === 1) {
    return new StegoError(
      'ERR_STEGO_IMAGE',
      `${bad[0]!.reason} To go on without it: onBadImage: 'skip' (--on-bad-image skip).`,
    )
  }
  const lines = bad.slice(0, NAMED).map(({ reason }) => `\n  ${reason}`)
  const more = bad.length > NAMED ? `\n  and ${bad.length - NAMED} more` : ''
  return new StegoError(
    'ERR_STEGO_IMAGE',
    `${bad.length} of ${items.length} images of ${name} cannot be used:${lines.join('')}${more}\n` +
      "Replace or remove them, or go on without them: onBadImage: 'skip' (--on-bad-image skip).",
  )
}

function withoutBad(split: Split, bad: BadImage[]): Split {
  if (bad.length === 0) return split
  const isBad = new Set(bad.map(({ image }) => image))
  const items = split.items.filter(({ image }) => !isBad.has(image))
  if (items.length === 0) {
    throw new StegoError(
      'ERR_STEGO_DATA_EMPTY',
      `none of the ${split.items.length} images of ${split.name} can be read. The first: ${bad[0]!.reason}`,
    )
  }
  return { ...split, items, labeled: items.filter(({ label }) => label !== null).length }
}

const capitalized = (text: string) => text[0]!.toUpperCase() + text.slice(1)
