/**
 * Crops written by `stego crop` or by the official crop_datasets.py (data.py CroppedDataset):
 * `cropped/<dataset>_<five|random>_crop_<ratio>/img/<split>/<i>.jpg`, i = 0, 1, ..., and
 * `label/<split>/<i>.png` whose values are the class plus one, 0 for void.
 *
 * Fixed: the salience mask is 1 where there is a class; the official one is inverted.
 */
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { StegoError } from '../errors.js'
import { CITYSCAPES_FACTS } from './cityscapes.js'
import { readClassNames } from './class-names.js'
import { type CocoName, cocoFacts } from './cocostuff.js'
import { checkFiles, exists, namesIn } from './files.js'
import { labelTable } from './labels.js'
import { CROP_KINDS } from './options.js'
import { POTSDAM_FACTS } from './potsdam.js'
import { checkSplit, type Facts, type Item, pictureReader, type Source } from './source.js'

const FOLDER_NAME = /^(.+)_(five|random)_crop_[\d.]+$/
const NUMBERED = /^\d+\.jpg$/
const TABLE = labelTable((stored) => (stored === 0 ? null : stored - 1))

export const croppedSource: Source = {
  async listSplits(data) {
    return namesIn(join(await cropFolder(data), 'img'), 'one folder per split')
  },
  async open(data, split) {
    const folder = await cropFolder(data)
    checkSplit(split, await namesIn(join(folder, 'img'), 'one folder per split'), folder)
    const items = await listCrops(folder, split)
    return {
      ...(await factsOf(folder)),
      items,
      read: pictureReader({ table: TABLE, salientFrom: 0 }),
    }
  },
}

/** The only folder of crops at a path: the path itself, or a folder in it or in its `cropped/`. */
async function cropFolder(data: string): Promise<string> {
  if (await exists(join(data, 'img'))) return data
  const parent = (await exists(join(data, 'cropped'))) ? join(data, 'cropped') : data
  const names = (await namesIn(parent, 'folders of crops')).filter((name) => FOLDER_NAME.test(name))
  if (names.length === 1) return join(parent, names[0]!)
  throw new StegoError(
    'ERR_STEGO_DATA_MISSING',
    names.length === 0
      ? `there are no crops in ${parent}: expected <dataset>_<five|random>_crop_<ratio>/img/<split>/. ` +
          'Create them with stego crop.'
      : `${parent} contains ${names.length} crop folders: ${names.join(', ')}. Pass one of them as \`data\`.`,
  )
}

async function listCrops(folder: string, split: string): Promise<Item[]> {
  const images = join(folder, 'img', split)
  const labels = join(folder, 'label', split)
  const files = new Set(
    (await namesIn(images, 'crops 0.jpg, 1.jpg, ...')).filter((file) => NUMBERED.test(file)),
  )
  if (files.size === 0) {
    throw new StegoError(
      'ERR_STEGO_DATA_EMPTY',
      `there are no crops in ${images}: expected 0.jpg, 1.jpg, ... Write them with stego crop.`,
    )
  }
  const whole = (await readCropRecord(folder))?.splits[split]?.crops ?? files.size
  const numbers = Array.from({ length: whole }, (_, i) => i)
  const why =
    whole === files.size
      ? 'the numbering from 0'
      : `the record ${CROP_RECORD_FILE} (run stego crop again to resume)`
  checkFiles(
    images,
    numbers.map((i) => `${i}.jpg`),
    files,
    why,
  )
  const labeled = await exists(labels)
  if (labeled) {
    const found = new Set(await namesIn(labels, 'label maps 0.png, 1.png, ...'))
    checkFiles(
      labels,
      numbers.map((i) => `${i}.png`),
      found,
      images,
    )
  }
  return numbers.map((i) => ({
    name: String(i),
    image: join(images, `${i}.jpg`),
    label: labeled ? join(labels, `${i}.png`) : null,
  }))
}

/**
 * Classes of the dataset named by the record or by the folder's name; otherwise those of its `classes.txt`.
 */
async function factsOf(folder: string): Promise<Facts> {
  const record = await readCropRecord(folder)
  const dataset = record?.dataset ?? FOLDER_NAME.exec(basename(folder))?.[1] ?? ''
  if (['cocostuff27', 'cocostuff15', 'cocostuff3'].includes(dataset)) return cocoFacts(dataset as CocoName)
  if (dataset === 'cityscapes') return CITYSCAPES_FACTS
  if (dataset === 'potsdam' || dataset === 'potsdamraw') return POTSDAM_FACTS
  const classNames = await readClassNames(folder)
  return { classes: null, classNames, palette: null }
}

/** File name of the record. */
export const CROP_RECORD_FILE = 'crops.json'

const recordSchema = z.object({
  format: z.literal(1),
  dataset: z.string(),
  crops: z.enum(CROP_KINDS),
  cropRatio: z.number(),
  splits: z.record(
    z.string(),
    z.object({
      /** Hash of the names, sizes and label maps of the images. */
      pictures: z.string(),
      /** Number of crops when all are written. */
      crops: z.int().min(0),
    }),
  ),
})

export type CropRecord = z.infer<typeof recordSchema>

/** The record of a folder of crops; null if it has none, like those from the official code. */
export async function readCropRecord(folder: string): Promise<CropRecord | null> {
  const path = join(folder, CROP_RECORD_FILE)
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return recordSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new StegoError(
      'ERR_STEGO_DATA_LAYOUT',
      `this version of stego cannot read the record ${path}. Remove the file, or crop into another folder.`,
      { cause },
    )
  }
}
