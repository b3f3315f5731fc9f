import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { listSplits, openDataset } from '../../lib/datasets/dataset.js'
import { fails, grayPng, picture, tree } from './tree.js'

const EVERY_ID = Array.from({ length: 256 }, (_, id) => id)

/** Two cities to train on, one to validate on; every stored value once in each label map. */
function cityscapes(t: ExecutionContext): Promise<string> {
  const names = {
    train: ['bremen_000001_000019', 'aachen_000002_000019', 'aachen_000001_000019'],
    val: ['lindau_000000_000019'],
  }
  const files: Parameters<typeof tree>[1] = {}
  for (const [split, scenes] of Object.entries(names)) {
    for (const scene of scenes) {
      const city = scene.split('_')[0]
      files[`cityscapes/leftImg8bit/${split}/${city}/${scene}_leftImg8bit.png`] = picture(16, 16)
      files[`cityscapes/gtFine/${split}/${city}/${scene}_gtFine_labelIds.png`] = grayPng(16, EVERY_ID)
      files[`cityscapes/gtFine/${split}/${city}/${scene}_gtFine_color.png`] = picture(16, 16)
      files[`cityscapes/gtFine/${split}/${city}/${scene}_gtFine_polygons.json`] = '{}'
    }
  }
  return tree(t, files)
}

test('cities and scenes by name', async (t) => {
  const data = await cityscapes(t)
  const { items, labeled } = await openDataset({ data, dataset: 'cityscapes' })
  const names = ['aachen_000001_000019', 'aachen_000002_000019', 'bremen_000001_000019']
  t.deepEqual(
    items.map(({ name }) => name),
    names,
  )
  t.is(labeled, 3)
  t.deepEqual(await listSplits({ data, dataset: 'cityscapes' }), ['train', 'val'])
})

test('label ids 7 to 33 are the classes, all else is void, and the mask is where there is a class', async (t) => {
  const data = join(await cityscapes(t), 'cityscapes')
  const split = await openDataset({ data, dataset: 'cityscapes', split: 'val' })
  t.deepEqual([split.classes, split.palette, split.classNames!.length], [27, 'cityscapes', 27])
  const { label, salience } = await split.read(split.items[0]!)
  const expected = EVERY_ID.map((id) => (id >= 7 && id <= 33 ? id - 7 : 255))
  t.deepEqual([...label!.data], expected)
  t.deepEqual(
    [...salience!],
    expected.map((value) => (value < 27 ? 1 : 0)),
  )
  const named = Object.fromEntries(split.classNames!.map((name, index) => [name, index + 7]))
  t.like(named, { road: 7, building: 11, 'traffic light': 19, sky: 23, person: 24, car: 26, bicycle: 33 })
})

test('what is missing is named by its path', async (t) => {
  const data = await cityscapes(t)
  const open = (split: string) => openDataset({ data, dataset: 'cityscapes', split })
  const label = 'cityscapes/gtFine/train/aachen/aachen_000002_000019_gtFine_labelIds.png'
  await rm(join(data, label))
  await fails(
    t,
    open('train'),
    'ERR_STEGO_DATA_MISSING',
    /aachen_000002_000019_gtFine_labelIds\.png does not exist/,
  )
  await rm(join(data, 'cityscapes/gtFine/val'), { recursive: true })
  await fails(
    t,
    open('val'),
    'ERR_STEGO_DATA_MISSING',
    /gtFine.val.lindau cannot be read/,
    /_gtFine_labelIds\.png/,
  )
  await fails(t, open('test'), 'ERR_STEGO_DATA_MISSING', /leftImg8bit.test cannot be read/)
  await fails(t, open('train_extra'), 'ERR_STEGO_DATA_MISSING', /train, val, test/, /Did you mean "train"/)
  const elsewhere = openDataset({ data: join(data, 'cityscapes/gtFine'), dataset: 'cityscapes' })
  await fails(t, elsewhere, 'ERR_STEGO_DATA_MISSING', /leftImg8bit/)
  const empty = await tree(t, { 'leftImg8bit/train/aachen/readme.txt': '' })
  const none = openDataset({ data: empty, dataset: 'cityscapes' })
  await fails(t, none, 'ERR_STEGO_DATA_EMPTY', /leftImg8bit.train/, /<city>/)
})
