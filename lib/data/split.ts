/** What every dataset is to the rest of the package: a list of plain items, and a way to read each. */
import type { LabelMap, Pixels } from '../native/index.js'
import type { CropPart } from './crops.js'

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

/** Which of the official colour maps a dataset is drawn with (docs/method-constants.md#colors). */
export type PaletteName = 'cityscapes' | 'pascal'

/** The images of one split, in the dataset's order. */
export interface Split {
  name: string
  items: Item[]
  /** How many of the items have a label map. */
  labelled: number
  /** How many classes the labels have; null where the dataset does not say. */
  classes: number | null
  /** Names of the classes in order of their index; null where the dataset has none. */
  classNames: string[] | null
  palette: PaletteName | null
  /** Decodes an item of this split. Throws as `decodeImage` and `decodeLabels` do. */
  read(item: Item): Promise<Picture>
}
