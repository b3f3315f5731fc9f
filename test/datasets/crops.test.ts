import test from 'ava'
import { cropBox, cropItems, cropReader } from '../../lib/datasets/crops.js'
import type { CropKind } from '../../lib/datasets/options.js'
import type { Item, Picture } from '../../lib/datasets/source.js'
import { fails, gradient } from './tree.js'

/** The five boxes of a picture as [left, top, width, height]. */
const boxes = (height: number, width: number, ratio: number, kind: CropKind, item = 0) =>
  Array.from({ length: 5 }, (_, part) => {
    const box = cropBox({ width, height }, { kind, ratio, item, part })
    return [box.left, box.top, box.width, box.height]
  })

const at = (width: number, height: number, places: number[][]) =>
  places.map(([left, top]) => [left, top, width, height])

test('five crops lie as torchvision places them, halves rounded to even', (t) => {
  const cityscapes = at(1024, 512, [
    [0, 0],
    [1024, 0],
    [0, 512],
    [1024, 512],
    [512, 256],
  ])
  t.deepEqual(boxes(1024, 2048, 0.5, 'five'), cityscapes)
  t.deepEqual(
    boxes(5, 7, 0.5, 'five'),
    at(3, 2, [
      [0, 0],
      [4, 0],
      [0, 3],
      [4, 3],
      [2, 2],
    ]),
  )
  t.deepEqual(
    boxes(333, 500, 0.7, 'five'),
    at(350, 233, [
      [0, 0],
      [150, 0],
      [0, 100],
      [150, 100],
      [75, 50],
    ]),
  )
  const odd = at(320, 213, [
    [0, 0],
    [321, 0],
    [0, 214],
    [321, 214],
    [160, 107],
  ])
  t.deepEqual(boxes(427, 641, 0.5, 'five'), odd)
})

test('random crops lie anywhere in the picture, each by its item and part alone', (t) => {
  const drawn = Array.from({ length: 200 }, (_, item) => boxes(60, 80, 0.5, 'random', item)).flat()
  t.deepEqual(boxes(60, 80, 0.5, 'random', 7), drawn.slice(35, 40))
  for (const [axis, most] of [40, 30].entries()) {
    const places = drawn.map((box) => box[axis]!)
    t.is(Math.min(...places), 0)
    t.is(Math.max(...places), most)
    t.true(new Set(places).size > most / 2)
  }
  for (const [, , width, height] of drawn) t.deepEqual([width, height], [40, 30])
})

const whole = (name: string): Item => ({ name, image: `${name}.png`, label: null })

test('crop k of item i is at place 5 i + k', (t) => {
  const items = cropItems([whole('a'), { ...whole('b'), label: 'b.png' }], 'five', 0.5)
  t.is(items.length, 10)
  t.deepEqual(items[7], {
    name: 'b_crop2',
    image: 'b.png',
    label: 'b.png',
    crop: { kind: 'five', ratio: 0.5, item: 1, part: 2 },
  })
})

function pictureOf(width: number, height: number): Picture {
  const bytes = Uint8Array.from({ length: width * height }, (_, i) => i)
  return {
    image: { data: gradient(width, height), width, height },
    label: { data: bytes, width, height },
    salience: bytes.map((value) => value & 1),
  }
}

test('image, labels and salience are cut alike, and a picture is decoded once for its crops in a row', async (t) => {
  const decoded: string[] = []
  const read = cropReader(async ({ image }) => {
    decoded.push(image)
    return pictureOf(6, 4)
  })
  const items = cropItems([whole('a'), whole('b')], 'five', 0.5)
  const pictures: Picture[] = []
  for (const item of items) pictures.push(await read(item as Parameters<typeof read>[0]))
  t.deepEqual(decoded, ['a.png', 'b.png'])
  const [, , , bottomRight, center] = pictures
  t.deepEqual(bottomRight!.label, { data: Uint8Array.of(15, 16, 17, 21, 22, 23), width: 3, height: 2 })
  t.deepEqual(bottomRight!.salience, Uint8Array.of(1, 0, 1, 1, 0, 1))
  t.deepEqual(bottomRight!.image.data.subarray(0, 6), Uint8Array.of(3, 2, 0, 4, 2, 0))
  // (6 - 3) / 2 = 1.5 goes to 2, (4 - 2) / 2 = 1.
  t.deepEqual(center!.label!.data, Uint8Array.of(8, 9, 10, 14, 15, 16))
})

test('a picture that could not be read is tried again', async (t) => {
  let broken = true
  const read = cropReader(async () => {
    if (broken) throw new Error('not yet')
    return pictureOf(6, 4)
  })
  const [item] = cropItems([whole('a')], 'five', 0.5) as Parameters<typeof read>[0][]
  await t.throwsAsync(read(item!), { message: 'not yet' })
  broken = false
  t.is((await read(item!)).image.width, 3)
})

test('a picture too small for the ratio', async (t) => {
  const read = cropReader(async () => pictureOf(6, 1))
  const [item] = cropItems([whole('a')], 'five', 0.5) as Parameters<typeof read>[0][]
  await fails(t, read(item!), 'ERR_STEGO_IMAGE', /a\.png of 6 x 1 has no crop of ratio 0\.5/)
})
