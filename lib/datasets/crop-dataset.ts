/**
 * Writes crops of a dataset in the layout of the official crop_datasets.py
 * (docs/method-constants.md#crops).
 */
import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { StegoError } from '../errors.js'
import { sharp } from '../images/sharp.js'
import { parseOptions } from '../options/parse.js'
import { encodeIndexPng } from '../output/png.js'
import { writeWhole } from '../write-whole.js'
import { CLASS_NAMES_FILE } from './class-names.js'
import { type CropOptions, cropSchema, type ResolvedCropOptions } from './crop-options.js'
import { CROP_RECORD_FILE, type CropRecord, readCropRecord } from './cropped.js'
import { CROPS } from './crops.js'
import { listSplits, openDataset } from './dataset.js'
import { readClassMap } from './labels.js'
import type { Picture, Split } from './source.js'

/** Pillow's defaults, used for the official crops. */
const JPEG = { quality: 75, chromaSubsampling: '4:2:0', optimiseCoding: false } as const
const STANDARD_SPLITS = ['train', 'val']
/** Datasets whose crop folder is named after the data folder. */
const UNNAMED = ['auto', 'directory', 'cropped']

/** Result of `cropDataset()`. */
export interface CropResult {
  /** Folder with `img` and `label`, for use with the dataset `cropped`. */
  folder: string
  /** Per split: the number of images, of crops, and of crops written by this call. */
  splits: { name: string; pictures: number; crops: number; written: number }[]
}

/**
 * Writes five crops of each image of a dataset to `<out>/cropped/<dataset>_<crops>_crop_<ratio>/`:
 * `img/<split>/<i>.jpg`, i = 5 * image + crop, and, if the split has labels, `label/<split>/<i>.png` with the
 * class plus one, 0 for void. Writes are atomic, and calling it again resumes where it stopped. The folder is
 * named after the dataset or, for your own data, after the data folder.
 *
 * Rejects with `ERR_STEGO_OPTION`, `ERR_STEGO_DATA_*` as `openDataset` does, `ERR_STEGO_RUN` if the folder
 * holds crops of other images, `ERR_STEGO_FILE` if it cannot be written, and with the signal's reason.
 */
export async function cropDataset(input: CropOptions): Promise<CropResult> {
  const options = parseOptions(cropSchema, input, 'cropDataset()')
  const { data, dataset, crops, cropRatio } = options
  const name = UNNAMED.includes(dataset) ? basename(resolve(data)) : dataset
  const folder = join(options.out, 'cropped', `${name}_${crops}_crop_${cropRatio}`)
  const result: CropResult = { folder, splits: [] }
  for (const split of await splitsOf(options)) {
    const whole = await openDataset({ data, dataset, classMap: options.classMap, split, crops, cropRatio })
    await keepRecord(folder, whole, options)
    if (UNNAMED.includes(dataset) && whole.classNames) {
      await writeWhole(join(folder, CLASS_NAMES_FILE), Buffer.from(`${whole.classNames.join('\n')}\n`))
    }
    const written = await writeCrops(folder, whole, options)
    const { length } = whole.items
    result.splits.push({ name: split, pictures: length / CROPS, crops: length, written })
  }
  return result
}

async function splitsOf({ split, ...options }: ResolvedCropOptions): Promise<string[]> {
  if (split !== null) {
    const names = (typeof split === 'string' ? split.split(',') : split).map((name) => name.trim())
    return [...new Set(names.filter((name) => name !== ''))]
  }
  const there = await listSplits(options)
  const standard = STANDARD_SPLITS.filter((name) => there.includes(name))
  return standard.length > 0 ? standard : there
}

/** Records what this split is cut from; rejects if the folder holds crops of other images. */
async function keepRecord(folder: string, split: Split, options: ResolvedCropOptions): Promise<void> {
  const { dataset, crops, cropRatio } = options
  const entry = { pictures: await hashPictures(split, options), crops: split.items.length }
  const record = await readCropRecord(folder)
  const earlier = record?.splits[split.name]
  const foreign = earlier
    ? earlier.pictures !== entry.pictures
    : await holdsFiles(join(folder, 'img', split.name))
  if (foreign || (record && record.dataset !== dataset)) {
    throw new StegoError(
      'ERR_STEGO_RUN',
      `${join(folder, 'img', split.name)} contains crops of other images or labels. Remove ${folder}, or ` +
        'choose another `out`.',
    )
  }
  const splits = { ...record?.splits, [split.name]: entry }
  const next: CropRecord = { format: 1, dataset, crops, cropRatio, splits }
  await writeWhole(join(folder, CROP_RECORD_FILE), Buffer.from(`${JSON.stringify(next, null, 2)}\n`))
}

async function holdsFiles(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => [])
  return names.some((name) => !name.startsWith('.'))
}

async function hashPictures({ items }: Split, { classMap }: ResolvedCropOptions): Promise<string> {
  const hash = createHash('sha256')
  if (classMap !== null) hash.update((await readClassMap(classMap)).table)
  for (let i = 0; i < items.length; i += CROPS) {
    const { name, image, label } = items[i]!
    const { size } = await stat(image)
    hash.update(`${name}\n${size}\n${label === null ? 'none' : (await stat(label)).size}\n`)
  }
  return hash.digest('hex')
}

async function writeCrops(folder: string, split: Split, options: ResolvedCropOptions): Promise<number> {
  const { signal, onProgress } = options
  const images = join(folder, 'img', split.name)
  const labels = split.labeled > 0 ? join(folder, 'label', split.name) : null
  const there = new Set(await readdir(images).catch(() => []))
  let written = 0
  for (const [i, item] of split.items.entries()) {
    signal?.throwIfAborted()
    if (!there.has(`${i}.jpg`)) {
      const picture = await split.read(item)
      // The label first, so that an existing image always has its label.
      if (labels) await writeWhole(join(labels, `${i}.png`), await encodeLabel(picture))
      await writeWhole(join(images, `${i}.jpg`), await encodeImage(picture))
      written++
    }
    onProgress?.({ type: 'crop', split: split.name, done: i + 1, total: split.items.length })
  }
  return written
}

function encodeImage({ image: { data, width, height } }: Picture): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg(JPEG)
    .toBuffer()
}

/** Class plus one; all void for an unlabeled image in a labeled split. */
function encodeLabel({ image: { width, height }, label }: Picture): Promise<Buffer> {
  const data = label ? label.data.map((value) => (value + 1) & 255) : new Uint8Array(width * height)
  return encodeIndexPng({ data, width, height })
}
