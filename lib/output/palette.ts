/** Colors of classes (data.py create_pascal_label_colormap, create_cityscapes_colormap). */
import { StegoError } from '../errors.js'

/** Red, green and blue, 0 to 255. */
export type Color = readonly [number, number, number]

/** Colors by class index; classes beyond the end are void. */
export type Palette = readonly Color[]

/** Pixels without a class. */
export const VOID_COLOR: Color = [224, 224, 224]

/** The color of a class, `VOID_COLOR` for an index beyond the palette. */
export function colorOf(palette: Palette, index: number): Color {
  return palette[index] ?? VOID_COLOR
}

/**
 * The first `classes` colors of a palette. Throws `ERR_STEGO_OPTION` if it has fewer, or one is not three
 * whole numbers from 0 to 255.
 */
export function checkPalette(palette: Palette, classes: number): Palette {
  if (palette.length < classes) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `the palette has ${palette.length} colors for ${classes} classes. Give one color for each class.`,
    )
  }
  const isColor = (color: Color) =>
    color.length === 3 && color.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)
  const wrong = palette.findIndex((color) => !isColor(color))
  if (wrong >= 0) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      'a color is [red, green, blue] with whole numbers from 0 to 255, ' +
        `got ${JSON.stringify(palette[wrong])} for class ${wrong}.`,
    )
  }
  return palette.slice(0, classes)
}

/** The color map of Pascal VOC: the bits of the index are distributed over the channels, highest first. */
export function pascalPalette(count = 256): Palette {
  return Array.from({ length: count }, (_, index): Color => {
    const color: [number, number, number] = [0, 0, 0]
    for (let bit = 7, rest = index; bit >= 0; bit--, rest >>= 3) {
      color[0] |= (rest & 1) << bit
      color[1] |= ((rest >> 1) & 1) << bit
      color[2] |= ((rest >> 2) & 1) << bit
    }
    return color
  })
}

/** The colors of the 27 Cityscapes classes. */
export const CITYSCAPES_PALETTE: Palette = [
  [128, 64, 128],
  [244, 35, 232],
  [250, 170, 160],
  [230, 150, 140],
  [70, 70, 70],
  [102, 102, 156],
  [190, 153, 153],
  [180, 165, 180],
  [150, 100, 100],
  [150, 120, 90],
  [153, 153, 153],
  [153, 153, 153],
  [250, 170, 30],
  [220, 220, 0],
  [107, 142, 35],
  [152, 251, 152],
  [70, 130, 180],
  [220, 20, 60],
  [255, 0, 0],
  [0, 0, 142],
  [0, 0, 70],
  [0, 60, 100],
  [0, 0, 90],
  [0, 0, 110],
  [0, 80, 100],
  [0, 0, 230],
  [119, 11, 32],
]

/**
 * The official code's colors for a dataset's classes; null if it has none for this many classes or the
 * dataset is not an official one. At most 256 classes.
 */
export function datasetPalette(name: 'cityscapes' | 'pascal' | null, classes: number): Palette | null {
  if (name === null) return null
  const palette = name === 'cityscapes' ? CITYSCAPES_PALETTE : pascalPalette()
  return palette.length < classes ? null : palette.slice(0, classes)
}

/**
 * Chosen by eye: neighbors in the list differ in hue and lightness, so that a few clusters are easy to tell
 * apart.
 */
const DISTINCT: Palette = [
  [61, 122, 191],
  [242, 142, 43],
  [70, 153, 94],
  [214, 69, 80],
  [150, 109, 196],
  [245, 206, 82],
  [92, 194, 199],
  [148, 98, 66],
  [240, 138, 180],
  [37, 66, 110],
  [166, 206, 96],
  [122, 36, 74],
  [155, 184, 237],
  [24, 94, 84],
  [250, 178, 148],
  [98, 64, 150],
  [134, 134, 42],
  [196, 62, 148],
  [86, 200, 140],
  [96, 104, 116],
]

/** Turns of the color wheel between successive hues: the golden angle takes long to return near a hue. */
const GOLDEN_TURN = 137.50776405003785 / 360
/** OKLCH lightness and chroma of successive colors; each tier's hues start a quarter turn further. */
const TIERS: readonly [lightness: number, chroma: number][] = [
  [0.7, 0.15],
  [0.44, 0.12],
  [0.84, 0.09],
  [0.57, 0.16],
  [0.34, 0.09],
  [0.77, 0.06],
  [0.64, 0.07],
  [0.5, 0.05],
]

/**
 * Colors for `count` clusters without names: twenty chosen by eye, then hues by the golden angle in tiers of
 * lightness. The first n colors are the same for every count. Throws `ERR_STEGO_ARGUMENT` if `count` is not a
 * whole number from 0 to 256.
 */
export function clusterPalette(count: number): Palette {
  if (!Number.isInteger(count) || count < 0 || count > 256) {
    throw new StegoError(
      'ERR_STEGO_ARGUMENT',
      `a palette has 0 to 256 colors, got ${count}. Class indices are one byte.`,
    )
  }
  return Array.from({ length: count }, (_, index) => {
    const chosen = DISTINCT[index]
    if (chosen) return chosen
    const tier = (index - DISTINCT.length) % TIERS.length
    const round = Math.floor((index - DISTINCT.length) / TIERS.length)
    const [lightness, chroma] = TIERS[tier]!
    return fromOklch(lightness, chroma, 2 * Math.PI * ((round * GOLDEN_TURN + tier / 4) % 1))
  })
}

/** OKLCH (lightness 0..1, chroma, hue in radians) to 8-bit sRGB, clipped to the gamut. */
function fromOklch(lightness: number, chroma: number, hue: number): Color {
  const a = chroma * Math.cos(hue)
  const b = chroma * Math.sin(hue)
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    toSrgb(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    toSrgb(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    toSrgb(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ]
}

function toSrgb(linear: number): number {
  const value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055
  return Math.round(255 * Math.min(1, Math.max(0, value)))
}
