/** Beyond 1,024 x 1,024 pixels, `crf: true` works in overlapping tiles; `denseCrf` never does. */
import type { ExecutionContext } from 'ava'
import { denseCrf } from '../../lib/crf/index.js'
import { Stego } from '../../lib/index.js'
import { makeDataset, SMALL } from '../support/dataset.js'
import { serialAt } from '../support/level.js'

const [WIDTH, HEIGHT] = [1104, 1000]

/** Colored disks on a striped ground, with edges everywhere, tile borders included. */
function drawing() {
  const data = new Uint8Array(3 * WIDTH * HEIGHT)
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const [column, row] = [Math.floor(x / 92), Math.floor(y / 100)]
      const inside = Math.hypot(x - 92 * column - 46, y - 100 * row - 50) < 20 + ((column * 7 + row * 5) % 20)
      const shade = (column * 41 + row * 67) % 200
      data.set(inside ? [shade, 255 - shade, 128] : [90, 90 + (row % 2) * 40, 60], 3 * (y * WIDTH + x))
    }
  }
  return { data, width: WIDTH, height: HEIGHT }
}

type Drawing = ReturnType<typeof drawing>

/** A picture whose pixel (x, y) is another one's `(from(x), from(y))`. */
function resampled(
  { data, width }: Drawing,
  to: { width: number; height: number },
  from: (at: number) => number,
) {
  const pixels = new Uint8Array(3 * to.width * to.height)
  for (let y = 0; y < to.height; y++) {
    for (let x = 0; x < to.width; x++) {
      const place = 3 * (from(y) * width + from(x))
      pixels.set(data.subarray(place, place + 3), 3 * (y * to.width + x))
    }
  }
  return { data: pixels, ...to }
}

const everySecond = (image: Drawing) =>
  resampled(image, { width: image.width / 2, height: image.height / 2 }, (at) => 2 * at)
const doubled = (image: Drawing) =>
  resampled(image, { width: 2 * image.width, height: 2 * image.height }, (at) => at >> 1)

async function trained(t: ExecutionContext) {
  const data = await makeDataset(t, { train: 4, labeled: 0 })
  const model = await Stego.train({ ...SMALL, data, backbone: 'starter', steps: 20 })
  t.teardown(() => model.dispose())
  return model
}

function share(length: number, holds: (index: number) => boolean): number {
  let count = 0
  for (let i = 0; i < length; i++) count += Number(holds(i))
  return count / length
}

serialAt('full')('tiles give the labels of the whole', async (t) => {
  const model = await trained(t)
  const image = drawing()
  const options = { resolution: HEIGHT, maxPatches: 400, probabilities: true }
  const plain = await model.segment(image, options)
  const tiled = await model.segment(image, { ...options, crf: true })
  t.deepEqual([tiled.width, tiled.height], [WIDTH, HEIGHT])
  const whole = await denseCrf({
    image: { ...image, channels: 3 },
    logits: plain.logProbabilities!,
    channelOrder: 'bgr',
    output: 'labels',
  })
  const pixels = WIDTH * HEIGHT
  t.true(share(pixels, (i) => plain.labels[i] !== whole.labels![i]) > 0.01, 'the CRF changes something')
  t.true(share(pixels, (i) => tiled.labels[i] === whole.labels![i]) >= 0.99)

  // Every pixel's probabilities were written, and agree with its label.
  const { data } = tiled.logProbabilities!
  const classes = data.length / pixels
  const sums = new Float64Array(pixels)
  const best = new Float32Array(pixels).fill(Number.NEGATIVE_INFINITY)
  for (let c = 0; c < classes; c++) {
    for (let i = 0; i < pixels; i++) {
      sums[i]! += Math.exp(data[c * pixels + i]!)
      best[i] = Math.max(best[i]!, data[c * pixels + i]!)
    }
  }
  t.true(share(pixels, (i) => Math.abs(sums[i]! - 1) < 1e-3) === 1)
  t.true(share(pixels, (i) => data[tiled.labels[i]! * pixels + i]! === best[i]) === 1)
})

serialAt('full')('tiles are put together at the size of the image', async (t) => {
  const model = await trained(t)
  const small = everySecond(drawing())
  const options = { resolution: HEIGHT, maxPatches: 400, crf: true }
  // Both look the same to the network; the labels differ only in size.
  const own = await model.segment(small, options)
  const all = await model.segment(doubled(small), options)
  t.deepEqual([own.width, own.height], [small.width, small.height])
  const same = share(own.labels.length, (i) => {
    const [x, y] = [i % small.width, Math.floor(i / small.width)]
    return own.labels[i] === all.labels[2 * y * WIDTH + 2 * x]
  })
  t.true(same > 0.98, `${same}`)
})
