/** Samples of more than 8 bits or more than four bands, and the rule that makes 8-bit RGB of them. */
import { StegoError } from '../errors.js'
import type { Pixels } from '../native/index.js'

/** Types of samples other than bytes. */
export const SAMPLE_TYPES = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'float64',
] as const
/** The type of an image's samples. */
export type SampleType = (typeof SAMPLE_TYPES)[number]

/** Arrays of samples. */
export type SampleData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array

/** Samples as they are stored, bands interleaved. */
export interface Samples {
  data: SampleData
  width: number
  height: number
  /** Values per pixel. */
  bands: number
  /** What a pixel without a value has, as GDAL stores it; null if there is none. */
  noData: number | null
  /** Whether the lowest value is white. */
  inverted: boolean
  /** Whether the last band is alpha. */
  alpha: boolean
}

/** The values that become black and white. */
export type Limits = [low: number, high: number]

/** How samples become 8-bit RGB. Bytes stay as they are. */
export interface PixelRule {
  /**
   * `auto`: the full range of the type where the values use half of it or more, else the percentiles 0.1 and 99.9 of
   * the folder, or of the image where there is no folder. `type`: the full range of the type; for floats, 0 to 1.
   */
  range: 'auto' | 'type' | Limits
  /** The bands that become red, green and blue, counted from 1; null for the first three, or the only one. */
  bands: [number, number, number] | null
  /** The limits that `auto` has found for a folder, by type. */
  measured?: Partial<Record<SampleType, Limits>>
}

export const PLAIN_RULE: PixelRule = { range: 'auto', bands: null }

const TYPE_LIMITS: Record<SampleType, Limits> = {
  uint8: [0, 2 ** 8 - 1],
  int8: [-(2 ** 7), 2 ** 7 - 1],
  uint16: [0, 2 ** 16 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint32: [0, 2 ** 32 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  float32: [0, 1],
  float64: [0, 1],
}

/** The type of an array of samples. */
export function sampleType(data: SampleData): SampleType {
  return data.constructor.name.replace('Array', '').toLowerCase() as SampleType
}

/** Applies the rule. Throws `ERR_STEGO_IMAGE` where it names bands that the image lacks, or has to and does not. */
export function toRgb(samples: Samples, rule: PixelRule, name: string): Pixels {
  const { data, width, height, bands } = samples
  const chosen = chosenBands(samples, rule, name)
  const type = sampleType(data)
  const [low, high] = type === 'uint8' ? TYPE_LIMITS.uint8 : limitsOf(samples, rule, type)
  const scale = high > low ? 255 / (high - low) : 0
  const isWhole16 = type === 'uint16' && low === 0 && high === TYPE_LIMITS.uint16[1]
  const rgb = new Uint8Array(3 * width * height)
  const turn = samples.inverted ? 255 : 0
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < 3; c++) {
      const value = data[pixel * bands + chosen[c]!]!
      // The upper byte, as Pillow takes it; beyond the limits black or white; NaN is black.
      const level = isWhole16 ? value >> 8 : Math.min(255, Math.max(0, Math.round((value - low) * scale)))
      rgb[3 * pixel + c] = Math.abs(turn - level)
    }
  }
  return { data: rgb, width, height }
}

/** More bands than colors and alpha cannot be guessed at. */
const MOST_BANDS = 4

function chosenBands({ bands }: Samples, rule: PixelRule, name: string): number[] {
  const named = rule.bands
  if (named) {
    const missing = named.find((band) => band > bands)
    if (missing === undefined) return named.map((band) => band - 1)
    throw new StegoError(
      'ERR_STEGO_IMAGE',
      `${name} has ${bands === 1 ? 'one band' : `${bands} bands`}, but band ${missing} is to be used. Name bands that ` +
        'all images have (bands, --bands), counted from 1.',
    )
  }
  if (bands > MOST_BANDS) throw tooManyBands(bands, name)
  return bands < 3 ? [0, 0, 0] : [0, 1, 2]
}

/** The error for an image whose bands are not colors. */
function tooManyBands(bands: number, name: string): StegoError {
  const list = Array.from({ length: bands }, (_, band) => band + 1).join(', ')
  return new StegoError(
    'ERR_STEGO_IMAGE',
    `${name} has ${bands} bands (${list}), and none of them is known to be red, green or blue. Name the three to use, ` +
      'such as bands: [4, 3, 2] (--bands 4,3,2), counted from 1.',
  )
}

function limitsOf(samples: Samples, { range, measured }: PixelRule, type: SampleType): Limits {
  if (Array.isArray(range)) return range
  if (range === 'type') return TYPE_LIMITS[type]
  return measured?.[type] ?? autoLimits(type, [pickValues(samples)])
}

/** Values of an image to measure. */
const VALUES = 1 << 15

/** Evenly spaced values of an image that are finite and not its `noData`, sorted. */
export function pickValues({ data, bands, noData, width, height }: Samples): Float64Array {
  const pixels = width * height
  // An odd step, so that it does not stay in the same columns.
  const step = Math.max(1, Math.floor((pixels * bands) / VALUES)) | 1
  const values: number[] = []
  for (let i = 0; i < data.length; i += step) {
    const value = data[i]!
    if (Number.isFinite(value) && value !== noData) values.push(value)
  }
  return Float64Array.from(values).sort()
}

const LOW = 0.001
const HIGH = 0.999

/** The limits that `auto` means for the values of a folder (see `PixelRule`). */
export function autoLimits(type: SampleType, images: Float64Array[]): Limits {
  const values = Float64Array.from(images.flatMap((image) => [...image])).sort()
  const [typeLow, typeHigh] = TYPE_LIMITS[type]
  if (values.length === 0) return [typeLow, typeHigh]
  const lowest = values[0]!
  const highest = values.at(-1)!
  const usesType = lowest >= typeLow && highest <= typeHigh && 2 * (highest - lowest) >= typeHigh - typeLow
  if (usesType) return [typeLow, typeHigh]
  const at = (share: number) => values[Math.round(share * (values.length - 1))]!
  const low = at(LOW)
  const high = at(HIGH)
  return high > low ? [low, high] : [low, low + 1]
}

/** What is said of bands that are not used; null if all are, or the last is alpha. */
export function unusedBands({ bands, alpha }: Samples, rule: PixelRule, name: string): string | null {
  const colors = bands < 3 ? 1 : 3
  if (rule.bands || bands - (alpha ? 1 : 0) <= colors) return null
  return `${name} has ${bands} bands, of which the first ${colors === 1 ? 'is' : `${colors} are`} used; to use others, name three (bands, --bands).`
}
