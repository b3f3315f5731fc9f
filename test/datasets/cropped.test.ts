import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { listSplits, openDataset } from '../../lib/datasets/dataset.js'
import { fails, grayPng, picture, tree } from './tree.js'

const FOLDER = 'cropped/cityscapes_five_crop_0.5'

/** Eleven crops as the official script leaves them; crop i is void but for one pixel of class i. */
function crops(t: ExecutionContext): Promise<string> {
  const files: Parameters<typeof tree>[1] = {}
  for (let i = 0; i < 11; i++) {
    files[`${FOLDER}/img/train/${i}.jpg`] = picture(4, 2, i, 'jpeg')
    files[`${FOLDER}/label/train/${i}.png`] = grayPng(4, [0, 0, 0, 0, i + 1, 0, 0, 27])
  }
  return tree(t, files)
}

test('crops come by number, labels are stored with one added', async (t) => {
  const root = await crops(t)
  for (const data of [root, join(root, 'cropped'), join(root, FOLDER)]) {
    const split = await openDataset({ data, dataset: 'cropped' })
    t.deepEqual([split.classes, split.palette, split.labeled], [27, 'cityscapes', 11])
    t.deepEqual(
      split.items.map(({ name }) => Number(name)),
      [...Array(11).keys()],
    )
    const { label, salience } = await split.read(split.items[10]!)
    t.deepEqual([...label!.data], [255, 255, 255, 255, 10, 255, 255, 26])
    t.deepEqual([...salience!], [0, 0, 0, 0, 1, 0, 0, 1])
  }
  t.deepEqual(await listSplits({ data: root, dataset: 'cropped' }), ['train'])
})

test('the folder name tells the classes, or classes.txt does', async (t) => {
  const root = await crops(t)
  const open = async (name: string) => {
    await rename(join(root, 'cropped', last), join(root, 'cropped', name))
    last = name
    return openDataset({ data: root, dataset: 'cropped' })
  }
  let last = 'cityscapes_five_crop_0.5'
  const coco = await open('cocostuff27_random_crop_0.7')
  t.deepEqual([coco.classes, coco.palette, coco.classNames![26]], [27, 'pascal', 'water'])
  t.is((await open('potsdam_five_crop_0.5')).classes, 3)
  const own = await open('photos_five_crop_0.5')
  t.deepEqual([own.classes, own.classNames, own.palette], [null, null, null])
  await writeFile(join(root, 'cropped', last, 'classes.txt'), 'sky\nsea\n')
  t.deepEqual((await openDataset({ data: root, dataset: 'cropped' })).classNames, ['sky', 'sea'])
})

test('crops without a label folder are unlabeled', async (t) => {
  const root = await crops(t)
  await rm(join(root, FOLDER, 'label'), { recursive: true })
  const split = await openDataset({ data: root, dataset: 'cropped' })
  t.is(split.labeled, 0)
  t.is((await split.read(split.items[0]!)).label, null)
})

test('gaps, missing labels and unclear folders', async (t) => {
  const root = await crops(t)
  const open = (split = 'train') => openDataset({ data: root, dataset: 'cropped', split })
  const code = 'ERR_STEGO_DATA_MISSING'
  await fails(t, open('val'), code, /no split "val"/, /train/)
  await rm(join(root, FOLDER, 'label/train/3.png'))
  await fails(t, open(), code, /label.train.3\.png does not exist/)
  await rm(join(root, FOLDER, 'img/train/4.jpg'))
  await fails(t, open(), code, /img.train.4\.jpg does not exist/, /numbering from 0/)
  await mkdir(join(root, 'cropped/potsdam_five_crop_0.5/img/train'), { recursive: true })
  await fails(t, open(), code, /2 crop folders: cityscapes_five_crop_0\.5, potsdam_five_crop_0\.5/)
  const empty = openDataset({ data: join(root, 'cropped/potsdam_five_crop_0.5'), dataset: 'cropped' })
  await fails(t, empty, 'ERR_STEGO_DATA_EMPTY', /img.train/, /stego crop/)
  const none = openDataset({ data: await tree(t, { 'a.txt': '' }), dataset: 'cropped' })
  await fails(t, none, code, /there are no crops/, /stego crop/)
})
