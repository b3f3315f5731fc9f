/**
 * Five crops of each image, as the official code cuts them before it searches for neighbors
 * (crop_datasets.py). Nothing is written: an item refers to a part of its image, which is cut when the item
 * is read.
 */
import { StegoError } from '../errors.js'
import type { LabelMap, Pixels } from '../native/index.js'
import { createRandom } from '../random/random.js'
import type { CropKind } from './options.js'
import type { CropPart, Item, Picture } from './source.js'

/** Crops per image. */
export const CROPS = 5

/** A part of an image, in pixels. */
export interface Box {
  left: number
  top: number
  width: number
  height: number
}

/** Rounds as Python's `round` does: halves to the even neighbor. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value)
  if (value - floor !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}

/**
 * The part of an image of this size that a crop covers, `int(side * ratio)` wide and high. `five` crops are
 * those of torchvision's five_crop. `random` crops can be anywhere and depend only on item and part; the
 * official code seeds with Python's hash of a tuple, which differs between versions of Python. Width or
 * height is 0 if the image is too small for the ratio.
 */
export function cropBox(size: { width: number; height: number }, crop: CropPart): Box {
  const width = Math.trunc(size.width * crop.ratio)
  const height = Math.trunc(size.height * crop.ratio)
  const right = size.width - width
  const bottom = size.height - height
  const { item, part } = crop
  if (crop.kind === 'random') {
    const random = createRandom(item, part)
    return { left: random.integer(right + 1), top: random.integer(bottom + 1), width, height }
  }
  if (part === CROPS - 1) {
    return { left: roundHalfToEven(right / 2), top: roundHalfToEven(bottom / 2), width, height }
  }
  return { left: part % 2 === 1 ? right : 0, top: part >= 2 ? bottom : 0, width, height }
}

/**
 * Each item as its five crops in a row: crop k of item i has index 5 i + k, as in the numbering of the
 * official files.
 */
export function cropItems(items: Item[], kind: CropKind, ratio: number): Item[] {
  return items.flatMap((whole, item) =>
    Array.from({ length: CROPS }, (_, part) => ({
      ...whole,
      name: `${whole.name}_crop${part}`,
      crop: { kind, ratio, item, part },
    })),
  )
}

/**
 * Makes a reader of crops from a reader of whole images. The last image is kept, so that five crops in a row
 * decode it once. The reader rejects with `ERR_STEGO_IMAGE` if an image is too small to be cropped.
 */
export function cropReader(
  readWhole: (item: Item) => Promise<Picture>,
): (item: Item & { crop: CropPart }) => Promise<Picture> {
  let last: { image: string; picture: Promise<Picture> } | null = null
  return async (item) => {
    if (last?.image !== item.image) last = { image: item.image, picture: readWhole(item) }
    const current = last
    try {
      return cutPicture(await current.picture, item)
    } catch (error) {
      if (last === current) last = null
      throw error
    }
  }
}

function cutPicture({ image, label, salience }: Picture, item: Item & { crop: CropPart }): Picture {
  const box = cropBox(image, item.crop)
  if (box.width < 1 || box.height < 1) {
    throw new StegoError(
      'ERR_STEGO_IMAGE',
      `${item.image} of ${image.width} x ${image.height} has no crop of ratio ${item.crop.ratio}: ` +
        'expected at least one pixel of height and width. Use a larger `cropRatio`, or remove the image.',
    )
  }
  const bytes = salience && { data: salience, width: image.width, height: image.height }
  return {
    image: cut(image, box, 3),
    label: label && cut(label, box, 1),
    salience: bytes && cut(bytes, box, 1).data,
  }
}

/** The bytes of a box, with `channels` interleaved values per pixel. */
function cut<T extends Pixels | LabelMap>(map: T, { left, top, width, height }: Box, channels: number): T {
  const data = new Uint8Array(width * height * channels)
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * map.width + left) * channels
    data.set(map.data.subarray(start, start + width * channels), y * width * channels)
  }
  return { ...map, data, width, height }
}
