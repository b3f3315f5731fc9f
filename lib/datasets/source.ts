/** The dataset interface: a list of plain items, and a way to read each. */
import { StegoError } from '../errors.js'
import { decodeImage, decodeLabels } from '../images/decode.js'
import type { LabelMap, Pixels } from '../native/index.js'
import { nearest } from '../options/nearest.js'
import { mapLabels, salienceOf } from './labels.js'
import type { CropKind } from './options.js'

/** Which crop of its picture an item is. */
export interface CropPart {
  kind: CropKind
  /** Share of height and width that is kept. */
  ratio: number
  /** Place of the whole picture in its split, which random crops are drawn by. */
  item: number
  /** 0..4; of `five` top left, top right, bottom left, bottom right, center. */
  part: number
}

/** One image of a split; plain data. */
export interface Item {
  /** File name without its extension, with `_crop<k>` where it is a crop. */
  name: string
  /** Path of the image. */
  image: string
  /** Path of its label map, where it has one. */
  label: string | null
  /** Which crop of the image it is; absent for the whole image. */
  crop?: CropPart
}

/** One image in memory. */
export interface Picture {
  image: Pixels
  /** Class indices, 255 for void; null where the image has no label map. */
  label: LabelMap | null
  /**
   * 1 where the dataset's own mask is set, one byte a pixel; null without labels (`use_salience`,
   * docs/method-constants.md#salience-masks).
   */
  salience: Uint8Array | null
}

/** Which of the official color maps a dataset is drawn with (docs/method-constants.md#colors). */
export type PaletteName = 'cityscapes' | 'pascal'

/** The images of one split, in the dataset's order. */
export interface Split {
  name: string
  items: Item[]
  /** How many of the items have a label map. */
  labeled: number
  /** How many classes the labels have; null where the dataset does not say. */
  classes: number | null
  /** Names of the classes in order of their index; null where the dataset has none. */
  classNames: string[] | null
  palette: PaletteName | null
  /** Decodes an item of this split. Throws as `decodeImage` and `decodeLabels` do. */
  read(item: Item): Promise<Picture>
}

/** What is known of a dataset's classes, whatever the split. */
export interface Facts {
  classes: number | null
  classNames: string[] | null
  palette: PaletteName | null
}

/** One split, its pictures whole. */
export interface Contents extends Facts {
  items: Item[]
  read(item: Item): Promise<Picture>
}

export interface Source {
  /** The splits that are there, the usual one for training first. */
  listSplits(data: string): Promise<string[]>
  /** Lists one split; file contents are not looked at. */
  open(data: string, split: string): Promise<Contents>
}

/** Throws `ERR_STEGO_DATA_MISSING` where `split` is none of the dataset's. */
export function checkSplit(split: string, splits: readonly string[], where: string): void {
  if (splits.includes(split)) return
  const suggestion = nearest(split, splits)
  throw new StegoError(
    'ERR_STEGO_DATA_MISSING',
    `there is no split "${split}" in ${where}; ` +
      (splits.length === 1
        ? `its only split is "${splits[0]}". Use that.`
        : `its splits are: ${splits.join(', ')}. ` +
          (suggestion ? `Did you mean "${suggestion}"?` : 'Use one of these.')),
  )
}

/** How label files become labels. */
export interface LabelRule {
  /** Class of each stored id; null if ids are classes. */
  table: Uint8Array | null
  /** The least class that the dataset's mask covers: its official mask is `label > 0` in some, `label >= 0` in others. */
  salientFrom: 0 | 1
}

/** A reader of items whose images are pictures and whose labels are PNGs of ids. */
export function pictureReader({ table, salientFrom }: LabelRule): (item: Item) => Promise<Picture> {
  return async (item) => {
    const image = await decodeImage(item.image)
    if (item.label === null) return { image, label: null, salience: null }
    const { width, height } = image
    const stored = await decodeLabels(item.label, { width, height, name: item.image })
    const label = mapLabels(stored, table)
    return { image, label, salience: salienceOf(label, salientFrom) }
  }
}
