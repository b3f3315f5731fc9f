/** Precision and recall of native code against plain arithmetic over every pair of positions. */
import test from 'ava'
import {
  checked,
  job,
  type LabeledPixels,
  type NativeNetwork,
  type PrecisionRecallCurve,
  type Tensor,
  type TensorData,
} from '../../lib/native/index.js'
import { createRandom } from '../../lib/random/random.js'
import { loadBackbone } from '../../lib/weights/backbones.js'
import { NETWORK } from '../support/network.js'
import { cosine, readAt } from '../support/plain-maps.js'

const SIDE = 32
const SAMPLES = 5
const CLASSES = 4
const VOID = 200
const transform = { resolution: SIDE, fit: 'center', multiple: 8 } as const

async function makeNetwork(): Promise<NativeNetwork> {
  const options = { ...NETWORK, dim: 12, classes: CLASSES, clusters: CLASSES, seed: 3 }
  const backbone = await loadBackbone('starter')
  return job((native, cancel) => native.Network.create(backbone, options, false, cancel))
}

/** Four blocks of a class each, one of them void, in colors that follow the class loosely. */
function scene(seed: number): LabeledPixels {
  const random = createRandom(seed)
  const order = [...random.permutation(CLASSES)].map((value) => (value === 3 ? VOID : value))
  const label = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
    return order[2 * Number(i % SIDE >= 14) + Number(Math.floor(i / SIDE) >= 19)]!
  })
  const data = Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
    return ((label[Math.floor(i / 3)]! * (7 + (i % 3) * 31)) % 130) + random.integer(120)
  })
  return {
    image: { data, width: SIDE, height: SIDE },
    label: { data: label, width: SIDE, height: SIDE },
  }
}

function coordinates(images: number, seed: number): Tensor {
  const random = createRandom(seed)
  const shape = [images, SAMPLES, SAMPLES, 2]
  return {
    data: Float32Array.from({ length: images * SAMPLES * SAMPLES * 2 }, () => 2 * random.next() - 1),
    shape,
  }
}

/** What stands at each sampled position of an image. */
interface Sample {
  place: number[]
  features: number[]
  codes: number[]
  color: number[]
  /** Shares of the classes around the position; null on void. */
  classes: number[] | null
}

async function sampleAll(
  network: NativeNetwork,
  images: LabeledPixels[],
  places: Tensor,
): Promise<Sample[][]> {
  const pictures = images.map(({ image }) => image)
  const features = await job((_, cancel) => network.backbone.features(pictures, transform, cancel))
  const codes = await job((_, cancel) => network.encode(features, cancel))
  const input = await job((native) => native.prepareImages(pictures, transform))
  return images.map(({ label }, item) => {
    const oneHot: Tensor<TensorData> = {
      data: Float32Array.from({ length: (CLASSES + 1) * SIDE * SIDE }, (_, i) => {
        const value = label.data[i % (SIDE * SIDE)]!
        return Number(Math.min(value, CLASSES) === Math.floor(i / (SIDE * SIDE)))
      }),
      shape: [1, CLASSES + 1, SIDE, SIDE],
    }
    return Array.from({ length: SAMPLES * SAMPLES }, (_, i): Sample => {
      const start = (item * SAMPLES * SAMPLES + i) * 2
      const [x, y] = [places.data[start]!, places.data[start + 1]!]
      const classes = readAt(oneHot, x, y)
      return {
        place: [x, y],
        features: readAt(features, x, y, item),
        codes: readAt(codes, x, y, item),
        color: readAt(input, x, y, item),
        classes: classes[CLASSES]! > 0 ? null : classes.slice(0, CLASSES),
      }
    })
  })
}

const squares = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0)

/** The kernel of plot_pr_curves.py with its constants written out. */
function crfKernel(a: Sample, b: Sample): number {
  const apart = squares(a.place, b.place)
  const unlike = squares(a.color, b.color)
  return (
    10 * Math.exp(-apart / (2 * Math.exp(0.5)) - unlike / (2 * Math.exp(0.15))) +
    3 * Math.exp(-apart / (2 * Math.exp(0.05))) +
    0.3
  )
}

type Scored = { score: number; positive: boolean }

/** Precision and recall at every distinct score, highest first. */
function plainCurve(scored: Scored[]): PrecisionRecallCurve {
  const sorted = scored.toSorted((a, b) => b.score - a.score)
  const all = sorted.filter(({ positive }) => positive).length
  const curve: PrecisionRecallCurve = { precision: [], recall: [], averagePrecision: 0 }
  let found = 0
  for (const [i, { score, positive }] of sorted.entries()) {
    if (positive) found += 1
    if (sorted[i + 1]?.score === score) continue
    const precision = found / (i + 1)
    const recall = found / all
    curve.averagePrecision += precision * (recall - (curve.recall.at(-1) ?? 0))
    curve.precision.push(precision)
    curve.recall.push(recall)
    if (found === all) break
  }
  return curve
}

for (const partnered of [false, true]) {
  test(`curves are those of plain arithmetic, ${partnered ? 'partners' : 'an image with itself'}`, async (t) => {
    const network = await makeNetwork()
    const scores = checked((native) => new native.PairScores(network))
    const all: Record<'features' | 'codes' | 'crf', Scored[]> = { features: [], codes: [], crf: [] }
    for (const round of [0, 1]) {
      const images = [scene(10 * round + 1), scene(10 * round + 2)]
      const partners = partnered ? [scene(10 * round + 3), scene(10 * round + 4)] : []
      const first = coordinates(2, 10 * round + 5)
      const second = coordinates(2, 10 * round + 6)
      await job((_, cancel) => scores.add({ images, partners, first, second, transform }, cancel))
      const left = await sampleAll(network, images, first)
      const right = await sampleAll(network, partnered ? partners : images, second)
      for (const [item, samples] of left.entries()) {
        for (const a of samples) {
          for (const b of right[item]!) {
            if (a.classes === null || b.classes === null) continue
            const together = a.classes.reduce((sum, share, k) => sum + share * b.classes![k]!, 0)
            const positive = together > 1 - 1e-9
            all.features.push({ score: cosine(a.features, b.features), positive })
            all.codes.push({ score: cosine(a.codes, b.codes), positive })
            all.crf.push({ score: crfKernel(a, b), positive })
          }
        }
      }
    }
    const curves = await job((_, cancel) => scores.curves(100_000, cancel))
    t.is(curves.pairs, all.features.length)
    t.true(curves.pairs > 600 && curves.pairs < 4 * SAMPLES ** 4)
    t.is(curves.positives, all.features.filter(({ positive }) => positive).length)
    t.true(curves.positives > 100)
    for (const kind of ['features', 'codes', 'crf'] as const) {
      const expected = plainCurve(all[kind])
      const { averagePrecision, recall, precision } = curves[kind]
      // Rounding may swap neighbors among some thousand scores.
      t.true(Math.abs(averagePrecision - expected.averagePrecision) < 2e-4, kind)
      t.is(recall.at(-1), 1)
      t.true(Math.abs(precision.at(-1)! - expected.precision.at(-1)!) < 2e-3, kind)
      t.true(averagePrecision > 0.05 && averagePrecision < 1, `${kind} ${averagePrecision}`)
    }
    t.true(new Set([curves.features, curves.codes, curves.crf].map((c) => c.averagePrecision)).size === 3)
  })
}

test('a thinned curve has the points asked for, the same ends and the same average precision', async (t) => {
  const network = await makeNetwork()
  const scores = checked((native) => new native.PairScores(network))
  const input = {
    images: [scene(1)],
    partners: [],
    first: coordinates(1, 2),
    second: coordinates(1, 3),
    transform,
  }
  await job((_, cancel) => scores.add(input, cancel))
  const whole = (await job((_, cancel) => scores.curves(100_000, cancel))).features
  const thin = (await job((_, cancel) => scores.curves(10, cancel))).features
  t.is(thin.averagePrecision, whole.averagePrecision)
  t.true(whole.recall.length > 20)
  t.true(thin.recall.length <= 10 && thin.recall.length >= 8)
  t.is(thin.recall[0], whole.recall[0])
  t.is(thin.recall.at(-1), 1)
  for (const [i, recall] of thin.recall.entries()) {
    const place = whole.recall.indexOf(recall)
    t.is(whole.precision[place], thin.precision[i])
    if (i > 0) t.true(recall > thin.recall[i - 1]!)
  }
})

test('void does not count, and a position compared with itself is perfect', async (t) => {
  const network = await makeNetwork()
  const scores = checked((native) => new native.PairScores(network))
  const places: Tensor = { data: Float32Array.of(-0.8, -0.8), shape: [1, 1, 1, 2] }
  const whole = (value: number): LabeledPixels => ({
    ...scene(7),
    label: { data: new Uint8Array(SIDE * SIDE).fill(value), width: SIDE, height: SIDE },
  })
  const add = (images: LabeledPixels[]) =>
    job((_, cancel) => scores.add({ images, partners: [], first: places, second: places, transform }, cancel))
  await add([whole(VOID)])
  await t.throwsAsync(
    job((_, cancel) => scores.curves(512, cancel)),
    { code: 'ERR_STEGO_DATA_EMPTY', message: /among the 0 pairs/ },
  )
  await add([whole(2)])
  const { features, codes, crf, pairs, positives } = await job((_, cancel) => scores.curves(512, cancel))
  t.deepEqual([pairs, positives], [1, 1])
  for (const curve of [features, codes, crf]) {
    t.deepEqual(curve, { precision: [1], recall: [1], averagePrecision: 1 })
  }
})

test('what does not belong together is refused', async (t) => {
  const network = await makeNetwork()
  const scores = checked((native) => new native.PairScores(network))
  const good = {
    images: [scene(1)],
    partners: [] as LabeledPixels[],
    first: coordinates(1, 2),
    second: coordinates(1, 3),
    transform,
  }
  const small = { ...scene(1), label: { data: new Uint8Array(4), width: 2, height: 2 } }
  const wrong = {
    'no images': { ...good, images: [] },
    'a label map of another size': { ...good, images: [small] },
    'more partners than images': { ...good, partners: [scene(2), scene(3)] },
    'positions of another batch': { ...good, first: coordinates(2, 2) },
    'positions outside -1 to 1': {
      ...good,
      second: { ...good.second, data: good.second.data.map((v) => v * 9) },
    },
    'positions that are not numbers': {
      ...good,
      first: { ...good.first, data: good.first.data.map(() => Number.NaN) },
    },
  }
  for (const [what, input] of Object.entries(wrong)) {
    await t.throwsAsync(
      job((_, cancel) => scores.add(input, cancel)),
      { code: 'ERR_STEGO_ARGUMENT' },
      what,
    )
  }
  await t.throwsAsync(
    job((_, cancel) => scores.curves(1, cancel)),
    { code: 'ERR_STEGO_ARGUMENT' },
  )
  scores.dispose()
  await t.throwsAsync(
    job((_, cancel) => scores.curves(9, cancel)),
    { code: 'ERR_STEGO_DISPOSED' },
  )
})
