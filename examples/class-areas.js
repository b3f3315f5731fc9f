/**
 * How much of each image every class covers, as CSV: node examples/class-areas.js <run> <images>
 *
 * Images are decoded and segmented one after the other, so that memory does not grow with the folder.
 */
import { Stego } from 'stego'

const [run, images] = process.argv.slice(2)
if (!images) throw new Error('usage: node examples/class-areas.js <run> <images>')

const model = await Stego.load(run)
const { classes, classNames } = model.info
const names = Array.from({ length: classes }, (_, i) => classNames?.[i] ?? `class ${i}`)
console.log(['image', ...names].join(','))
for await (const segmentation of model.segmentAll(images)) {
  console.log([segmentation.source, ...segmentation.areas().map((area) => area.toFixed(4))].join(','))
}
model.dispose()
