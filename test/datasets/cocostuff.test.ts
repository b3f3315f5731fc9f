import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { COCO_GROUPS } from '../../lib/datasets/coco-classes.js'
import { listSplits, openDataset } from '../../lib/datasets/dataset.js'
import { fails, grayPng, picture, tree } from './tree.js'

/** Fine classes of each group, 27 lines (data.py Coco). */
const FINE_OF_GROUP = [
  [71, 72, 73, 74, 75, 76],
  [77, 78, 79, 80, 81, 82],
  [51, 52, 53, 54, 55, 56, 57, 58, 59, 60],
  [61, 62, 63, 64, 65, 66, 67, 68, 69, 70],
  [83, 84, 85, 86, 87, 88, 89, 90],
  [43, 44, 45, 46, 47, 48, 49, 50],
  [25, 26, 27, 28, 29, 30, 31, 32],
  [15, 16, 17, 18, 19, 20, 21, 22, 23, 24],
  [9, 10, 11, 12, 13, 14],
  [0],
  [33, 34, 35, 36, 37, 38, 39, 40, 41, 42],
  [1, 2, 3, 4, 5, 6, 7, 8],
  [101, 102],
  [100, 113, 114, 115, 116, 117],
  [120, 121, 152, 169],
  [97, 106, 107, 109, 111, 122, 129, 132, 155, 160, 164],
  [99, 131, 138, 142],
  [91, 92, 103, 104, 108, 130, 136, 140, 151, 166, 167],
  [170, 171, 172, 173, 174, 175, 176],
  [179, 180],
  [94, 95, 127, 150, 157, 165],
  [110, 124, 125, 135, 139, 143, 144, 146, 148, 153, 158],
  [93, 96, 118, 123, 128, 133, 141, 162, 168],
  [105, 156],
  [126, 134, 149, 159, 161, 181],
  [98, 112, 137, 145, 163],
  [119, 147, 154, 177, 178],
]

const ALL = 'Coco164kFull_Stuff_Coarse.txt'
const SEVENTH = 'Coco164kFull_Stuff_Coarse_7.txt'
const SIXTH = 'Coco164kFew_Stuff_6.txt'

/** Every stored value once: 16 x 16. */
const EVERY_ID = Array.from({ length: 256 }, (_, id) => id)

/** A COCO of two training images and one for validation, with lists that differ. */
function coco(t: ExecutionContext): Promise<string> {
  const id = (number: number) => String(number).padStart(12, '0')
  const files: Parameters<typeof tree>[1] = {
    [`curated/train2017/${ALL}`]: `${id(9)}\n${id(3)}\n`,
    [`curated/train2017/${SEVENTH}`]: `${id(3)}\n`,
    [`curated/train2017/${SIXTH}`]: `${id(9)}\r\n\n`,
    [`curated/val2017/${ALL}`]: `${id(7)}\n${id(8)}`,
    [`curated/val2017/${SEVENTH}`]: `${id(8)}\n`,
    [`curated/val2017/${SIXTH}`]: `${id(7)}\n`,
  }
  for (const [folder, numbers] of Object.entries({ train2017: [3, 9], val2017: [7, 8] })) {
    for (const number of numbers) {
      files[`images/${folder}/${id(number)}.jpg`] = picture(16, 16, number, 'jpeg')
      files[`annotations/${folder}/${id(number)}.png`] = grayPng(16, EVERY_ID)
    }
  }
  return tree(t, Object.fromEntries(Object.entries(files).map(([name, file]) => [`cocostuff/${name}`, file])))
}

const names = (split: { items: { name: string }[] }) => split.items.map(({ name }) => Number(name))

test('the map of 182 fine classes to 27 groups', (t) => {
  t.is(COCO_GROUPS.length, 182)
  t.deepEqual(
    FINE_OF_GROUP.map((_, group) => COCO_GROUPS.flatMap((of, fine) => (of === group ? [fine] : []))),
    FINE_OF_GROUP,
  )
})

test('lists: all images to train on, subset 7 to validate on, subset 6 for three classes', async (t) => {
  const data = await coco(t)
  const list = async (dataset: 'cocostuff27' | 'cocostuff15' | 'cocostuff3', split: string) =>
    names(await openDataset({ data, dataset, split }))
  t.deepEqual(await list('cocostuff27', 'train'), [9, 3])
  t.deepEqual(await list('cocostuff27', 'val'), [8])
  t.deepEqual(await list('cocostuff27', 'train+val'), [9, 3, 7, 8])
  t.deepEqual(await list('cocostuff15', 'train+val'), [3, 8])
  t.deepEqual(await list('cocostuff3', 'train+val'), [9, 7])
  t.deepEqual(await listSplits({ data, dataset: 'cocostuff27' }), ['train', 'val', 'train+val'])
})

test('cocostuff27: every stored id', async (t) => {
  const data = await coco(t)
  // The dataset's own folder does as well as the folder it is in.
  const split = await openDataset({ data: join(data, 'cocostuff'), dataset: 'cocostuff27', split: 'val' })
  t.deepEqual([split.classes, split.palette, split.labeled], [27, 'pascal', 1])
  t.is(new Set(split.classNames).size, 27)
  t.deepEqual(
    [0, 2, 14, 3, 15, 26].map((i) => split.classNames![i]),
    ['electronic', 'food (thing)', 'food (stuff)', 'furniture (thing)', 'furniture (stuff)', 'water'],
  )
  const { image, label, salience } = await split.read(split.items[0]!)
  t.deepEqual([image.width, image.height, image.data.length], [16, 16, 768])
  const groupOf = (id: number) => FINE_OF_GROUP.findIndex((fine) => fine.includes(id))
  const expected = EVERY_ID.map((id) => (groupOf(id) < 0 ? 255 : groupOf(id)))
  t.deepEqual([...label!.data], expected)
  t.deepEqual(
    [...salience!],
    expected.map((value) => (value === 255 ? 0 : 1)),
  )
})

test('cocostuff15: stuff alone, from ceiling to water; things are void', async (t) => {
  const split = await openDataset({ data: await coco(t), dataset: 'cocostuff15', split: 'val' })
  t.deepEqual([split.classes, split.classNames![0], split.classNames![14]], [15, 'ceiling', 'water'])
  const { label, salience } = await split.read(split.items[0]!)
  const groupOf = (id: number) => FINE_OF_GROUP.findIndex((fine) => fine.includes(id))
  const expected = EVERY_ID.map((id) => (groupOf(id) >= 12 ? groupOf(id) - 12 : 255))
  t.deepEqual([...label!.data], expected)
  t.is(
    salience!.reduce((sum, value) => sum + value, 0),
    91,
  )
})

test('cocostuff3: sky, plant, ground', async (t) => {
  const split = await openDataset({ data: await coco(t), dataset: 'cocostuff3' })
  t.deepEqual([split.classes, split.classNames], [3, ['sky', 'plant', 'ground']])
  const { label } = await split.read(split.items[0]!)
  for (const [id, value] of label!.data.entries()) {
    const group = [23, 22, 21].findIndex((kept) => FINE_OF_GROUP[kept]!.includes(id))
    t.is(value, group < 0 ? 255 : group, `id ${id}`)
  }
})

test('what is missing is named by its path', async (t) => {
  const data = await coco(t)
  const open = (split: string) => openDataset({ data, dataset: 'cocostuff27', split })
  const image = '000000000008.jpg'
  await rm(join(data, 'cocostuff/annotations/val2017/000000000007.png'))
  await fails(
    t,
    open('train+val'),
    'ERR_STEGO_DATA_MISSING',
    /annotations.val2017.000000000007\.png does not exist/,
  )
  await rm(join(data, 'cocostuff/images/val2017', image))
  await fails(t, open('val'), 'ERR_STEGO_DATA_MISSING', /images.val2017.000000000008\.jpg/, /Coarse_7\.txt/)
  await rm(join(data, 'cocostuff/annotations/train2017'), { recursive: true })
  await fails(t, open('train'), 'ERR_STEGO_DATA_MISSING', /the folder .*annotations.train2017 cannot be read/)
  await rm(join(data, 'cocostuff/curated/train2017', ALL))
  await fails(
    t,
    open('train'),
    'ERR_STEGO_DATA_MISSING',
    /the list .*curated.train2017.Coco164kFull_Stuff_Coarse\.txt/,
  )
  t.deepEqual(await listSplits({ data, dataset: 'cocostuff27' }), ['val'])
  await fails(t, open('test'), 'ERR_STEGO_DATA_MISSING', /train, val, train\+val/)
  const here = fileURLToPath(new URL('.', import.meta.url))
  const wrong = openDataset({ data: here, dataset: 'cocostuff27' })
  await fails(t, wrong, 'ERR_STEGO_DATA_MISSING', /cocostuff.curated, nor .*curated/)
})
