/** What a survey says of images and labels that are not what they seem. */
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { openDataset } from '../../lib/datasets/dataset.js'
import { surveyLine, surveyWarning } from '../../lib/datasets/label-words.js'
import { surveySplit } from '../../lib/datasets/survey.js'
import { writeTiff } from '../images/write-tiff.js'
import { grayPng, picture, tree } from './tree.js'

type Request = Omit<Parameters<typeof openDataset>[0], 'data'>

const SIDE = 8

// A cache of its own, in which nothing is known yet.
const CACHE = mkdtempSync(join(tmpdir(), 'stego-survey-'))
process.env.STEGO_CACHE = CACHE
test.after.always(() => rmSync(CACHE, { recursive: true }))

/** The survey of one label map. */
async function labelsOf(
  t: Parameters<typeof tree>[0],
  ids: number[],
  classes: number,
  request: Request = {},
) {
  const label = Array.from({ length: SIDE * SIDE }, (_, i) => ids[i % ids.length]!)
  const data = await tree(t, {
    'imgs/train/a.png': picture(SIDE, SIDE),
    'labels/train/a.png': grayPng(SIDE, label),
  })
  const split = await openDataset({ data, ...request })
  return surveySplit(split, { classes, onBadImage: 'fail' })
}

const CASES: [string, number[], number, RegExp][] = [
  ['a mask of 0 and 255', [0, 0, 0, 255], 2, /ids are 0, 255; 25 %.*class 1 has no pixel.*black and white/],
  [
    'labels from 1',
    [1, 2, 3, 3],
    3,
    /id 3 is outside of 0 to 2; class 0 has no pixel.*count from 1.*"1: 0" to "3: 2"/,
  ],
  [
    'labels from 1 with 0 for no class',
    Array.from({ length: 64 }, (_, i) => (i < 2 ? 0 : 1 + (i % 3))),
    3,
    /count from 1 and to mean "no class" by 0/,
  ],
  ['gray levels', [0, 60, 120, 180], 4, /steps of 60.*"0: 0", "60: 1", "120: 2" and "180: 3"/],
  ['black, gray and white', [0, 128, 255], 3, /gray levels for viewing.*"128: 1" and "255: 2"/],
  ['noise', Array.from({ length: 64 }, (_, i) => (i < 40 ? i % 2 : 3 * i)), 2, /noise of a lossy format/],
  ['many void pixels', [0, 1, 9], 2, /void: id 9 is outside.*--ignore-label/],
  ['an empty class', [0, 1, 3], 4, /class 2 has no pixel/],
]

for (const [name, ids, classes, words] of CASES) {
  test(`${name}: a warning in words`, async (t) => {
    const { labels } = await labelsOf(t, ids, classes)
    t.regex(surveyWarning(labels!)!, words)
  })
}

test('labels of which all is well are one line', async (t) => {
  const { labels } = await labelsOf(t, [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 255], 2)
  t.is(surveyWarning(labels!), null)
  t.is(surveyLine(labels!), 'labels of train: 1 of them, all 2 classes occur, 6.25 % of the pixels are void')
  t.deepEqual(
    labels!.ids.map(({ id, class: index, images }) => [id, index, images]),
    [
      [1, 1, 1],
      [0, 0, 1],
      [255, null, 1],
    ],
  )
})

test('ids that are void by intention are not doubted', async (t) => {
  for (const request of [{ ignoreLabel: 9 }, { classMap: { 0: 0, 1: 1, 9: null } }]) {
    const { labels } = await labelsOf(t, [0, 1, 9], 2, request)
    t.is(surveyWarning(labels!), null)
    t.is(labels!.void, 0)
  }
  const split = await labelsOf(t, [0, 1, 9], 2, { ignoreLabel: [0] })
  t.is((await split.split.read(split.split.items[0]!)).label!.data[0], 255)
})

test('labels without any class are an error', async (t) => {
  await t.throwsAsync(labelsOf(t, [200, 201], 2), {
    code: 'ERR_STEGO_DATA_LAYOUT',
    message: /no labeled pixel has a class/,
  })
})

test('a second survey reads no label map', async (t) => {
  const data = await tree(t, {
    'imgs/train/a.png': picture(SIDE, SIDE),
    'labels/train/a.png': grayPng(SIDE, Array(SIDE * SIDE).fill(1)),
  })
  const looks: string[] = []
  const onProgress = ({ what }: { what: string }) => looks.push(what)
  for (let time = 0; time < 2; time++) {
    await surveySplit(await openDataset({ data }), { classes: 2, onBadImage: 'fail', onProgress })
  }
  t.deepEqual(looks, ['images', 'labels'])
})

test('all images that cannot be read are named at once, or left out', async (t) => {
  const data = await tree(t, { 'a.png': picture(SIDE, SIDE), 'sub/b.png': picture(SIDE, SIDE) })
  await writeFile(join(data, 'sub', 'text.jpg'), 'hello')
  await writeFile(join(data, 'cut.png'), (await picture(SIDE, SIDE)).subarray(0, 60))
  const split = await openDataset({ data })
  await t.throwsAsync(surveySplit(split, { classes: 2, onBadImage: 'fail' }), {
    code: 'ERR_STEGO_IMAGE',
    message: /2 of 4 images of train cannot be used:\n.*cut\.png.*\n.*text\.jpg is a text file/,
  })
  const skipped = await surveySplit(split, { classes: 2, onBadImage: 'skip' })
  t.deepEqual(
    skipped.split.items.map(({ name }) => name),
    ['a', 'sub/b'],
  )
  t.is(skipped.skipped.length, 2)
})

test('one range holds for all images of a folder', async (t) => {
  const data = await tree(t, {})
  const image = (high: number) =>
    writeTiff(
      Uint16Array.from({ length: 400 }, (_, i) => (high * i) / 399),
      { width: 20, height: 20 },
    )
  await writeFile(join(data, 'dark.tif'), image(1000))
  await writeFile(join(data, 'light.tif'), image(4000))
  const { split, measured } = await surveySplit(await openDataset({ data }), {
    classes: null,
    onBadImage: 'fail',
  })
  const [low, high] = measured!.uint16!
  t.true(low < 2 && high > 3980)
  const [dark, light] = await Promise.all(
    split.items.map(async (item) => (await split.read(item)).image.data.at(-1)),
  )
  t.true(Math.abs(dark! - 64) <= 1)
  t.is(light, 255)
})
