/**
 * node scripts/figure.js <run> <out.png> <image>...: a figure of a model's output, one row per image: the image, its
 * clusters, and the clusters sharpened by the dense CRF. The README's figure shows a model of mixed photographs, the
 * one in docs/results.md the demonstration:
 *
 *   npm run demo
 *   node scripts/figure.js runs/demo/run docs/images/segmentation.png runs/demo/scenes/imgs/val/{001,002,009}.jpg
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { Stego } from 'stego'

const WIDTH = 264
const GAP = 8

const [run, out, ...images] = process.argv.slice(2)
if (images.length === 0) throw new Error('usage: node scripts/figure.js <run> <out.png> <image>...')

const model = await Stego.load(run)
const columns = [
  (image) => sharp(image).png().toBuffer(),
  async (image) => (await model.segment(image)).toPng(),
  async (image) => (await model.segment(image, { crf: true })).toPng(),
]

const cells = []
let top = 0
for (const image of images) {
  let height = 0
  for (const [i, column] of columns.entries()) {
    const cell = sharp(await column(image)).resize(WIDTH)
    const { data, info } = await cell.png().toBuffer({ resolveWithObject: true })
    cells.push({ input: data, left: i * (WIDTH + GAP), top })
    height = info.height
  }
  top += height + GAP
}
model.dispose()

const size = { width: columns.length * (WIDTH + GAP) - GAP, height: top - GAP }
mkdirSync(path.dirname(out), { recursive: true })
await sharp({ create: { ...size, channels: 4, background: 'transparent' } })
  .composite(cells)
  .png({ palette: true, colours: 256, dither: 1, effort: 10 })
  .toFile(out)
