/** Heat maps of native code against plain arithmetic. */
import test from 'ava'
import { job, type NativeNetwork, type Pixels, type Tensor } from '../../lib/native/index.js'
import { createRandom } from '../../lib/random/random.js'
import { loadBackbone } from '../../lib/weights/backbones.js'
import { NETWORK } from '../support/network.js'
import { cosine, placeOf, readAt } from '../support/plain-maps.js'

const transform = { resolution: 32, fit: 'whole', multiple: 8 } as const
const POINTS = [
  [-0.1, 0],
  [0.5, 0.8],
  [-1, 1],
] as const
const points: Tensor = { data: Float32Array.from(POINTS.flat()), shape: [3, 2] }

function picture(width: number, height: number, seed: number): Pixels {
  const random = createRandom(seed)
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) =>
    Math.floor(i / 3) % width < width / 2 ? random.integer(80) : 150 + random.integer(100),
  )
  return { data, width, height }
}

const image = picture(41, 50, 1)
const other = picture(60, 20, 2)

async function makeNetwork(): Promise<NativeNetwork> {
  const options = { ...NETWORK, dim: 12, classes: 8, clusters: 8, seed: 3 }
  const backbone = await loadBackbone('starter')
  return job((native, cancel) => native.Network.create(backbone, options, false, cancel))
}

/** The same in plain arithmetic: [points, height, width]. */
function plainHeat(own: Tensor, searched: Tensor, size: Pixels, subtractMean: boolean): Float32Array {
  const [, , h, w] = searched.shape as [number, number, number, number]
  const result = new Float32Array(POINTS.length * size.height * size.width)
  for (const [p, [x, y]] of POINTS.entries()) {
    const query = readAt(own, x, y)
    const cosines = Float32Array.from({ length: h * w }, (_, i) =>
      cosine(query, readAt(searched, placeOf(i % w, w), placeOf(Math.floor(i / w), h))),
    )
    const mean = cosines.reduce((a, b) => a + b) / cosines.length
    const heat = subtractMean ? cosines.map((value) => Math.max(0, value - mean)) : cosines
    for (let i = 0; i < size.height * size.width; i++) {
      const place = [
        placeOf(i % size.width, size.width),
        placeOf(Math.floor(i / size.width), size.height),
      ] as const
      result[p * size.height * size.width + i] = readAt({ data: heat, shape: [1, 1, h, w] }, ...place)[0]!
    }
  }
  return result
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)
}

for (const subtractMean of [false, true]) {
  test(`features and codes give the heat of plain arithmetic, ${subtractMean ? 'less their mean and clamped' : 'plain'}`, async (t) => {
    const network = await makeNetwork()
    const { backbone } = network
    const featureMap = (pixels: Pixels) => job((_, cancel) => backbone.features([pixels], transform, cancel))
    const features = [await featureMap(image), await featureMap(other)] as const
    const codes = [
      await job((_, cancel) => network.encode(features[0], cancel)),
      await job((_, cancel) => network.encode(features[1], cancel)),
    ] as const
    for (const [source, [own, searched]] of [
      [backbone, features],
      [network, codes],
    ] as const) {
      const maps = await job((_, cancel) =>
        source.correspond(image, other, points, { transform, subtractMean }, cancel),
      )
      t.deepEqual(maps.self.shape, [3, 50, 41])
      t.deepEqual(maps.other!.shape, [3, 20, 60])
      t.true(largestDifference(maps.self.data, plainHeat(own, own, image, subtractMean)) < 2e-5)
      t.true(largestDifference(maps.other!.data, plainHeat(own, searched, other, subtractMean)) < 2e-5)
      t.true(Math.max(...maps.self.data) > 0.02)
    }
  })
}

test('without another picture there is no other map', async (t) => {
  const backbone = await loadBackbone('starter')
  const maps = await job((_, cancel) =>
    backbone.correspond(image, null, points, { transform, subtractMean: true }, cancel),
  )
  t.is(maps.other, null)
})

test('points that are none are refused', async (t) => {
  const backbone = await loadBackbone('starter')
  const wrong: Record<string, Tensor> = {
    'outside -1 to 1': { data: Float32Array.of(0, 1.5), shape: [1, 2] },
    'not a number': { data: Float32Array.of(Number.NaN, 0), shape: [1, 2] },
    'no points': { data: new Float32Array(0), shape: [0, 2] },
    'three parts': { data: new Float32Array(3), shape: [1, 3] },
  }
  for (const [what, given] of Object.entries(wrong)) {
    await t.throwsAsync(
      job((_, cancel) => backbone.correspond(image, null, given, { transform, subtractMean: true }, cancel)),
      { code: 'ERR_STEGO_ARGUMENT' },
      what,
    )
  }
})
