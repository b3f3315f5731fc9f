/** What a survey of labels says, in words: one line where all is well, or what is wrong, why, and what to do. */
import type { IdCount, LabelSurvey } from './label-survey.js'

/** Share of the labeled pixels without a class above which labels are doubted. */
const MUCH = 0.1
const BYTE = 255
/** Ids of class x 1000 + instance, as in Cityscapes, begin here. */
const SMALLEST_INSTANCE = 1000
/** More ids than this many a class, most of them rare, are noise. */
const NOISY = 3
const RARE = 0.05
/** Where fewer pixels than this share are 0 and ids go one too far, 0 is taken for "no class". */
const FEW = 0.05
const SHOWN_IDS = 8
const SHOWN_CLASSES = 6

const MAP = 'a class map (classMap, --class-map)'
const IGNORE = 'ignoreLabel (--ignore-label)'

/** One line about the labels of a split. */
export function surveyLine({ split, images, pixels, void: nothing, classes }: LabelSurvey): string {
  const used = classes.filter((count) => count > 0).length
  const all = used === classes.length ? `all ${used}` : `${used} of ${classes.length}`
  return `labels of ${split}: ${images} of them, ${all} classes occur, ${percent(nothing, pixels)} of the pixels are void`
}

/** What is doubtful about labels, as one text; null if nothing is. */
export function surveyWarning(survey: LabelSurvey, names: string[] | null = null): string | null {
  const { split, pixels, void: nothing, classes } = survey
  const empty = classes.flatMap((count, index) => (count === 0 ? [index] : []))
  const reason = reasonOf(survey)
  if (nothing <= MUCH * pixels && empty.length === 0 && !reason) return null
  const facts = [
    `the ids are ${idList(survey)}`,
    ...(nothing > 0
      ? [
          `${percent(nothing, pixels)} of the labeled pixels are void: ${outsideWords(survey)} outside of 0 to ${classes.length - 1}`,
        ]
      : []),
    ...(empty.length > 0 ? [emptyWords(empty, names)] : []),
  ]
  const remedy =
    reason ??
    (nothing > MUCH * pixels
      ? `Give their classes in ${MAP}, or name the ids that mean "no class" with ${IGNORE}.`
      : 'If they should occur, check classes and the ids.')
  return `labels of ${split}: ${facts.join('; ')}. ${remedy}`
}

/** Whether no pixel has a class, so that the labels are of no use. */
export function hasNoLabels({ pixels, void: nothing }: LabelSurvey): boolean {
  return nothing === pixels
}

/** The likely mistake and its remedy; null if the ids look like none. */
function reasonOf(survey: LabelSurvey): string | null {
  const { ids, idCount, classes } = survey
  const outside = ids.filter((id) => id.class === null)
  if (outside.length === 0) return null
  const numbers = ids.map(({ id }) => id).sort((a, b) => a - b)
  const lowest = numbers[0]!
  const highest = numbers.at(-1)!
  if (idCount === 2 && lowest === 0 && highest === BYTE && classes.length === 2) {
    return `They look like a mask of black and white: give ${MAP} with the lines "0: 0" and "255: 1".`
  }
  if (highest > BYTE) {
    const instances = numbers.filter((id) => id >= SMALLEST_INSTANCE).length > numbers.length / 2
    return instances
      ? `They look like instance ids, class x 1000 + instance: name the class of each id in ${MAP}, or write label maps of classes.`
      : `Ids above 255 are no classes: name the class of each in ${MAP}.`
  }
  if (isNoise(outside, survey)) {
    return (
      'So many rare ids look like the noise of a lossy format or of smooth resizing: save label maps as PNG from the ' +
      'start, and resize them with nearest-neighbor interpolation.'
    )
  }
  if (lowest >= 1 && highest === classes.length && numbers.length > 1) {
    return (
      `The labels seem to count from 1: give ${MAP} with the lines ` +
      `"1: 0" to "${highest}: ${highest - 1}".`
    )
  }
  const zero = classes[0]! / survey.pixels
  if (zero < FEW && outside.length === 1 && highest === classes.length) {
    return (
      `The labels seem to count from 1 and to mean "no class" by 0: give ${MAP} with the lines "1: 0" to ` +
      `"${highest}: ${highest - 1}". If 0 is a class, set classes to ${highest + 1}.`
    )
  }
  const step = numbers.reduce(divisor, 0)
  const isSpread = lowest === 0 && numbers.length > 1 && outside.length === numbers.length - 1
  if (isSpread && numbers.length <= classes.length + 1) {
    const lines = numbers.map((id, index) => `"${id}: ${index}"`)
    const steps = step > 1 && numbers.length > 2 ? ` in steps of ${step}` : ''
    return `They look like gray levels for viewing${steps}: give ${MAP} with the lines ${listOf(lines)}.`
  }
  return null
}

function isNoise(outside: IdCount[], { idCount, classes, pixels }: LabelSurvey): boolean {
  const rare = outside.filter((id) => id.pixels < RARE * pixels).length
  return idCount > NOISY * (classes.length + 1) && rare > outside.length / 2
}

function idList({ ids, idCount }: LabelSurvey): string {
  const shown = ids.slice(0, SHOWN_IDS).map(({ id }) => id)
  const sorted = shown.sort((a, b) => a - b).join(', ')
  return idCount > SHOWN_IDS ? `${sorted} and ${idCount - SHOWN_IDS} more` : sorted
}

function outsideWords({ ids, classes, idCount }: LabelSurvey): string {
  const outside = ids.filter((id) => id.class === null).map(({ id }) => id)
  const shown = outside.slice(0, SHOWN_IDS).sort((a, b) => a - b)
  const isMapped = outside.some((id) => id < classes.length)
  if (isMapped) return 'their ids have no class in the class map or lie'
  const more = outside.length > SHOWN_IDS || idCount > ids.length ? ' and others' : ''
  return shown.length === 1 && !more ? `id ${shown[0]} is` : `ids ${shown.join(', ')}${more} are`
}

function emptyWords(empty: number[], names: string[] | null): string {
  const shown = empty
    .slice(0, SHOWN_CLASSES)
    .map((index) => (names?.[index] ? `${index} (${names[index]})` : String(index)))
    .join(', ')
  const more = empty.length > SHOWN_CLASSES ? ` and ${empty.length - SHOWN_CLASSES} more` : ''
  return empty.length === 1 ? `class ${shown} has no pixel` : `classes ${shown}${more} have no pixel`
}

/** A list with "and" before its last, the middle of a long one left out. */
function listOf(parts: string[]): string {
  const shown = parts.length > SHOWN_IDS ? [...parts.slice(0, 3), '...'] : parts.slice(0, -1)
  return `${shown.join(', ')} and ${parts.at(-1)}`
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))

const percent = (part: number, whole: number) =>
  `${whole === 0 ? 0 : Number(((100 * part) / whole).toPrecision(3))} %`
