/**
 * Measures how much a backbone's features depend on the position of a patch: the mean of unit features at
 * each position over many images, minus its mean over all positions. Over squares cut from anywhere in the
 * images, rotated and mirrored, this is the backbone's own position map, since nothing of the images' layout
 * remains; over the images as they are, it also contains their layout.
 */
import { readAhead } from '../images/read-ahead.js'
import { job, type NativeBackbone, type Pixels, type SquareView, type Transform } from '../native/index.js'
import { createRandom, type Random } from '../random/random.js'

/** Images to measure. */
export interface Pictures {
  count: number
  read(index: number): Promise<Pixels>
}

/**
 * Mean maps of two halves of some images, so that what both have in common can be distinguished from chance.
 */
export interface HalvedMap {
  /** Sides of the grid and channels. */
  shape: [height: number, width: number, channels: number]
  /** Of every other image, and of the rest; row-major, with the mean over all positions subtracted. */
  halves: [Float32Array, Float32Array]
}

export interface MeasureOptions {
  transform: Transform
  /** Number of squares or images to measure. */
  samples: number
  signal?: AbortSignal
}

/** Images that pass through the backbone together. */
const BATCH = 8
/** Images decoded while others are computed. */
const AHEAD = 2
/** Smallest side of a square, as a share of the image's shorter side. */
const SMALLEST = 0.35
/** The squares do not depend on a run's seed, so that all runs on a folder use the same map. */
const SEED = 19

/** Measures the backbone's own map on squares from anywhere in the images; yields the number done so far. */
export async function* measureBackbone(
  backbone: NativeBackbone,
  pictures: Pictures,
  options: MeasureOptions,
): AsyncGenerator<number, HalvedMap> {
  const random = createRandom(SEED)
  return yield* measure(backbone, pictures, options, (pixels) => drawSquare(pixels, random))
}

/** Measures the map of the images as training sees them; yields the number done so far. */
export async function* measurePictures(
  backbone: NativeBackbone,
  pictures: Pictures,
  options: MeasureOptions,
): AsyncGenerator<number, HalvedMap> {
  const samples = Math.min(options.samples, pictures.count)
  return yield* measure(backbone, pictures, { ...options, samples }, null)
}

function drawSquare({ width, height }: Pixels, random: Random): SquareView {
  const shorter = Math.min(width, height)
  const side = Math.max(1, Math.round(shorter * (SMALLEST + (1 - SMALLEST) * random.next())))
  return {
    left: random.integer(width - side + 1),
    top: random.integer(height - side + 1),
    side,
    turns: random.integer(4),
    mirrored: random.integer(2) === 1,
  }
}

async function* measure(
  backbone: NativeBackbone,
  pictures: Pictures,
  { transform, samples, signal }: MeasureOptions,
  view: ((pixels: Pixels) => SquareView) | null,
): AsyncGenerator<number, HalvedMap> {
  // Evenly spaced images; if there are fewer than samples, each several times in a row.
  const chosen = Array.from({ length: samples }, (_, i) => Math.floor((i * pictures.count) / samples))
  const sums: [Float64Array | null, Float64Array | null] = [null, null]
  const counts: [number, number] = [0, 0]
  let shape: HalvedMap['shape'] = [0, 0, 0]
  let last: { index: number; pixels: Promise<Pixels> } | null = null
  const read = (index: number) => {
    if (last?.index !== index) last = { index, pixels: pictures.read(index) }
    return last.pixels
  }
  let batch: Pixels[] = []
  let done = 0
  const add = async () => {
    // Images alternate between the halves, so that both cover the whole folder.
    for (const half of [0, 1] as const) {
      const images = batch.filter((_, i) => (i + half) % 2 === 0)
      if (images.length === 0) continue
      const views = view && images.map(view)
      const part = await job((_, cancel) => backbone.sumUnits(images, views, transform, cancel), signal)
      shape = part.shape as HalvedMap['shape']
      sums[half] ??= new Float64Array(part.data.length)
      const sum = sums[half]
      part.data.forEach((value, i) => {
        sum[i]! += value
      })
      counts[half] += images.length
    }
    done += batch.length
    batch = []
  }
  for await (const pixels of readAhead(chosen, read, AHEAD)) {
    signal?.throwIfAborted()
    batch.push(pixels)
    if (batch.length < BATCH && done + batch.length < samples) continue
    await add()
    yield done
  }
  const centerd = ([0, 1] as const).map((half) => center(sums[half], counts[half], shape))
  return { shape, halves: centerd as HalvedMap['halves'] }
}

/** The mean, minus its mean over all positions. */
function center(sum: Float64Array | null, count: number, [height, width, channels]: HalvedMap['shape']) {
  const map = new Float32Array(height * width * channels)
  if (sum === null) return map
  const places = height * width
  for (let channel = 0; channel < channels; channel++) {
    let mean = 0
    for (let place = 0; place < places; place++) mean += sum[place * channels + channel]! / places
    for (let place = 0; place < places; place++) {
      const at = place * channels + channel
      map[at] = (sum[at]! - mean) / count
    }
  }
  return map
}

/** The map of both halves together. */
export function wholeMap({ halves: [one, other] }: HalvedMap): Float32Array {
  return one.map((value, i) => (value + other[i]!) / 2)
}

/**
 * The mean square length of a map after `taken` is subtracted; that of a unit feature is 1. It is computed as
 * the product of the two halves, since chance is not the same in both.
 */
export function sizeOf({ shape, halves: [one, other] }: HalvedMap, taken?: Float32Array): number {
  const places = shape[0] * shape[1]
  let sum = 0
  for (let i = 0; i < one.length; i++) {
    const off = taken?.[i] ?? 0
    sum += (one[i]! - off) * (other[i]! - off)
  }
  return sum / places
}
