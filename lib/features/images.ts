/** The images that features are computed of: the one place here that knows how data folders are read. */
import { type DatasetRequest, openDataset } from '../data/dataset.js'
import type { Item } from '../data/split.js'
import type { Pixels } from '../native/index.js'

/** One image, as far as features are concerned. */
export interface ListedImage {
  /** Its name in the data set. */
  name: string
  /** Path of its file. */
  image: string
  /** Which part of the file's picture it is, as plain data; absent for the whole. */
  crop?: unknown
}

export interface ImageSet {
  /** In the order in which training numbers them. */
  images: Item[]
  /** The pixels of one of them; labels are not looked at. Rejects with `ERR_STEGO_IMAGE`, `ERR_STEGO_DATA_MISSING`. */
  read(image: Item): Promise<Pixels>
}

/** Lists the images of a split. Rejects with `ERR_STEGO_DATA_*`. */
export async function openImages(request: DatasetRequest): Promise<ImageSet> {
  const split = await openDataset(request)
  return {
    images: split.items,
    read: async (image) => (await split.read({ ...image, label: null })).image,
  }
}
