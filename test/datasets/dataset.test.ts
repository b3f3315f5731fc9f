import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { namesOf } from '../../lib/datasets/class-names.js'
import { checkClasses, listSplits, openDataset } from '../../lib/datasets/dataset.js'
import type { ClassMap } from '../../lib/datasets/options.js'
import { fails, gradient, grayPng, grayPng16, picture, tree } from './tree.js'

/** Two images to train on, one with labels, and one to validate on. */
function own(t: ExecutionContext, more: Parameters<typeof tree>[1] = {}): Promise<string> {
  return tree(t, {
    'imgs/train/a.png': picture(4, 2, 1),
    'imgs/train/b.png': picture(4, 2, 2),
    'imgs/val/v.png': picture(4, 2, 3),
    'labels/train/b.png': grayPng(4, [0, 1, 2, 7, 8, 254, 255, 0]),
    ...more,
  })
}

test('auto takes a flat folder as the split train', async (t) => {
  const data = await tree(t, { 'a.png': picture(4, 2, 9) })
  const split = await openDataset({ data: pathToFileURL(data) })
  const { read, own, decode, ...facts } = split
  t.deepEqual(own, { unused: [], table: null, ignored: [] })
  t.is(decode.rule.range, 'auto')
  t.deepEqual(facts, {
    name: 'train',
    items: [{ name: 'a', image: join(data, 'a.png'), label: null }],
    labeled: 0,
    classes: null,
    classNames: null,
    palette: null,
  })
  const image = { data: gradient(4, 2, 9), width: 4, height: 2 }
  t.deepEqual(await read(split.items[0]!), { image, label: null, salience: null })
  t.deepEqual(await listSplits({ data }), ['train'])
})

test('directory refuses a flat folder', async (t) => {
  const data = await tree(t, { 'a.png': picture(4, 2) })
  for (const work of [
    openDataset({ data, dataset: 'directory' }),
    listSplits({ data, dataset: 'directory' }),
  ]) {
    await fails(t, work, 'ERR_STEGO_DATA_LAYOUT', /no imgs\/<split>\//, /"auto"/)
  }
})

for (const dataset of ['auto', 'directory'] as const) {
  test(`${dataset}: ids are classes, 255 is void, and the mask leaves class 0 out`, async (t) => {
    const data = await own(t, { 'classes.txt': 'sky\n\nsea\n' })
    const split = await openDataset({ data, dataset })
    t.deepEqual([split.labeled, split.classes, split.classNames], [1, null, ['sky', 'sea']])
    const pictures = await Promise.all(split.items.map(split.read))
    t.is(pictures[0]!.label, null)
    t.deepEqual([...pictures[1]!.label!.data], [0, 1, 2, 7, 8, 254, 255, 0])
    t.deepEqual([...pictures[1]!.salience!], [0, 1, 1, 1, 1, 1, 0, 0])
    t.deepEqual(await listSplits({ data, dataset }), ['train', 'val'])
  })
}

test('a class map gives own ids their classes', async (t) => {
  const data = await own(t, { 'map.yaml': '7: 0\n8: 1\n0: 1\nnames: [road, grass]\n' })
  for (const classMap of [{ 7: 0, 8: 1, 0: 1, names: ['road', 'grass'] }, join(data, 'map.yaml')]) {
    const split = await openDataset({ data, classMap })
    t.deepEqual([split.classes, split.classNames], [2, ['road', 'grass']])
    const { label, salience } = await split.read(split.items[1]!)
    t.deepEqual([...label!.data], [1, 255, 255, 0, 1, 255, 255, 1])
    t.deepEqual([...salience!], [1, 0, 0, 0, 1, 0, 0, 1])
  }
})

test('a class map names ids above 255, as 16-bit instance labels have them; without one they are void', async (t) => {
  const data = await tree(t, {
    'imgs/train/a.png': picture(4, 2),
    'labels/train/a.png': grayPng16(4, [1000, 1001, 2000, 3, 65535, 255, 256, 0]),
  })
  const read = async (classMap: ClassMap | null) => {
    const split = await openDataset({ data, classMap })
    return [...(await split.read(split.items[0]!)).label!.data]
  }
  t.deepEqual(
    await read({ 1000: 0, 1001: 0, 2000: 1, 65535: 2, 4000000000: 3 }),
    [0, 0, 1, 255, 2, 255, 255, 255],
  )
  t.deepEqual(await read(null), [255, 255, 255, 3, 255, 255, 255, 0])
})

test('a class map is for own data only', async (t) => {
  const work = openDataset({ data: await own(t), dataset: 'cityscapes', classMap: { 1: 1 } })
  await fails(t, work, 'ERR_STEGO_OPTION', /"cityscapes" defines its own classes/)
})

test('crops: five items of each image, cut as they are read', async (t) => {
  const data = await own(t)
  const split = await openDataset({ data, crops: 'five' })
  t.is(split.items.length, 10)
  t.is(split.labeled, 5)
  t.deepEqual(split.items.map(({ name }) => name).slice(4, 7), ['a_crop4', 'b_crop0', 'b_crop1'])
  const { image, label } = await split.read(split.items[6]!)
  t.deepEqual(image, { data: Uint8Array.of(2, 0, 2, 3, 0, 2), width: 2, height: 1 })
  t.deepEqual(label, { data: Uint8Array.of(2, 7), width: 2, height: 1 })
  t.is((await split.read(split.items[0]!)).label, null)
  const large = await openDataset({ data, crops: 'five', cropRatio: 0.75 })
  t.is((await large.read(large.items[0]!)).image.width, 3)
})

test('random crops of the second image differ from those of the first', async (t) => {
  const data = await tree(t, { 'a.png': picture(200, 100), 'b.png': picture(200, 100) })
  const split = await openDataset({ data, crops: 'random' })
  const corners: number[][] = []
  for (const item of split.items) corners.push([...(await split.read(item)).image.data.subarray(0, 2)])
  t.is(new Set(corners.map(String)).size, 10)
})

test('labels with more classes than there are clusters are refused, fewer are not', async (t) => {
  const data = await own(t)
  const split = await openDataset({ data, classMap: { 0: 0, 1: 1, 2: 2 } })
  t.notThrows(() => checkClasses(split, 3))
  t.notThrows(() => checkClasses(split, 8))
  t.throws(() => checkClasses(split, 2), {
    code: 'ERR_STEGO_OPTION',
    message: /have 3 classes, but classes is 2/,
  })
  const unlabeled = await openDataset({ data, classMap: { 0: 0, 1: 1, 2: 2 }, split: 'val' })
  t.notThrows(() => checkClasses(unlabeled, 2))
})

test('names count where they are as many as the classes', (t) => {
  t.deepEqual(namesOf({ classNames: ['a', 'b'] }, 2), ['a', 'b'])
  t.is(namesOf({ classNames: ['a', 'b'] }, 3), null)
  t.is(namesOf({ classNames: null }, 0), null)
})
