/** The dataset interface: a list of plain items, and a way to read each. */
import { StegoError } from '../errors.js'
import { type DecodedImage, type DecodeOptions, decodeImage } from '../images/decode.js'
import { decodeLabels } from '../images/label-map.js'
import type { PixelRule } from '../images/samples.js'
import type { LabelMap } from '../native/index.js'
import { nearest } from '../options/nearest.js'
import { brief } from '../values.js'
import { mapLabels, salienceOf } from './labels.js'
import type { CropKind } from './options.js'
import type { UnusedFiles } from './unused.js'

/** Which crop of its image an item is. */
export interface CropPart {
  kind: CropKind
  /** Share of height and width that is kept. */
  ratio: number
  /** Index of the whole image in its split, on which random crops depend. */
  item: number
  /** 0..4; for `five`: top left, top right, bottom left, bottom right, center. */
  part: number
}

/** One image of a split; plain data. */
export interface Item {
  /** File name without its extension, with `_crop<k>` if it is a crop. */
  name: string
  /** Path of the image. */
  image: string
  /** Path of its label map, if it has one. */
  label: string | null
  /** Which crop of the image it is; absent for the whole image. */
  crop?: CropPart
}

/** One image in memory. */
export interface Picture {
  image: DecodedImage
  /** Class indices, 255 for void; null if the image has no label map. */
  label: LabelMap | null
  /**
   * 1 where the dataset's own mask is set, one byte per pixel; null without labels (`use_salience`,
   * docs/method-constants.md#salience-masks).
   */
  salience: Uint8Array | null
}

/** The official color map of a dataset (docs/method-constants.md#colors). */
export type PaletteName = 'cityscapes' | 'pascal'

/** The images of one split, in the dataset's order. */
export interface Split {
  name: string
  items: Item[]
  /** Number of items with a label map. */
  labeled: number
  /** Number of classes in the labels; null if the dataset does not specify it. */
  classes: number | null
  /** Names of the classes in order of their index; null if the dataset has none. */
  classNames: string[] | null
  palette: PaletteName | null
  /** What is known of a folder of one's own, which is to be surveyed; null for published datasets. */
  own: OwnFolder | null
  /** How images are decoded. A survey adds the limits that it has measured. */
  decode: DecodeOptions & { rule: PixelRule }
  /** Decodes an item of this split. Rejects as `decodeImage` and `decodeLabels` do. */
  read(item: Item): Promise<Picture>
}

/** A folder whose labels and images may not be what they seem. */
export interface OwnFolder {
  /** Files that are neither images nor label maps. */
  unused: UnusedFiles[]
  /** Class of each stored id; null if ids are classes. */
  table: Uint8Array | null
  /** Ids that are void by intention. */
  ignored: number[]
}

/** Facts about a dataset's classes, the same for every split. */
export interface Facts {
  classes: number | null
  classNames: string[] | null
  palette: PaletteName | null
}

/** One split of whole images. */
export interface Contents extends Facts {
  items: Item[]
  own?: OwnFolder
  read(item: Item, decode: DecodeOptions): Promise<Picture>
}

export interface Source {
  /** The existing splits, the usual one for training first. */
  listSplits(data: string): Promise<string[]>
  /** Lists one split without reading file contents. */
  open(data: string, split: string): Promise<Contents>
}

/** Throws `ERR_STEGO_DATA_MISSING` if the dataset does not have `split`. */
export function checkSplit(split: string, splits: readonly string[], where: string): void {
  if (splits.includes(split)) return
  const suggestion = nearest(split, splits)
  const only = splits.length === 1
  throw new StegoError(
    'ERR_STEGO_DATA_MISSING',
    `there is no split "${brief(split)}" in ${where}; ` +
      (only ? `its only split is "${splits[0]}". ` : `its splits are: ${splits.join(', ')}. `) +
      (suggestion ? `Did you mean "${suggestion}"?` : only ? 'Use that.' : 'Use one of these.'),
  )
}

/** How label files become labels. */
export interface LabelRule {
  /** Class of each stored id; null if ids are classes. */
  table: Uint8Array | null
  /**
   * The lowest class that the dataset's mask covers: the official mask is `label > 0` in some datasets and
   * `label >= 0` in others.
   */
  salientFrom: 0 | 1
}

/** A reader of items whose images are ordinary image files and whose labels are PNGs of ids. */
export function pictureReader({ table, salientFrom }: LabelRule): Contents['read'] {
  return async (item, decode) => {
    const image = await decodeImage(item.image, decode)
    if (item.label === null) return { image, label: null, salience: null }
    const { width, height } = image
    const stored = await decodeLabels(item.label, { width, height, name: item.image })
    const label = mapLabels(stored, table)
    return { image, label, salience: salienceOf(label, salientFrom) }
  }
}
