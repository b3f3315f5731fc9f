/**
 * Measuring what a backbone's features say of where a patch lies: the mean of unit features at each place over
 * many pictures, less its mean over all places. Over squares cut from anywhere in the pictures, turned and mirrored, it
 * is the backbone's own position map, since nothing of the pictures' layout is left in them; over the pictures as they
 * are, it is that and their layout.
 */
import { readAhead } from '../images/read-ahead.js'
import { job, type NativeBackbone, type Pixels, type SquareView, type Transform } from '../native/index.js'
import { createRandom, type Random } from '../random/random.js'

/** Pictures, as far as measuring is concerned. */
export interface Pictures {
  count: number
  read(index: number): Promise<Pixels>
}

/** The mean map of some pictures by halves of them, so that the size of what both have in common can be told from chance. */
export interface HalvedMap {
  /** Sides of the grid and channels. */
  shape: [height: number, width: number, channels: number]
  /** Of every other picture, and of the others; row-major, the mean over all places taken off. */
  halves: [Float32Array, Float32Array]
}

export interface MeasureOptions {
  transform: Transform
  /** Squares or pictures to look at. */
  samples: number
  signal?: AbortSignal
}

/** Pictures that pass through the backbone together. */
const BATCH = 8
/** Pictures decoded while others are computed. */
const AHEAD = 2
/** Side of a square, as a share of the picture's shorter side. */
const SMALLEST = 0.35
/** The squares do not depend on a run's seed, so that all runs on a folder see one map. */
const SEED = 19

/** The backbone's own map, of squares from anywhere in the pictures; yields how many were looked at. */
export async function* measureBackbone(
  backbone: NativeBackbone,
  pictures: Pictures,
  options: MeasureOptions,
): AsyncGenerator<number, HalvedMap> {
  const random = createRandom(SEED)
  return yield* measure(backbone, pictures, options, (pixels) => drawSquare(pixels, random))
}

/** The map of the pictures as training sees them; yields how many were looked at. */
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
  // Evenly spaced pictures; where there are fewer than samples, each several times, one after another.
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
    // Halves take turns by picture, so that neither has another part of the folder.
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

/** The mean, less its mean over all places. */
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
 * The mean square length of a map, of a unit feature's 1, after `taken` is taken off it. It is the product of the two
 * halves: what is chance in them is not the same in both.
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
