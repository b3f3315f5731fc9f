/**
 * COCO-Stuff in the official layout (data.py Coco): `cocostuff/curated/<train2017|val2017>/<list>.txt` names
 * the images, `images/<folder>/<id>.jpg` and `annotations/<folder>/<id>.png` are the images and their fine
 * ids.
 *
 * Fixed: fine ids that do not exist (182 to 254) are void; the official code maps them to class 0.
 */
import { join } from 'node:path'
import { COCO_GROUP_NAMES, COCO_GROUPS, COCO3_GROUPS, FIRST_STUFF_GROUP } from './coco-classes.js'
import { checkFiles, datasetFolder, exists, namesIn, readList } from './files.js'
import { labelTable } from './labels.js'
import { checkSplit, type Facts, type Item, pictureReader, type Source } from './source.js'

export type CocoName = 'cocostuff27' | 'cocostuff15' | 'cocostuff3'

const FOLDERS: Record<string, string[]> = {
  train: ['train2017'],
  val: ['val2017'],
  'train+val': ['train2017', 'val2017'],
}
const SPLITS = Object.keys(FOLDERS)

const ALL_IMAGES = 'Coco164kFull_Stuff_Coarse.txt'
const SEVENTH_SUBSET = 'Coco164kFull_Stuff_Coarse_7.txt'
const SIXTH_SUBSET = 'Coco164kFew_Stuff_6.txt'

interface Variant {
  list(split: string): string
  /** Class of a group, null for void. */
  classOf(group: number): number | null
  names: readonly string[]
}

const VARIANTS: Record<CocoName, Variant> = {
  cocostuff27: {
    list: (split) => (split === 'val' ? SEVENTH_SUBSET : ALL_IMAGES),
    classOf: (group) => group,
    names: COCO_GROUP_NAMES,
  },
  cocostuff15: {
    list: () => SEVENTH_SUBSET,
    classOf: (group) => (group < FIRST_STUFF_GROUP ? null : group - FIRST_STUFF_GROUP),
    names: COCO_GROUP_NAMES.slice(FIRST_STUFF_GROUP),
  },
  cocostuff3: {
    list: () => SIXTH_SUBSET,
    classOf: (group) => (COCO3_GROUPS.includes(group) ? COCO3_GROUPS.indexOf(group) : null),
    names: COCO3_GROUPS.map((group) => COCO_GROUP_NAMES[group]!),
  },
}

/** Classes of a variant. */
export function cocoFacts(name: CocoName): Facts {
  const { names } = VARIANTS[name]
  return { classes: names.length, classNames: [...names], palette: 'pascal' }
}

/** Source of a variant. All three share images and annotations but have different lists and classes. */
export function cocoSource(name: CocoName): Source {
  const { list, classOf } = VARIANTS[name]
  const table = labelTable((id) => {
    const group = COCO_GROUPS[id]
    return group === undefined ? null : classOf(group)
  })
  const lists = (root: string, split: string) =>
    FOLDERS[split]!.map((folder) => ({ folder, path: join(root, 'curated', folder, list(split)) }))

  return {
    async listSplits(data) {
      const root = await datasetFolder(data, 'cocostuff', 'curated')
      const there = await Promise.all(
        SPLITS.map(async (split) => {
          const found = await Promise.all(lists(root, split).map(({ path }) => exists(path)))
          return found.every(Boolean)
        }),
      )
      return SPLITS.filter((_, index) => there[index])
    },
    async open(data, split) {
      const root = await datasetFolder(data, 'cocostuff', 'curated')
      checkSplit(split, SPLITS, root)
      const items: Item[] = []
      for (const { folder, path } of lists(root, split)) items.push(...(await listImages(root, folder, path)))
      return { ...cocoFacts(name), items, read: pictureReader({ table, salientFrom: 0 }) }
    },
  }
}

async function listImages(root: string, folder: string, list: string): Promise<Item[]> {
  const ids = await readList(list)
  const images = join(root, 'images', folder)
  const labels = join(root, 'annotations', folder)
  const named = (extension: string) => ids.map((id) => `${id}.${extension}`)
  checkFiles(images, named('jpg'), new Set(await namesIn(images, 'images <id>.jpg')), list)
  checkFiles(labels, named('png'), new Set(await namesIn(labels, 'label maps <id>.png')), list)
  return ids.map((id) => ({
    name: id,
    image: join(images, `${id}.jpg`),
    label: join(labels, `${id}.png`),
  }))
}
