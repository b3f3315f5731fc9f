/**
 * How much does it change a picture's labels to refine it in overlapping tiles (native/model/refine.h) instead of as a whole,
 * anywhere and near the borders of the tiles? Needs a trained model and photographs:
 * `npx tsx benchmarks/crf-tiles.ts <run> <folder>`.
 */
import sharp from 'sharp'
import { denseCrf } from '../lib/crf/index.js'
import { openFolder } from '../lib/datasets/folder.js'
import { Stego } from '../lib/index.js'
import { report, useThreads } from './measure.js'

const [run, folder] = process.argv.slice(2)
if (!run || !folder) throw new Error('expected a run and a folder of photographs')
const PICTURES = 3
const [WIDTH, HEIGHT] = [1920, 1280]
const BORDERS = { x: [640, 1280], y: [640] } // between the tiles' cores, of about 704 pixels at most
const NEAR = 32

const threads = useThreads()
const model = await Stego.load(run)
const { items } = await openFolder(folder, 'train')
const step = Math.max(1, Math.floor(items.length / PICTURES))
const files = items.filter((_, index) => index % step === 0).slice(0, PICTURES)

const isNear = (i: number) => {
  const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)]
  return BORDERS.x.some((at) => Math.abs(at - x) < NEAR) || BORDERS.y.some((at) => Math.abs(at - y) < NEAR)
}
const percent = (part: number, all: number) => Number(((100 * part) / all).toFixed(2))

const seconds = (time: number) => Number((time / 1000).toFixed(1))

const rows: Record<string, unknown>[] = []
for (const { image: file } of files) {
  const { data, info } = await sharp(file)
    .resize(WIDTH, HEIGHT, { fit: 'cover' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  const image = { data, width: info.width, height: info.height, channels: 3 as const }
  const options = { resolution: HEIGHT, probabilities: true, maxPatches: 3200 }
  const start = performance.now()
  const plain = await model.segment(image, options)
  const middle = performance.now()
  const tiled = await model.segment(image, { ...options, crf: true })
  const end = performance.now()
  const whole = await denseCrf({
    image,
    logits: plain.logProbabilities!,
    channelOrder: 'bgr',
    output: 'labels',
  })
  const wholeTime = performance.now() - end
  const [near, all, changed] = [{ same: 0, pixels: 0 }, { same: 0, pixels: 0 }, { pixels: 0 }]
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    const same = Number(tiled.labels[i] === whole.labels![i])
    all.pixels++
    all.same += same
    changed.pixels += Number(plain.labels[i] !== whole.labels![i])
    if (!isNear(i)) continue
    near.pixels++
    near.same += same
  }
  rows.push({
    'changed by the CRF (%)': percent(changed.pixels, all.pixels),
    'equal labels (%)': percent(all.same, all.pixels),
    'near borders (%)': percent(near.same, near.pixels),
    'whole (s)': seconds(wholeTime),
    'tiles (s)': seconds(end - middle - (middle - start)),
  })
}
report('the CRF in tiles', { run, size: `${WIDTH} x ${HEIGHT}`, threads }, rows)
