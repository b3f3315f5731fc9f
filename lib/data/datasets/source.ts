/** What a file of this folder gives: the splits of one dataset and what lies in each. */
import { StegoError } from '../../errors.js'
import { decodeImage, decodeLabels } from '../../images/decode.js'
import { nearest } from '../../options/nearest.js'
import { mapLabels, salienceOf } from '../label-table.js'
import type { Item, PaletteName, Picture } from '../split.js'

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
    `there is no split "${split}" in ${where}; its splits are: ${splits.join(', ')}.` +
      (suggestion ? ` Did you mean "${suggestion}"?` : ' Name one of these.'),
  )
}

/** How label files become labels. */
export interface LabelRule {
  /** Class of each stored id, [256]; null where ids are classes. */
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
    const label = table ? mapLabels(stored, table) : stored
    return { image, label, salience: salienceOf(label, salientFrom) }
  }
}
