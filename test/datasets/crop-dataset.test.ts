import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import sharp from 'sharp'
import { cropDataset } from '../../lib/datasets/crop-dataset.js'
import type { CropOptions } from '../../lib/datasets/crop-options.js'
import { openDataset } from '../../lib/datasets/dataset.js'
import { decodeLabels } from '../../lib/images/label-map.js'
import { temporaryFolder } from '../support/dataset.js'
import { fails, grayPng, picture, tree } from './tree.js'

const IDS = Array.from({ length: 64 }, (_, i) => (i % 5 === 0 ? 255 : i % 7))

/** Three images to train on, two of them with labels, and one without to validate on. */
function photos(t: ExecutionContext): Promise<string> {
  return tree(t, {
    'photos/imgs/train/a.png': picture(8, 8, 1),
    'photos/imgs/train/b.png': picture(8, 8, 90),
    'photos/imgs/train/c.png': picture(8, 8, 250),
    'photos/imgs/val/v.png': picture(8, 8, 4),
    'photos/labels/train/a.png': grayPng(8, IDS),
    'photos/labels/train/c.png': grayPng(8, IDS),
    'photos/classes.txt': 'sky\nsea\n',
  })
}

const numbered = (count: number, extension: string) =>
  Array.from({ length: count }, (_, i) => `${i}.${extension}`).sort()

test('the official layout: JPEG of quality 75 and labels with one added', async (t) => {
  const root = await photos(t)
  const progress: number[] = []
  const options = { data: join(root, 'photos'), out: join(root, 'out') }
  const result = await cropDataset({ ...options, onProgress: ({ done }) => progress.push(done) })
  const folder = join(root, 'out/cropped/photos_five_crop_0.5')
  t.deepEqual(result, {
    folder,
    splits: [
      { name: 'train', pictures: 3, crops: 15, written: 15 },
      { name: 'val', pictures: 1, crops: 5, written: 5 },
    ],
  })
  t.deepEqual((await readdir(join(folder, 'img/train'))).sort(), numbered(15, 'jpg'))
  t.deepEqual((await readdir(join(folder, 'label/train'))).sort(), numbered(15, 'png'))
  t.deepEqual((await readdir(join(folder, 'label'))).sort(), ['train'])
  t.is(progress.at(-1), 5)

  const file = await readFile(join(folder, 'img/train/13.jpg'))
  const metadata = await sharp(file).metadata()
  t.deepEqual([metadata.width, metadata.height, metadata.chromaSubsampling], [4, 4, '4:2:0'])
  // The first entries of the luminance table of quality 75.
  const table = file.indexOf(Buffer.from('ffdb', 'hex')) + 5
  t.deepEqual([...file.subarray(table, table + 6)], [8, 6, 6, 7, 6, 5])

  // Crop 3 of image 2: its lower right quarter.
  const size = { width: 4, height: 4 }
  const stored = await decodeLabels(join(folder, 'label/train/13.png'), size)
  const quarter = Array.from({ length: 16 }, (_, i) => IDS[(4 + (i >> 2)) * 8 + 4 + (i % 4)]!)
  t.deepEqual(
    [...stored.data],
    quarter.map((id) => (id + 1) % 256),
  )
  const unlabeled = await decodeLabels(join(folder, 'label/train/5.png'), size)
  t.true(unlabeled.data.every((value) => value === 0))
})

test('the dataset "cropped" reads what was written, as virtual crops read it', async (t) => {
  const root = await photos(t)
  const data = join(root, 'photos')
  const { folder } = await cropDataset({ data, out: root, crops: 'random', cropRatio: 0.7 })
  const written = await openDataset({ data: root, dataset: 'cropped' })
  const virtual = await openDataset({ data, crops: 'random', cropRatio: 0.7 })
  t.regex(folder, /photos_random_crop_0\.7$/)
  t.deepEqual(written.classNames, ['sky', 'sea'])
  t.is(written.items.length, virtual.items.length)
  for (const [i, item] of virtual.items.entries()) {
    const expected = await virtual.read(item)
    const { image, label } = await written.read(written.items[i]!)
    t.deepEqual([image.width, image.height], [5, 5])
    if (expected.label) t.deepEqual(label, expected.label)
    else t.true(label!.data.every((value) => value === 255))
    // Blue tells the images apart and survives the JPEG.
    t.true(Math.abs(image.data[38]! - expected.image.data[38]!) < 12)
  }
})

test('called again it writes what is missing and leaves the rest', async (t) => {
  const root = await photos(t)
  const options: CropOptions = { data: join(root, 'photos'), out: root, split: 'train' }
  const controller = new AbortController()
  const stopped = cropDataset({
    ...options,
    signal: controller.signal,
    onProgress: ({ done }) => done === 7 && controller.abort(new Error('enough')),
  })
  await t.throwsAsync(stopped, { message: 'enough' })
  const folder = join(root, 'cropped/photos_five_crop_0.5')
  t.is((await readdir(join(folder, 'img/train'))).length, 7)
  const unfinished = openDataset({ data: folder, dataset: 'cropped' })
  await fails(
    t,
    unfinished,
    'ERR_STEGO_DATA_MISSING',
    /7\.jpg does not exist/,
    /run stego crop again to resume/,
  )

  const first = join(folder, 'img/train/0.jpg')
  await utimes(first, 1000, 1000)
  const { splits } = await cropDataset(options)
  t.deepEqual(splits, [{ name: 'train', pictures: 3, crops: 15, written: 8 }])
  t.is((await stat(first)).mtimeMs, 1_000_000)
  t.is((await openDataset({ data: folder, dataset: 'cropped' })).items.length, 15)
  const names = await readdir(join(folder, 'img/train'))
  t.deepEqual(
    names.filter((name) => !name.endsWith('.jpg')),
    [],
  )
})

test('a folder with crops of other pictures is left alone', async (t) => {
  const root = await photos(t)
  const options: CropOptions = { data: join(root, 'photos'), out: root, split: ['train'] }
  const { folder } = await cropDataset(options)
  const again = (changes: Partial<CropOptions>) => cropDataset({ ...options, ...changes })
  await fails(t, again({ classMap: { 1: 0 } }), 'ERR_STEGO_RUN', /crops of other images or labels/)
  await fails(t, again({ dataset: 'directory' }), 'ERR_STEGO_RUN', /Remove /)
  await writeFile(join(root, 'photos/imgs/train/d.png'), await picture(8, 8))
  await fails(t, again({}), 'ERR_STEGO_RUN', /img.train/)
  await rm(join(folder, 'crops.json'))
  await fails(t, again({}), 'ERR_STEGO_RUN', /choose another `out`/)
  await writeFile(join(folder, 'crops.json'), '{"format": 9}')
  await fails(t, again({}), 'ERR_STEGO_DATA_LAYOUT', /cannot read the record .*crops\.json/)
})

test('a split that is not there, and options that are wrong', async (t) => {
  const root = await photos(t)
  const options = { data: join(root, 'photos'), out: await temporaryFolder(t) }
  await fails(
    t,
    cropDataset({ ...options, split: 'train,vall' }),
    'ERR_STEGO_DATA_MISSING',
    /Did you mean "val"/,
  )
  const wrong = cropDataset({ ...options, cropRatio: 1 })
  await fails(t, wrong, 'ERR_STEGO_OPTION', /"cropRatio" must be a number between 0 and 1, got 1/)
  const none = cropDataset({ ...options, crops: null as unknown as 'five' })
  await fails(t, none, 'ERR_STEGO_OPTION', /"crops" must be "five" or "random"/)
})
