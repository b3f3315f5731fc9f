import { link, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { listSplits, openDataset } from '../../lib/datasets/dataset.js'
import { compressed, imageFile, MI, MX, matFile, matrix } from '../formats/mat-writer.js'
import { fails, tree } from './tree.js'

const ROWS = 4
const COLUMNS = 6
/** Red, green, blue and infrared of a patch: the row, the column, a number of the patch's own, noise. */
const image = (number: number) =>
  imageFile('img', [ROWS, COLUMNS, 4], (y, x, c) => [y, x, number, 200 + y][c]!)
/** The fine ids 0 to 7 and the void value, in turn. */
const fineAt = (y: number, x: number) => [0, 1, 2, 3, 4, 5, 6, 7, 255][(y * COLUMNS + x) % 9]!
const labels = () => imageFile('gt', [ROWS, COLUMNS], fineAt)

function potsdam(t: ExecutionContext): Promise<string> {
  return tree(t, {
    'potsdam/labelled_train.txt': '5_0_1\n3_2_2\n',
    'potsdam/unlabelled_train.txt': '9_9_9\n',
    'potsdam/labelled_test.txt': '7_1_0\n',
    'potsdam/imgs/5_0_1.mat': image(5),
    'potsdam/imgs/3_2_2.mat': image(3),
    'potsdam/imgs/9_9_9.mat': image(9),
    'potsdam/imgs/7_1_0.mat': image(7),
    'potsdam/gt/5_0_1.mat': labels(),
    'potsdam/gt/3_2_2.mat': labels(),
    'potsdam/gt/7_1_0.mat': labels(),
  })
}

const names = (split: { items: { name: string }[] }) => split.items.map(({ name }) => name)

test('splits are lists of ids; what has no gt file has no labels', async (t) => {
  const data = await potsdam(t)
  const open = (split: string) => openDataset({ data, dataset: 'potsdam', split })
  t.deepEqual(names(await open('train')), ['5_0_1', '3_2_2'])
  t.deepEqual(names(await open('val')), ['7_1_0'])
  t.deepEqual(names(await open('train+val')), ['5_0_1', '3_2_2', '7_1_0'])
  const unlabeled = await open('unlabelled_train')
  t.is(unlabeled.labeled, 0)
  const { label, salience } = await unlabeled.read(unlabeled.items[0]!)
  t.deepEqual([label, salience], [null, null])
  const there = ['train', 'unlabelled_train', 'val', 'train+val']
  t.deepEqual(await listSplits({ data, dataset: 'potsdam' }), there)
  await fails(t, open('all'), 'ERR_STEGO_DATA_MISSING', /potsdam.all\.txt/)
})

test('three of four channels, three classes of six ids; ids beyond are void', async (t) => {
  const data = join(await potsdam(t), 'potsdam')
  const split = await openDataset({ data, dataset: 'potsdam' })
  t.deepEqual([split.classes, split.palette, split.labeled], [3, 'pascal', 2])
  t.is(split.classNames![2], 'trees and vegetation')
  const { image, label, salience } = await split.read(split.items[0]!)
  t.deepEqual([image.width, image.height], [COLUMNS, ROWS])
  const places = Array.from(
    { length: ROWS * COLUMNS },
    (_, i) => [Math.floor(i / COLUMNS), i % COLUMNS] as const,
  )
  t.deepEqual(
    [...image.data],
    places.flatMap(([y, x]) => [y, x, 5]),
  )
  const classOf = (fine: number) => [0, 1, 2, 2, 0, 1][fine] ?? 255
  const expected = places.map(([y, x]) => classOf(fineAt(y, x)))
  t.deepEqual([...label!.data], expected)
  t.deepEqual(
    [...salience!],
    expected.map((value) => (value === 1 || value === 2 ? 1 : 0)),
  )
})

test('missing images, and files of another shape or kind', async (t) => {
  const data = await potsdam(t)
  const at = (file: string) => join(data, 'potsdam', file)
  const split = await openDataset({ data, dataset: 'potsdam' })
  const read = () => split.read(split.items[0]!)
  const write = (file: string, bytes: Buffer) => writeFile(at(file), bytes)
  const wide = imageFile('gt', [ROWS, COLUMNS + 1], fineAt)
  await write('gt/5_0_1.mat', wide)
  await fails(t, read(), 'ERR_STEGO_LABEL_SIZE', /"gt" of .*5_0_1\.mat is 4 x 7/, /4 rows and 6 columns/)
  await write('gt/5_0_1.mat', image(1))
  await fails(t, read(), 'ERR_STEGO_DATA_MISSING', /variable "gt" in .*, but it contains: img/)
  await write('imgs/5_0_1.mat', imageFile('img', [ROWS, COLUMNS], fineAt))
  await fails(t, read(), 'ERR_STEGO_IMAGE', /"img" of .*5_0_1\.mat is 4 x 6/, /3 channels or more/)
  const parts = { name: 'img', class: MX.double, shape: [1, 1, 3], type: MI.double, values: [0, 0.5, 1] }
  await write('imgs/5_0_1.mat', matFile([compressed(matrix(parts, 'little'), 'little')]))
  await fails(t, read(), 'ERR_STEGO_IMAGE', /Float64Array/, /8 bits/)
  await rm(at('imgs/5_0_1.mat'))
  const again = openDataset({ data, dataset: 'potsdam' })
  await fails(t, again, 'ERR_STEGO_DATA_MISSING', /imgs.5_0_1\.mat does not exist/, /labelled_train\.txt/)
})

test('labels may be stored as other numbers', async (t) => {
  const data = await potsdam(t)
  const parts = { name: 'gt', shape: [ROWS, COLUMNS], values: Array(ROWS * COLUMNS).fill(3) }
  const split = await openDataset({ data, dataset: 'potsdam' })
  for (const [kind, values, expected] of [
    ['double', parts.values, 2],
    ['double', Array(ROWS * COLUMNS).fill(2.5), 255],
    ['int64', parts.values, 2],
    ['int32', Array(ROWS * COLUMNS).fill(-1), 255],
  ] as const) {
    const file = matFile([matrix({ ...parts, values, class: MX[kind], type: MI[kind] }, 'little')])
    await writeFile(join(data, 'potsdam/gt/5_0_1.mat'), file)
    t.deepEqual(new Set((await split.read(split.items[0]!)).label!.data), new Set([expected]))
  }
})

test('potsdamraw: 38 images of 15 x 15 patches, row by row, whatever the split', async (t) => {
  const data = await tree(t, { 'image.mat': image(1), 'gt.mat': labels() })
  const root = join(data, 'potsdamraw/processed')
  await mkdir(join(root, 'imgs'), { recursive: true })
  await mkdir(join(root, 'gt'))
  for (let patch = 0; patch < 38 * 225; patch++) {
    const name = `${Math.floor(patch / 225)}_${Math.floor(patch / 15) % 15}_${patch % 15}.mat`
    await link(join(data, 'image.mat'), join(root, 'imgs', name))
    if (patch < 450) await link(join(data, 'gt.mat'), join(root, 'gt', name))
  }
  for (const folder of [data, join(data, 'potsdamraw'), root]) {
    const split = await openDataset({ data: folder, dataset: 'potsdamraw', split: 'val' })
    t.deepEqual([split.items.length, split.labeled, split.classes], [8550, 450, 3])
    t.deepEqual(
      [0, 14, 15, 224, 225, 8549].map((i) => split.items[i]!.name),
      ['0_0_0', '0_0_14', '0_1_0', '0_14_14', '1_0_0', '37_14_14'],
    )
    t.is((await split.read(split.items[0]!)).label!.data[1], 1)
  }
  t.deepEqual(await listSplits({ data, dataset: 'potsdamraw' }), ['train', 'val', 'all'])
  await rm(join(root, 'imgs/3_4_5.mat'))
  const work = openDataset({ data, dataset: 'potsdamraw' })
  await fails(t, work, 'ERR_STEGO_DATA_MISSING', /imgs.3_4_5\.mat does not exist/, /38 x 15 x 15/)
})
