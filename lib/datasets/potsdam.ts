/**
 * Potsdam in the official layout (data.py Potsdam): lists of ids in `potsdam/*.txt`, `imgs/<id>.mat` with the
 * variable `img` (rows, columns, red, green, blue, infrared; the last is ignored) and `gt/<id>.mat` with
 * `gt`. An image without a gt file has no labels. Each of the three classes is a pair of the six fine ids.
 *
 * Fixed: fine ids above 5 are void; the official code maps them to class 0.
 */
import { join } from 'node:path'
import { StegoError } from '../errors.js'
import { type MatArray, readMat } from '../formats/mat.js'
import type { LabelMap, Pixels } from '../native/index.js'
import { isArrayOf } from '../values.js'
import { checkFiles, datasetFolder, exists, namesIn, readList } from './files.js'
import { labelTable, mapLabels, salienceOf, VOID } from './labels.js'
import { checkSplit, type Facts, type Item, type Picture, type Source } from './source.js'

const LISTS: Record<string, string[]> = {
  train: ['labelled_train.txt'],
  unlabelled_train: ['unlabelled_train.txt'],
  val: ['labelled_test.txt'],
  'train+val': ['labelled_train.txt', 'labelled_test.txt'],
  all: ['all.txt'],
}
const SPLITS = Object.keys(LISTS)

/** Class of each fine id. */
const CLASS_OF_FINE = [0, 1, 2, 2, 0, 1]
const TABLE = labelTable((id) => CLASS_OF_FINE[id])

/** The three classes. */
export const POTSDAM_FACTS: Facts = {
  classes: 3,
  classNames: ['roads and cars', 'buildings and clutter', 'trees and vegetation'],
  palette: 'pascal',
}

export const potsdamSource: Source = {
  async listSplits(data) {
    const root = await datasetFolder(data, 'potsdam', 'imgs')
    const there = await Promise.all(
      SPLITS.map(async (split) => {
        const found = await Promise.all(LISTS[split]!.map((list) => exists(join(root, list))))
        return found.every(Boolean)
      }),
    )
    return SPLITS.filter((_, index) => there[index])
  },
  async open(data, split) {
    const root = await datasetFolder(data, 'potsdam', 'imgs')
    checkSplit(split, SPLITS, root)
    const items: Item[] = []
    for (const list of LISTS[split]!) {
      const path = join(root, list)
      items.push(...(await listMats(root, await readList(path), path)))
    }
    return { ...POTSDAM_FACTS, items, read: readMats }
  },
}

/** The items with these ids. Each must have an image; those with a gt file are labeled. */
async function listMats(root: string, ids: string[], why: string): Promise<Item[]> {
  const images = join(root, 'imgs')
  const labels = join(root, 'gt')
  const files = ids.map((id) => `${id}.mat`)
  checkFiles(images, files, new Set(await namesIn(images, 'images <id>.mat')), why)
  const labeled = new Set((await exists(labels)) ? await namesIn(labels, 'label maps <id>.mat') : [])
  return ids.map((name, index) => {
    const file = files[index]!
    return { name, image: join(images, file), label: labeled.has(file) ? join(labels, file) : null }
  })
}

/** Reads an item stored as .mat files. */
async function readMats(item: Item): Promise<Picture> {
  const image = pixelsOf(await readMat(item.image, 'img'), item.image)
  if (item.label === null) return { image, label: null, salience: null }
  const label = mapLabels(idsOf(await readMat(item.label, 'gt'), item.label, image), TABLE)
  return { image, label, salience: salienceOf(label, 1) }
}

function pixelsOf({ shape, data }: MatArray, path: string): Pixels {
  const [height, width, channels] = shape as [number, number, number?]
  const whole = isArrayOf(data, 'Uint8Array') && shape.length === 3 && channels! >= 3 && height * width > 0
  if (!whole) {
    throw new StegoError(
      'ERR_STEGO_IMAGE',
      `the variable "img" of ${path} is ${shape.join(' x ')} (${data.constructor.name}), expected rows x columns x ` +
        '3 channels or more of 8 bits. Check that the file is an image of this data set.',
    )
  }
  const rgb = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = data[channels! * i + c] as number
  }
  return { data: rgb, width, height }
}

function idsOf({ shape, data }: MatArray, path: string, image: Pixels): LabelMap {
  const { width, height } = image
  if (shape.length !== 2 || shape[0] !== height || shape[1] !== width) {
    throw new StegoError(
      'ERR_STEGO_LABEL_SIZE',
      `the variable "gt" of ${path} is ${shape.join(' x ')}, but its image has ${height} rows and ${width} columns. ` +
        'Check that they match.',
    )
  }
  const ids = Uint8Array.from({ length: data.length }, (_, i) => {
    const id = Number(data[i])
    return Number.isInteger(id) && id >= 0 && id < VOID ? id : VOID
  })
  return { data: ids, width, height }
}

const RAW_SPLITS = ['train', 'val', 'all']
const IMAGES = 38
/** Patches per side of an image. */
const POTSDAM_GRID = 15

export const potsdamRawSource: Source = {
  async listSplits(data) {
    await datasetFolder(data, 'potsdamraw/processed', 'imgs')
    return RAW_SPLITS
  },
  async open(data, split) {
    const root = await datasetFolder(data, 'potsdamraw/processed', 'imgs')
    checkSplit(split, RAW_SPLITS, root)
    const ids = Array.from({ length: IMAGES * POTSDAM_GRID ** 2 }, (_, patch) => {
      const column = patch % POTSDAM_GRID
      const row = Math.floor(patch / POTSDAM_GRID) % POTSDAM_GRID
      return `${Math.floor(patch / POTSDAM_GRID ** 2)}_${row}_${column}`
    })
    const why = `the grid of ${IMAGES} x ${POTSDAM_GRID} x ${POTSDAM_GRID} patches`
    return { ...POTSDAM_FACTS, items: await listMats(root, ids, why), read: readMats }
  },
}
