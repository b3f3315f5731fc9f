/** Measures position in the features of a folder, decides whether to remove it, and describes the result. */
import { createHash } from 'node:crypto'
import type { PositionChoice } from '../method/backbone-options.js'
import { checked, type NativeBackbone, type Transform } from '../native/index.js'
import { type FeatureSource, keepMap, keptMap, type SquareMap } from './kept.js'
import { measureBackbone, measurePictures, type Pictures, sizeOf, wholeMap } from './measure.js'

/** How strongly features encode position, and whether that was removed. */
export interface Position {
  /**
   * Share of a unit feature's square length that is the backbone's position map: what all images have in
   * common at each position.
   */
  place: number
  /** The share that the images' own layout adds to it; null if it was not measured. */
  layout: number | null
  /** Whether position is removed from the features. */
  removed: boolean
}

/** A backbone after the decision about position. */
export interface PlacedBackbone {
  backbone: NativeBackbone
  /** null if nothing was measured. */
  position: Position | null
}

/** Progress of measuring position in features, and finally its result. */
export interface PositionProgress {
  /** Type of the progress. */
  type: 'position'
  /** Number of images and crops measured. */
  done: number
  /** Total number of images and crops to measure. */
  total: number
  /** The result; null until the end. */
  position: Position | null
}

export interface PlaceSettings {
  /** How training sees the images. */
  transform: Transform
  /** Where the features come from, so that their map is measured only once. */
  source: FeatureSource
  signal?: AbortSignal
}

/** 120 squares give the same decision and a map with a cosine of 0.98 to that of 400. */
const SQUARES = 240
/** Images for measuring the layout; 20 give the same decision. */
const PICTURES = 60
/** A map of fewer images than this, the fewest that were tested, is not kept for other folders. */
const LEAST_PICTURES = 20
/** The map is removed if the images' layout is less than this share of it. */
const LEAST_LAYOUT = 0.5

/**
 * Removes position from a backbone's features if the choice says so, measuring what is not known yet; yields
 * progress.
 */
export async function* placeBackbone(
  choice: PositionChoice,
  backbone: NativeBackbone,
  pictures: Pictures,
  settings: PlaceSettings,
): AsyncGenerator<PositionProgress, PlacedBackbone> {
  // A single image has no layout in common with others.
  if (choice === 'keep' || (choice === 'auto' && pictures.count < 2)) return { backbone, position: null }
  const { transform, source, signal } = settings
  const { resolution, multiple: patch } = transform
  const kept = await keptMap(source, resolution / patch, backbone.info.dim)
  const squares = kept ? 0 : SQUARES
  const total = squares + (choice === 'auto' ? Math.min(PICTURES, pictures.count) : 0)
  const map = kept ?? (yield* counted(measureMap(backbone, pictures, settings), 0, total))
  let layout: number | null = null
  if (choice === 'auto') {
    const onItsGrid = { ...transform, resolution: map.shape[0] * patch }
    const measured = measurePictures(backbone, pictures, { transform: onItsGrid, samples: PICTURES, signal })
    layout = sizeOf(yield* counted(measured, squares, total), map.data)
  }
  const place = meanSquare(map)
  const position = { place, layout, removed: layout === null || layout < LEAST_LAYOUT * place }
  yield { type: 'position', done: total, total, position }
  return { backbone: position.removed ? checked(() => backbone.without(map)) : backbone, position }
}

/** Runs `placeBackbone` to its end and returns the backbone; progress is passed to `onProgress`. */
export async function placeAtOnce(
  choice: PositionChoice,
  backbone: NativeBackbone,
  pictures: Pictures,
  { onProgress, ...settings }: PlaceSettings & { onProgress?: (progress: PositionProgress) => void },
): Promise<NativeBackbone> {
  const placing = placeBackbone(choice, backbone, pictures, settings)
  let step = await placing.next()
  while (!step.done) {
    onProgress?.(step.value)
    step = await placing.next()
  }
  return step.value.backbone
}

async function* measureMap(
  backbone: NativeBackbone,
  pictures: Pictures,
  { transform, source, signal }: PlaceSettings,
): AsyncGenerator<number, SquareMap> {
  const measured = yield* measureBackbone(backbone, pictures, { transform, samples: SQUARES, signal })
  const [side, , channels] = measured.shape
  const map: SquareMap = { data: wholeMap(measured), shape: [side, side, channels] }
  if (pictures.count >= LEAST_PICTURES) await keepMap(source, map)
  return map
}

function meanSquare({ data, shape: [height, width] }: SquareMap): number {
  return data.reduce((sum, value) => sum + value * value, 0) / (height * width)
}

async function* counted<T>(
  work: AsyncGenerator<number, T>,
  before: number,
  total: number,
): AsyncGenerator<PositionProgress, T> {
  let step = await work.next()
  while (!step.done) {
    yield { type: 'position', done: before + step.value, total, position: null }
    step = await work.next()
  }
  return step.value
}

/** Name of the map that is removed from a backbone's features, for keys; undefined if none is removed. */
export function positionName(backbone: NativeBackbone): string | undefined {
  const map = checked(() => backbone.positionMap)
  if (map === null) return undefined
  const { buffer, byteOffset, byteLength } = map.data
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex')
    .slice(0, 16)
}

/** Describes in one sentence how much of the features is position, what was done, and how to change it. */
export function describePosition({ place, layout, removed }: Position): string {
  const much = `${percent(place)} of the features encodes position`
  if (layout === null) return `${much}; removed as requested`
  const shared = `${percent(layout)} more is the images' layout`
  return removed
    ? `${much}, ${shared}: little of it is shared, so position is removed (position: keep keeps it)`
    : `${much}, ${shared}: it is shared, so position is kept (position: remove removes it)`
}

const percent = (share: number) => `${Math.max(0, 100 * share).toFixed(1)} %`
