/** Whether place is taken off the features of a folder: measured, decided, and told in words. */
import { createHash } from 'node:crypto'
import { checked, type NativeBackbone, type Transform } from '../native.js'
import type { PositionChoice } from '../options/position.js'
import { measureBackbone, measurePictures, type Pictures, sizeOf, wholeMap } from './measure.js'

/** What was found and done; part of a model. */
export interface Position {
  /** Share of a unit feature's square length that is the backbone's position map: what every picture's places have. */
  place: number
  /** The share that the pictures' own layout adds to it; null where it was not measured. */
  layout: number | null
  /** Whether the map is taken off. */
  removed: boolean
}

/** A backbone whose features are as they were decided on. */
export interface PlacedBackbone {
  backbone: NativeBackbone
  /** null where nothing was measured. */
  position: Position | null
}

/** How far measuring is, and at its end what was found. */
export interface PositionProgress {
  /** Pictures and parts of pictures looked at. */
  done: number
  /** How many there are to look at. */
  total: number
  /** What was found and done; null until the end. */
  position: Position | null
}

/** 120 squares give the same decision and a map of cosine 0.98 to that of 400. */
const SQUARES = 240
/** Pictures that tell the layout; 20 give the same decision. */
const PICTURES = 60
/** The map is taken off where the pictures' layout is less than this share of it. */
const LEAST_LAYOUT = 0.5

/** Measures what the choice asks for and takes the map off where it says so; yields how far it is. */
export async function* placeBackbone(
  choice: PositionChoice,
  backbone: NativeBackbone,
  pictures: Pictures,
  { transform, signal }: { transform: Transform; signal?: AbortSignal },
): AsyncGenerator<PositionProgress, PlacedBackbone> {
  if (choice === 'keep') return { backbone, position: null }
  const total = SQUARES + (choice === 'auto' ? Math.min(PICTURES, pictures.count) : 0)
  const squares = { transform, samples: SQUARES, signal }
  const own = yield* counted(measureBackbone(backbone, pictures, squares), 0, total)
  const map = wholeMap(own)
  const place = sizeOf(own)
  let layout: number | null = null
  if (choice === 'auto') {
    const measured = measurePictures(backbone, pictures, { ...squares, samples: PICTURES })
    layout = sizeOf(yield* counted(measured, SQUARES, total), map)
  }
  const position = { place, layout, removed: layout === null || layout < LEAST_LAYOUT * place }
  yield { done: total, total, position }
  if (!position.removed) return { backbone, position }
  return { backbone: checked(() => backbone.without({ data: map, shape: own.shape })), position }
}

async function* counted<T>(
  work: AsyncGenerator<number, T>,
  before: number,
  total: number,
): AsyncGenerator<PositionProgress, T> {
  let step = await work.next()
  while (!step.done) {
    yield { done: before + step.value, total, position: null }
    step = await work.next()
  }
  return step.value
}

/** Names the map that is taken off a backbone's features, for keys; undefined where features are as they are. */
export function positionName(backbone: NativeBackbone): string | undefined {
  const map = checked(() => backbone.positionMap)
  if (map === null) return undefined
  const { buffer, byteOffset, byteLength } = map.data
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex')
    .slice(0, 16)
}

/** One sentence: how much is place, what the pictures share, what was done, and how to have it the other way. */
export function describePosition({ place, layout, removed }: Position): string {
  const much = `${percent(place)} of the features is place`
  if (layout === null) return `${much}; it is taken off, as was asked for`
  const shared = `${percent(layout)} more is the images' own layout`
  return removed
    ? `${much}, ${shared}: they share little of it, so place is taken off (position: keep leaves it)`
    : `${much}, ${shared}: they share it, so place is kept (position: remove takes it off)`
}

const percent = (share: number) => `${Math.max(0, 100 * share).toFixed(1)} %`
