/** Colors of classes (data.py create_pascal_label_colormap, create_cityscapes_colormap). */
import { StegoError } from '../errors.js'
import type { Color } from './color.js'
import { extendDistinct } from './distinct-colors.js'

export type { Color }

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

/** The first colors, chosen by eye: the most that are easy to tell apart and still go well together. */
const CHOSEN: Palette = [
  [61, 122, 191],
  [242, 142, 43],
  [70, 153, 94],
  [214, 69, 80],
  [150, 109, 196],
  [245, 206, 82],
  [92, 194, 199],
  [148, 98, 66],
]
const MOST_COLORS = 256
let distinct: Palette | undefined

/**
 * Colors for `count` clusters without names: eight chosen by eye, then each the farthest from all before it and
 * from `VOID_COLOR`. The first n colors are the same for every count. Throws `ERR_STEGO_ARGUMENT` if `count` is
 * not a whole number from 0 to 256.
 */
export function clusterPalette(count: number): Palette {
  if (!Number.isInteger(count) || count < 0 || count > MOST_COLORS) {
    throw new StegoError(
      'ERR_STEGO_ARGUMENT',
      `a palette has 0 to ${MOST_COLORS} colors, got ${count}. Class indices are one byte.`,
    )
  }
  distinct ??= extendDistinct(CHOSEN, [VOID_COLOR], MOST_COLORS)
  return distinct.slice(0, count)
}
