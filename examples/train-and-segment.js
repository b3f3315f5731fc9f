/** Trains on a folder of images and writes a picture of each: node examples/train-and-segment.js <images> [--out <folder>] */
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { Stego } from 'stego'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: 'segmented' },
    classes: { type: 'string', default: '8' },
    /** starter comes with the package; dino-vits8 is better and fetched once. */
    backbone: { type: 'string', default: 'starter' },
    steps: { type: 'string', default: '500' },
    resolution: { type: 'string', default: '224' },
  },
})
const [images] = positionals
if (!images) throw new Error('usage: node examples/train-and-segment.js <images> [--out <folder>]')

const run = Stego.train({
  data: images,
  backbone: values.backbone,
  classes: Number(values.classes),
  steps: Number(values.steps),
  resolution: Number(values.resolution),
})
for await (const event of run) {
  if (event.type === 'features') console.error(`features: ${event.done} of ${event.total}`)
  if (event.type === 'step' && event.step % 50 === 0) {
    console.error(`step ${event.step}: correspondence loss ${event.correspondence.toFixed(4)}`)
  }
}
const model = await run

for await (const segmentation of model.segmentAll(images, { crf: true })) {
  const file = join(values.out, `${basename(segmentation.source)}.overlay.png`)
  await segmentation.toFile(file)
  console.log(file)
}
model.dispose()
