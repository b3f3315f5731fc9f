/** Large pictures are computed in parts, each with the whole in view; strips are not enlarged without bound. */
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { decodeImage } from '../lib/images/decode.js'
import { Stego } from '../lib/index.js'
import { makeDataset, SMALL } from './support/dataset.js'

async function begin(t: ExecutionContext) {
  const data = await makeDataset(t, { train: 4, labeled: 0 })
  const model = await Stego.train({ ...SMALL, data, backbone: 'starter', steps: 2 })
  return { model, file: join(data, 'imgs', 'train', '00.png') }
}

test('features of parts are near those of the whole, in their places', async (t) => {
  const { model, file } = await begin(t)
  const options = { resolution: 160 }
  const whole = await model.features(file, options)
  const parts = await model.features(file, { ...options, maxPatches: 128 })
  t.deepEqual(parts.shape, whole.shape)
  const [, channels, height, width] = whole.shape as [number, number, number, number]
  const at = ({ data }: typeof whole, place: number, c: number) => data[c * height * width + place]!
  const cosine = (a: typeof whole, p: number, b: typeof whole, q: number) => {
    let [ab, aa, bb] = [0, 0, 0]
    for (let c = 0; c < channels; c++) {
      ab += at(a, p, c) * at(b, q, c)
      aa += at(a, p, c) ** 2
      bb += at(b, q, c) ** 2
    }
    return ab / Math.sqrt(aa * bb)
  }
  const places = Array.from({ length: height * width }, (_, place) => place)
  const near = places.map((place) => cosine(whole, place, parts, place))
  t.true(near.reduce((sum, value) => sum + value, 0) / near.length > 0.9)
  t.true(Math.min(...near) > 0.5)
})

test('a picture within the limit is computed in one piece', async (t) => {
  const { model, file } = await begin(t)
  const whole = await model.features(file, { resolution: 64 })
  t.deepEqual(
    await model.features(file, { resolution: 64, maxPatches: whole.shape[2]! * whole.shape[3]! }),
    whole,
  )
})

test('strips of any length are segmented in bounded time', async (t) => {
  const { model } = await begin(t)
  for (const [width, height] of [
    [3000, 20],
    [20, 3000],
    [1024, 32],
    [9000, 1],
    [1, 1],
  ] as const) {
    const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 31) % 256)
    const found = await model.segment({ data, width, height }, { flip: false })
    t.deepEqual([found.width, found.height], [width, height])
    t.is(found.labels.length, width * height)
  }
  const features = await model.features({ data: new Uint8Array(3 * 3000 * 20), width: 3000, height: 20 })
  t.deepEqual(features.shape.slice(2), [3, 375])
})

test('abort reaches decoding, parts and attention', async (t) => {
  const { model, file } = await begin(t)
  const image = await decodeImage(file)
  for (const [resolution, maxPatches] of [
    [64, 64],
    [480, 12_800],
    [480, 256],
  ] as const) {
    const stop = new AbortController()
    const work = model.segment({ ...image, channels: 3 }, { resolution, maxPatches, signal: stop.signal })
    setImmediate(() => stop.abort(new Error('enough')))
    await t.throwsAsync(work, { message: 'enough' })
  }
})
