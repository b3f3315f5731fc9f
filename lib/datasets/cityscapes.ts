/**
 * Cityscapes with fine annotations (data.py CityscapesSeg):
 * `cityscapes/leftImg8bit/<split>/<city>/*_leftImg8bit.png` and
 * `gtFine/<split>/<city>/*_gtFine_labelIds.png`, 27 classes: the label ids from 7 on. Cities and images are
 * sorted by name; torchvision keeps the order of the file system.
 *
 * Fixed: the salience mask is 1 where there is a class; the official one is inverted.
 */
import { join } from 'node:path'
import { StegoError } from '../errors.js'
import { checkFiles, datasetFolder, namesIn } from './files.js'
import { labelTable } from './labels.js'
import { checkSplit, type Facts, type Item, pictureReader, type Source } from './source.js'

const SPLITS = ['train', 'val', 'test']
const FIRST_CLASS = 7
const IMAGE_END = '_leftImg8bit.png'
const LABEL_END = '_gtFine_labelIds.png'

const CLASS_NAMES = [
  'road',
  'sidewalk',
  'parking',
  'rail track',
  'building',
  'wall',
  'fence',
  'guard rail',
  'bridge',
  'tunnel',
  'pole',
  'polegroup',
  'traffic light',
  'traffic sign',
  'vegetation',
  'terrain',
  'sky',
  'person',
  'rider',
  'car',
  'truck',
  'bus',
  'caravan',
  'trailer',
  'train',
  'motorcycle',
  'bicycle',
]

/** The 27 classes. */
export const CITYSCAPES_FACTS: Facts = {
  classes: CLASS_NAMES.length,
  classNames: CLASS_NAMES,
  palette: 'cityscapes',
}

const TABLE = labelTable((id) => {
  const label = id - FIRST_CLASS
  return label >= 0 && label < CLASS_NAMES.length ? label : null
})

export const cityscapesSource: Source = {
  async listSplits(data) {
    const root = await datasetFolder(data, 'cityscapes', 'leftImg8bit')
    const there = await namesIn(join(root, 'leftImg8bit'), 'one folder per split')
    return SPLITS.filter((split) => there.includes(split))
  },
  async open(data, split) {
    const root = await datasetFolder(data, 'cityscapes', 'leftImg8bit')
    checkSplit(split, SPLITS, root)
    const folder = join(root, 'leftImg8bit', split)
    const items: Item[] = []
    for (const city of await namesIn(folder, 'one folder per city')) {
      items.push(...(await listCity(join(folder, city), join(root, 'gtFine', split, city))))
    }
    if (items.length === 0) {
      throw new StegoError(
        'ERR_STEGO_DATA_EMPTY',
        `there are no images in ${folder}: expected <city>/*${IMAGE_END}. Unpack leftImg8bit_trainvaltest.zip there.`,
      )
    }
    return { ...CITYSCAPES_FACTS, items, read: pictureReader({ table: TABLE, salientFrom: 0 }) }
  },
}

async function listCity(images: string, labels: string): Promise<Item[]> {
  const files = (await namesIn(images, `images *${IMAGE_END}`)).filter((file) => file.endsWith(IMAGE_END))
  if (files.length === 0) return []
  const names = files.map((file) => file.slice(0, -IMAGE_END.length))
  const labelOf = (name: string) => `${name}${LABEL_END}`
  const found = new Set(await namesIn(labels, `label maps *${LABEL_END}`))
  checkFiles(labels, names.map(labelOf), found, images)
  return names.map((name) => ({
    name,
    image: join(images, `${name}${IMAGE_END}`),
    label: join(labels, labelOf(name)),
  }))
}
