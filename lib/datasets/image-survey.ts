/** Looks at the images of a folder before any work: which cannot be read, and which values others hold. */
import { StegoError } from '../errors.js'
import { readImageHeader, readSamples } from '../images/decode.js'
import { readAhead } from '../images/read-ahead.js'
import { autoLimits, type Limits, pickValues, type SampleType, sampleType } from '../images/samples.js'
import { fingerprintImages } from './fingerprint.js'
import type { Item, Split } from './source.js'
import { remembered } from './survey-cache.js'
import type { BadImage } from './unused.js'

/** What was found out about the images of a split. */
export interface ImageSurvey {
  /** Those that cannot be used. */
  bad: BadImage[]
  /** Black and white of samples that are not bytes, by type. */
  measured: Partial<Record<SampleType, Limits>>
  /** What else is to be told. */
  notes: string[]
}

interface Look {
  bad: [index: number, reason: string][]
  wide: number[]
  notes: [index: number, note: string][]
}

/** Stands for the path of an image. */
const PLACE = '\u0000'
const AHEAD = 4
/** Images whose values are looked at, evenly spaced. */
const MEASURED_IMAGES = 200
/** Notes that are kept. */
const NOTES = 20

export interface LookOptions {
  /** Whether to decode everything, so that damage behind a header is found too. */
  decode: boolean
  signal?: AbortSignal
  onProgress?: (done: number, total: number) => void
}

/** Surveys the images of a split. Fails only if the signal aborts. */
export async function surveyImages(split: Split, options: LookOptions): Promise<ImageSurvey> {
  const { rule, maxPixels } = split.decode
  const items = wholeItems(split.items)
  const settings = JSON.stringify([options.decode, maxPixels, rule.range, rule.bands])
  const prints = await fingerprintImages(items, options.signal).catch((error: unknown) => {
    if (!(error instanceof StegoError)) throw error
    return null
  })
  // Where an image cannot be opened, nothing is remembered.
  const look = () => lookAt(split, items, options)
  const { bad, wide, ...found } = prints ? await remembered(['images', settings, prints], look) : await look()
  const named = bad.map(([index, reason]) => {
    const { image } = items[index]!
    return { image, reason: reason.replaceAll(PLACE, image) }
  })
  const notes = found.notes.map(([index, note]) => note.replaceAll(PLACE, items[index]!.image))
  const isBad = new Set(bad.map(([index]) => index))
  const measurable = wide.filter((index) => !isBad.has(index)).map((index) => items[index]!)
  const measure = () => measureValues(measurable, maxPixels, options.signal)
  const auto = rule.range === 'auto' && !rule.measured && measurable.length > 0
  const measured = !auto
    ? {}
    : prints
      ? await remembered(['values', settings, prints], measure)
      : await measure()
  return { bad: named, measured, notes }
}

async function lookAt(split: Split, items: Item[], options: LookOptions): Promise<Look> {
  const { signal, onProgress } = options
  const found: Look = { bad: [], wide: [], notes: [] }
  let done = 0
  const looks = readAhead(items, (item) => lookAtItem(split, item, options.decode), AHEAD)
  for await (const { reason, isWide, notes } of looks) {
    signal?.throwIfAborted()
    if (reason !== null) found.bad.push([done, without(items[done]!, reason)])
    if (isWide) found.wide.push(done)
    for (const note of notes) {
      if (found.notes.length < NOTES) found.notes.push([done, without(items[done]!, note)])
    }
    done++
    onProgress?.(done, items.length)
  }
  return found
}

async function lookAtItem(split: Split, item: Item, decode: boolean) {
  try {
    const { isWide } = await readImageHeader(item.image, split.decode.maxPixels)
    const notes = decode ? ((await split.read(item)).image.notes ?? []) : []
    return { reason: null, isWide, notes }
  } catch (error) {
    if (!(error instanceof StegoError)) throw error
    return { reason: error.message, isWide: false, notes: [] }
  }
}

async function measureValues(
  items: Item[],
  maxPixels: number | undefined,
  signal?: AbortSignal,
): Promise<ImageSurvey['measured']> {
  const step = Math.max(1, items.length / MEASURED_IMAGES)
  const chosen = Array.from(
    { length: Math.min(items.length, MEASURED_IMAGES) },
    (_, i) => items[Math.floor(i * step)]!,
  )
  const values = new Map<SampleType, Float64Array[]>()
  const all = readAhead(chosen, (item) => readSamples(item.image, maxPixels).catch(() => null), 1)
  for await (const samples of all) {
    signal?.throwIfAborted()
    if (!samples) continue
    const type = sampleType(samples.data)
    values.set(type, [...(values.get(type) ?? []), pickValues(samples)])
  }
  return Object.fromEntries([...values].map(([type, images]) => [type, autoLimits(type, images)]))
}

/** A text without the path of its image: what is remembered about an image is true wherever it lies. */
const without = ({ image }: Item, text: string) => text.replaceAll(image, PLACE)

/** One item for each image file: crops share theirs. */
function wholeItems(items: Item[]): Item[] {
  const seen = new Set<string>()
  return items.flatMap(({ crop, ...item }) => {
    if (seen.has(item.image)) return []
    seen.add(item.image)
    return [crop ? { ...item, name: item.name.replace(/_crop\d+$/, '') } : item]
  })
}
