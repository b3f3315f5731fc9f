import test from 'ava'
import sharp from 'sharp'
import {
  CRF_PRESETS,
  type DenseCrfOptions,
  type DenseCrfProblem,
  denseCrf,
  denseCrfBatch,
} from '../../lib/crf/index.js'
import type { Tensor } from '../../lib/index.js'
import { createRandom } from '../../lib/random/random.js'

const [WIDTH, HEIGHT, LABELS] = [24, 18, 3]
const PIXELS = WIDTH * HEIGHT

/** The left half red, the right half green, with some noise. */
function halves() {
  const random = createRandom(3)
  const data = new Uint8Array(PIXELS * 3).map((_, i) => {
    const left = Math.floor(i / 3) % WIDTH < WIDTH / 2
    const channel = i % 3
    return (channel === (left ? 0 : 1) ? 200 : 30) + 4 * random.next()
  })
  return { data, width: WIDTH, height: HEIGHT, channels: 3 as const }
}

/** Probabilities that know the halves roughly: label 0 left and 1 right, with every fifth pixel wrong. */
function roughProbabilities(): Tensor {
  const data = new Float32Array(LABELS * PIXELS)
  for (let p = 0; p < PIXELS; p++) {
    const right = p % WIDTH >= WIDTH / 2
    const label = (right ? 1 : 0) ^ (p % 5 === 0 ? 1 : 0)
    for (let l = 0; l < LABELS; l++) data[l * PIXELS + p] = l === label ? 0.6 : 0.2
  }
  return { data, shape: [LABELS, HEIGHT, WIDTH] }
}

const problem = () => ({ image: halves(), probabilities: roughProbabilities() })
const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)

test('labels follow the picture', async (t) => {
  const { width, height, labels, probabilities } = await denseCrf({ ...problem(), output: 'both' })
  t.deepEqual([width, height], [WIDTH, HEIGHT])
  t.deepEqual(probabilities!.shape, [LABELS, HEIGHT, WIDTH])
  for (let p = 0; p < PIXELS; p++) {
    t.is(labels![p], p % WIDTH < WIDTH / 2 ? 0 : 1)
    const sum = [0, 1, 2].reduce((total, l) => total + probabilities!.data[l * PIXELS + p]!, 0)
    t.true(Math.abs(sum - 1) < 1e-5)
  }
})

test('output says what is returned; inputs are not changed', async (t) => {
  const given = problem()
  const [pixels, values] = [given.image.data.slice(), given.probabilities.data.slice()]
  const labels = await denseCrf({ ...given, output: 'labels' })
  t.is(labels.probabilities, null)
  t.is(labels.labels!.length, PIXELS)
  const probabilities = await denseCrf(given)
  t.is(probabilities.labels, null)
  t.deepEqual(given.image.data, pixels)
  t.deepEqual(given.probabilities.data, values)
})

test('probabilities, their logarithms as logits and their energies are one', async (t) => {
  const { image, probabilities } = problem()
  const { shape } = probabilities
  const log = (sign: number) => ({ data: probabilities.data.map((p) => sign * Math.log(p)), shape })
  const expected = (await denseCrf({ image, probabilities })).probabilities!
  const logits = (await denseCrf({ image, logits: log(1) })).probabilities!
  const unary = (await denseCrf({ image, unary: log(-1) })).probabilities!
  t.true(largest(logits.data, expected.data) < 1e-5)
  t.true(largest(unary.data, expected.data) < 1e-5)
})

test('an encoded picture is as good as raw pixels', async (t) => {
  const { image, probabilities } = problem()
  const raw = { width: WIDTH, height: HEIGHT, channels: 3 as const }
  const png = await sharp(image.data, { raw }).png().toBuffer()
  const expected = await denseCrf({ image, probabilities })
  t.deepEqual(await denseCrf({ image: png, probabilities }), expected)
})

test('presets stand where nothing else is given', async (t) => {
  const run = async (options: Partial<DenseCrfOptions>) =>
    (await denseCrf({ ...problem(), iterations: 2, ...options })).probabilities!.data
  const stego = await run({})
  t.deepEqual(await run({ preset: 'stego', ...CRF_PRESETS.stego }), stego)
  t.deepEqual(
    await run({ bilateral: { xyStd: [67, 67], rgbStd: [3, 3, 3], weight: 4 }, normalization: 'symmetric' }),
    stego,
  )
  const deeplab = await run({ preset: 'deeplab' })
  t.true(largest(deeplab, stego) > 1e-3)
  t.deepEqual(await run(CRF_PRESETS.deeplab), deeplab)
  t.true(largest(await run({ gaussian: null }), stego) > 1e-3)
  t.true(largest(await run({ channelOrder: 'rgb' }), stego) > 0)
  t.true(largest(await run({ normalization: 'none' }), stego) > 1e-3)
  const none = await run({ gaussian: null, bilateral: null })
  t.true(largest(none, roughProbabilities().data) < 1e-5)
})

test('standard deviations of colors belong to colors, whatever the order', async (t) => {
  const bilateral = { xyStd: 20, rgbStd: [2, 30, 90], weight: 4 } as const
  const { image, probabilities } = problem()
  const flipped = { ...image, data: image.data.map((_, i) => image.data[i - 2 * (i % 3) + 2]!) }
  const rgb = await denseCrf({ image, probabilities, bilateral, channelOrder: 'rgb' })
  const other = { ...bilateral, rgbStd: bilateral.rgbStd.toReversed() }
  t.deepEqual(await denseCrf({ image: flipped, probabilities, bilateral: other, channelOrder: 'bgr' }), rgb)
})

test('a compatibility of each label or pair stands for the weight it equals', async (t) => {
  const run = async (gaussian: DenseCrfOptions['gaussian']) =>
    (await denseCrf({ ...problem(), gaussian, iterations: 3 })).probabilities!.data
  const expected = await run({ xyStd: 2, weight: 5 })
  const each = { data: new Float32Array(LABELS).fill(-5), shape: [LABELS] }
  const pairs = {
    data: Float32Array.of(-5, 1, 2, -1, -5, 3, -2, -3, -5),
    shape: [LABELS, LABELS],
  }
  t.true(largest(await run({ xyStd: 2, compatibility: each }), expected) < 1e-6)
  t.true(largest(await run({ xyStd: 2, compatibility: pairs }), expected) < 1e-5)
})

test('onIteration sees every iteration, its probabilities and a divergence that falls', async (t) => {
  const divergences: number[] = []
  let last: Tensor | undefined
  const { probabilities } = await denseCrf({
    ...problem(),
    iterations: 4,
    onIteration: async (state) => {
      t.is(state.iteration, divergences.length + 1)
      divergences.push(await state.divergence())
      last = await state.probabilities()
    },
  })
  t.is(divergences.length, 4)
  t.true(divergences.at(-1)! < divergences[0]!)
  t.deepEqual(last, probabilities!)
  t.deepEqual((await denseCrf({ ...problem(), iterations: 4 })).probabilities, probabilities)
})

test('a batch gives what each picture gives by itself', async (t) => {
  const small: DenseCrfProblem = {
    image: { data: halves().data.subarray(0, 12 * 5 * 3), width: 12, height: 5, channels: 3 },
    logits: { data: new Float32Array(2 * 60).map((_, i) => i % 7), shape: [2, 5, 12] },
  }
  const problems = [problem(), small, problem()]
  const alone = await Promise.all(problems.map((each) => denseCrf({ ...each, output: 'both' })))
  t.deepEqual(await denseCrfBatch(problems, { output: 'both' }), alone)
  t.deepEqual(await denseCrfBatch([]), [])
})

test('an aborted call rejects with the reason, between iterations too', async (t) => {
  const reason = new Error('enough')
  await t.throwsAsync(denseCrf({ ...problem(), signal: AbortSignal.abort(reason) }), { is: reason })
  await t.throwsAsync(denseCrfBatch([problem()], { signal: AbortSignal.abort(reason) }), { is: reason })
  const controller = new AbortController()
  let iterations = 0
  const running = denseCrf({
    ...problem(),
    signal: controller.signal,
    onIteration: () => {
      iterations++
      controller.abort(reason)
    },
  })
  await t.throwsAsync(running, { is: reason })
  t.is(iterations, 1)
})

test('an aborted call ends while native code iterates', async (t) => {
  const reason = new Error('enough')
  const controller = new AbortController()
  const [width, height] = [400, 300]
  const running = denseCrf({
    image: { data: new Uint8Array(width * height * 3), width, height, channels: 3 },
    logits: { data: new Float32Array(20 * width * height), shape: [20, height, width] },
    iterations: 1000,
    signal: controller.signal,
  })
  setTimeout(() => controller.abort(reason), 50)
  await t.throwsAsync(running, { is: reason })
})

test('wrong options are refused with a remedy', async (t) => {
  const given = problem()
  const refuse = (change: object, code: string, message: RegExp) =>
    t.throwsAsync(denseCrf({ ...given, ...change } as DenseCrfOptions), { code, message })
  await refuse(
    { logits: given.probabilities },
    'ERR_STEGO_OPTION',
    /exactly one of .*probabilities and logits/,
  )
  await refuse({ probabilities: undefined }, 'ERR_STEGO_OPTION', /got none/)
  await refuse({ image: undefined }, 'ERR_STEGO_OPTION', /"image" is missing/)
  await refuse({ image: 'nowhere.png' }, 'ERR_STEGO_DATA_MISSING', /does not exist/)
  await refuse({ iteration: 3 }, 'ERR_STEGO_OPTION', /Did you mean "iterations"/)
  await refuse(
    { gaussian: { xyStd: 0, weight: 1 } },
    'ERR_STEGO_OPTION',
    /"gaussian.xyStd" must be a number above 0/,
  )
  await refuse({ bilateral: { xyStd: 1, rgbStd: [1, 2] } }, 'ERR_STEGO_OPTION', /red, green, blue/)
  await refuse({ bilateral: { xyStd: 67, rgbStd: 1e-8 } }, 'ERR_STEGO_ARGUMENT', /larger standard deviations/)
  const wrong = { data: given.probabilities.data, shape: [LABELS, WIDTH, HEIGHT] }
  await refuse({ probabilities: wrong }, 'ERR_STEGO_ARGUMENT', /\[3, 18, 24\], matching the image/)
  const nan = { ...given.probabilities, data: given.probabilities.data.slice().fill(Number.NaN, 7, 8) }
  await refuse({ probabilities: nan }, 'ERR_STEGO_ARGUMENT', /finite/)
  const each = { data: Float32Array.of(1, 2), shape: [2] }
  await refuse(
    { gaussian: { xyStd: 1, compatibility: each } },
    'ERR_STEGO_ARGUMENT',
    /\[3\], matching the number of labels/,
  )
  await refuse(
    { gaussian: { xyStd: 1, weight: 1, compatibility: each } },
    'ERR_STEGO_OPTION',
    /mutually exclusive/,
  )
})
