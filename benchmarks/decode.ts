/** How long do decoding, resizing and listing a folder take per image, compared with one backbone pass? */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { fingerprintImages } from '../lib/datasets/fingerprint.js'
import { openFolder } from '../lib/datasets/folder.js'
import { decodeImage } from '../lib/images/decode.js'
import { job } from '../lib/native/index.js'
import { loadBackbone } from '../lib/weights/backbones.js'
import { renderScene } from '../packages/demo/src/scene.js'
import { report, time, useThreads } from './measure.js'

const FILES = 10_000
const threads = useThreads()
const folder = await mkdtemp(join(tmpdir(), 'stego-decode-'))
try {
  const scene = renderScene(1, 1, { width: 640, height: 427 })
  const raw = sharp(scene.pixels, { raw: { width: 640, height: 427, channels: 3 } })
  const jpeg = await raw.clone().jpeg({ quality: 95 }).toBuffer()
  const png = await raw.clone().png().toBuffer()
  const pixels = await decodeImage(jpeg)
  const transform = { resolution: 224, fit: 'center', multiple: 8 } as const
  const backbone = await loadBackbone('starter')
  const list = join(folder, 'list')
  await mkdir(list)
  await writeFile(join(folder, 'image.jpg'), jpeg)
  for (let i = 0; i < FILES; i++)
    await symlink('../image.jpg', join(list, `${String(i).padStart(5, '0')}.jpg`))
  const { items } = await openFolder(list, 'train')

  const works: [string, number, () => Promise<unknown>][] = [
    [`decode a JPEG of 640 x 427, ${Math.round(jpeg.length / 1024)} KiB`, 1, () => decodeImage(jpeg)],
    [`decode a PNG of 640 x 427, ${Math.round(png.length / 1024)} KiB`, 1, () => decodeImage(png)],
    [
      'resize, crop and normalize to 224',
      1,
      () => job((native) => native.prepareImages([pixels], transform)),
    ],
    ['starter backbone at 224', 1, () => job((_, cancel) => backbone.features([pixels], transform, cancel))],
    [`list a folder of ${FILES}`, FILES, () => openFolder(list, 'train')],
    [`fingerprint ${FILES} files`, FILES, () => fingerprintImages(items)],
  ]
  const rows = []
  for (const [what, images, work] of works) {
    const { min, median } = await time(work, 9)
    rows.push({
      what,
      'ms in total (median)': median,
      'microseconds per image': (1000 * median) / images,
      'ms (min)': min,
    })
  }
  report('From files to the backbone', { threads }, rows)
} finally {
  await rm(folder, { recursive: true })
}
