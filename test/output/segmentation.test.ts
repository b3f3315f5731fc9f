import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import sharp from 'sharp'
import { decodePngIndices } from '../../lib/formats/png.js'
import { clusterPalette } from '../../lib/output/palette.js'
import { Segmentation, type SegmentationStyle } from '../../lib/output/segmentation.js'

const WIDTH = 20
const HEIGHT = 10
const image = { data: new Uint8Array(WIDTH * HEIGHT * 3).fill(90), width: WIDTH, height: HEIGHT }
/** A quarter of class 0, three quarters of class 2. */
const labels = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => (i % WIDTH < 5 ? 0 : 2))
const segmentation = new Segmentation({ image, labels, classes: 4, head: 'kmeans', source: 'street.jpg' })

async function folder(t: ExecutionContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'stego-segmentation-'))
  t.teardown(() => rm(root, { recursive: true }))
  return root
}

test('a segmentation tells what it is', (t) => {
  const { width, height, classes, classNames, head, source, logProbabilities } = segmentation
  t.deepEqual(
    { width, height, classes, classNames, head, source, logProbabilities },
    {
      width: WIDTH,
      height: HEIGHT,
      classes: 4,
      classNames: null,
      head: 'kmeans',
      source: 'street.jpg',
      logProbabilities: null,
    },
  )
  t.is(segmentation.labels, labels)
})

test('areas are shares of the image by class', (t) => {
  t.deepEqual(segmentation.areas(), [0.25, 0, 0.75, 0])
})

test('three styles: colors over the image, palette, indices', async (t) => {
  const overlay = await sharp(await segmentation.toPng())
    .raw()
    .toBuffer({ resolveWithObject: true })
  t.deepEqual([overlay.info.width, overlay.info.height, overlay.info.channels], [WIDTH, HEIGHT, 3])
  t.deepEqual(
    [...overlay.data.subarray(0, 3)],
    clusterPalette(1)[0]!.map((value) => Math.round((value + 90) / 2)),
  )
  for (const style of ['palette', 'index'] as const) {
    const file = await segmentation.toPng({ style })
    t.deepEqual((await decodePngIndices(file, 'file.png')).data, labels)
    t.is(Boolean((await sharp(file).metadata()).isPalette), style === 'palette')
  }
})

test('a legend stands below the overlay, which it leaves as it is', async (t) => {
  const draw = async (of: Segmentation, legend: boolean) =>
    sharp(await of.toPng({ legend }))
      .raw()
      .toBuffer({ resolveWithObject: true })
  const wide = new Segmentation({
    image: { data: new Uint8Array(3 * 400 * 100).fill(90), width: 400, height: 100 },
    labels: Uint8Array.from({ length: 400 * 100 }, (_, i) => (i % 400 < 100 ? 0 : 2)),
    classes: 4,
    head: 'kmeans',
  })
  const plain = await draw(wide, false)
  const { data, info } = await draw(wide, true)
  t.is(info.width, 400)
  t.true(info.height > 110 && info.height < 160, `${info.height}`)
  t.deepEqual(data.subarray(0, plain.data.length), plain.data)

  const swatches = (color: readonly number[]) => {
    let found = 0
    for (let i = plain.data.length; i < data.length; i += 3) {
      if (color.every((value, channel) => data[i + channel] === value)) found++
    }
    return found
  }
  const [first, absent, third] = clusterPalette(3)
  t.true(swatches(first!) > 100)
  t.is(swatches(absent!), 0)
  t.true(swatches(third!) > 100)

  const narrow = (await draw(segmentation, true)).info
  t.true(narrow.width > WIDTH, 'a picture narrower than its legend is given room')
  for (const style of ['palette', 'index'] as const) {
    t.deepEqual(await segmentation.toPng({ style, legend: true }), await segmentation.toPng({ style }))
  }
})

test('the file name decides the style, an option overrides it', async (t) => {
  const root = await folder(t)
  const kinds: [string, SegmentationStyle][] = [
    ['a.png', 'overlay'],
    ['a.overlay.png', 'overlay'],
    ['a.index.png', 'index'],
    ['a.palette.PNG', 'palette'],
    ['index.png', 'overlay'],
  ]
  for (const [name, style] of kinds) {
    await segmentation.toFile(join(root, name))
    t.deepEqual(await readFile(join(root, name)), await segmentation.toPng({ style }), name)
  }
  await segmentation.toFile(pathToFileURL(join(root, 'b.png')), { style: 'index' })
  t.deepEqual((await decodePngIndices(await readFile(join(root, 'b.png')), 'b.png')).data, labels)
})

test('overlays may be JPEG and WebP', async (t) => {
  const root = await folder(t)
  for (const [name, format] of [
    ['a.jpg', 'jpeg'],
    ['a.JPEG', 'jpeg'],
    ['a.webp', 'webp'],
  ] as const) {
    await segmentation.toFile(join(root, name))
    const metadata = await sharp(await readFile(join(root, name))).metadata()
    t.deepEqual([metadata.format, metadata.width, metadata.height], [format, WIDTH, HEIGHT])
  }
})

test('missing folders are made, files replaced, nothing else left behind', async (t) => {
  const root = await folder(t)
  const file = join(root, 'deep/er/a.png')
  await segmentation.toFile(file, { style: 'index' })
  await segmentation.toFile(file, { style: 'palette' })
  t.deepEqual(await readFile(file), await segmentation.toPng({ style: 'palette' }))
  t.deepEqual(await readdir(join(root, 'deep/er')), ['a.png'])
})

test('names and styles that cannot be written', async (t) => {
  const root = await folder(t)
  const code = 'ERR_STEGO_OPTION'
  await t.throwsAsync(segmentation.toFile(join(root, 'a.bmp')), { code, message: /\.png, .*a\.bmp/ })
  await t.throwsAsync(segmentation.toFile(join(root, 'a')), { code })
  await t.throwsAsync(segmentation.toFile(join(root, 'a.index.jpg')), { code, message: /index.*PNG only/ })
  await t.throwsAsync(segmentation.toFile(undefined as unknown as string), {
    code,
    message: /got undefined/,
  })
  await t.throwsAsync(segmentation.toPng({ style: 'color' as 'index' }), {
    code,
    message: /overlay, palette, index/,
  })
  await t.throwsAsync(segmentation.toPng({ palette: clusterPalette(2) }), {
    code,
    message: /2 colors for 4/,
  })
  t.deepEqual(await readdir(root), [])
})

test('a failure to write leaves nothing half written', async (t) => {
  const root = await folder(t)
  await writeFile(join(root, 'file'), '')
  const code = 'ERR_STEGO_FILE'
  await t.throwsAsync(segmentation.toFile(join(root, 'file/a.png')), {
    code,
    message: /a\.png cannot be written/,
  })
  await segmentation.toFile(join(root, 'taken.png/inside.png'))
  await t.throwsAsync(segmentation.toFile(join(root, 'taken.png')), { code })
  t.deepEqual((await readdir(root)).toSorted(), ['file', 'taken.png'])
})

test('labels must have the size of the image', (t) => {
  t.throws(() => new Segmentation({ image, labels: labels.subarray(1), classes: 4, head: 'linearProbe' }), {
    code: 'ERR_STEGO_ARGUMENT',
    message: /20 x 10 .* 199 labels/,
  })
})

test('a mask has ones where a class is, by index or by name', (t) => {
  const image = { data: new Uint8Array(12), width: 2, height: 2 }
  const labels = Uint8Array.of(0, 2, 2, 255)
  const segmentation = new Segmentation({
    image,
    labels,
    classes: 3,
    classNames: ['sky', 'road', 'car'],
    head: 'kmeans',
  })
  t.deepEqual(segmentation.mask(2), Uint8Array.of(0, 1, 1, 0))
  t.deepEqual(segmentation.mask('car'), segmentation.mask(2))
  t.deepEqual(segmentation.mask(1), new Uint8Array(4))
  for (const wrong of [3, -1, 0.5, 'tree']) {
    t.throws(() => segmentation.mask(wrong), {
      code: 'ERR_STEGO_ARGUMENT',
      message: /0 to 2, or one of sky, road, car/,
    })
  }
})
