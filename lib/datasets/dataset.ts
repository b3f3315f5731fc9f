/** Opens datasets: folders of user-provided images and the official datasets. */
import { StegoError } from '../errors.js'
import type { PixelRule } from '../images/samples.js'
import { cityscapesSource } from './cityscapes.js'
import { cocoSource } from './cocostuff.js'
import { croppedSource } from './cropped.js'
import { cropItems, cropReader } from './crops.js'
import { directorySource } from './directory.js'
import { folderPath } from './folder.js'
import { readClassMap } from './labels.js'
import type { ClassMap, CropKind, DatasetName } from './options.js'
import { potsdamRawSource, potsdamSource } from './potsdam.js'
import type { CropPart, Item, Picture, Source, Split } from './source.js'

/** A split of a dataset. Defaults are those of `datasetFields` (options.ts). */
export interface DatasetRequest {
  /** The dataset's own folder or the official pytorch_data_dir, a path or `file:` URL. */
  data: string | URL
  /** Default `auto`. */
  dataset?: DatasetName
  /** Default `train`. */
  split?: string
  /** Classes of the ids in user-provided label maps: an object, or the path of a YAML file. */
  classMap?: string | ClassMap | null
  /** Ids in user-provided label maps that are void by intention. */
  ignoreLabel?: number | number[] | null
  /** Whether to search subfolders. Default true. */
  recursive?: boolean
  /** Images with more pixels are refused. Default 100 million. */
  maxPixels?: number
  /** How samples that are not bytes become pixels. Default: `auto`. */
  range?: PixelRule['range'] | null
  /** Bands for red, green and blue, counted from 1. Default: the first three. */
  bands?: PixelRule['bands']
  /** Limits of `auto` that are known already. */
  measured?: PixelRule['measured']
  /** Five crops of each image instead of the whole image. */
  crops?: CropKind | null
  /** Side of a crop as a share of the image's side. Default 0.5. */
  cropRatio?: number
}

/**
 * Lists a split and returns it with its reader, without reading file contents.
 *
 * Rejects with `ERR_STEGO_DATA_MISSING` if the folder, the split or a file that the dataset must have does
 * not exist, `ERR_STEGO_DATA_EMPTY`, `ERR_STEGO_DATA_LAYOUT`, and `ERR_STEGO_OPTION` if a class map is
 * malformed or given for a dataset that has its own classes.
 */
export async function openDataset(request: DatasetRequest): Promise<Split> {
  const { split = 'train', crops = null, cropRatio = 0.5 } = request
  const source = await sourceOf(request)
  const { items: whole, read, own = null, ...facts } = await source.open(folderPath(request.data), split)
  const { range, bands = null, measured, maxPixels } = request
  const decode = { rule: { range: range ?? 'auto', bands, measured }, maxPixels }
  const items = crops === null ? whole : cropItems(whole, crops, cropRatio)
  const labeled = items.reduce((sum, { label }) => sum + (label === null ? 0 : 1), 0)
  const readWhole = (item: Item) => read(item, decode)
  return { ...facts, own, decode, name: split, items, labeled, read: readerOf(readWhole) }
}

/** Lists the existing splits. Rejects as `openDataset` does for the folder. */
export async function listSplits(request: Omit<DatasetRequest, 'split'>): Promise<string[]> {
  const source = await sourceOf(request)
  return source.listSplits(folderPath(request.data))
}

/**
 * Throws `ERR_STEGO_OPTION` if a labeled split has more classes than `classes`, so that some would silently
 * become void.
 */
export function checkClasses(split: Split, classes: number): void {
  if (split.labeled === 0 || split.classes === null || split.classes <= classes) return
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `the labels have ${split.classes} classes, but classes is ${classes}. Set \`classes\` to ${split.classes}.`,
  )
}

async function sourceOf(request: DatasetRequest): Promise<Source> {
  const { dataset = 'auto', classMap = null, ignoreLabel = null, recursive = true } = request
  if (dataset === 'auto' || dataset === 'directory') {
    const mapping = classMap === null ? null : await readClassMap(classMap)
    const ignored = [ignoreLabel ?? []].flat()
    return directorySource(dataset === 'auto' ? 'any' : 'directory', { mapping, ignored, recursive })
  }
  if (classMap !== null || ignoreLabel !== null) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `the dataset "${dataset}" defines its own classes: \`${classMap === null ? 'ignoreLabel' : 'classMap'}\` is only for ` +
        '"auto" and "directory". Omit it.',
    )
  }
  switch (dataset) {
    case 'cocostuff27':
    case 'cocostuff15':
    case 'cocostuff3':
      return cocoSource(dataset)
    case 'cityscapes':
      return cityscapesSource
    case 'potsdam':
      return potsdamSource
    case 'potsdamraw':
      return potsdamRawSource
    case 'cropped':
      return croppedSource
  }
}

/** Reads whole items directly, and crops from their whole image. */
function readerOf(readWhole: (item: Item) => Promise<Picture>): Split['read'] {
  const readCrop = cropReader(readWhole)
  return (item) => (isCrop(item) ? readCrop(item) : readWhole(item))
}

const isCrop = (item: Item): item is Item & { crop: CropPart } => item.crop !== undefined
