import test from 'ava'
import {
  addon,
  type CrfOptions,
  type CrfProblem,
  type CrfTerm,
  checked,
  job,
  type Tensor,
} from '../../lib/native/index.js'
import { defaultThreads } from '../../lib/native/threads.js'
import { createRandom } from '../../lib/random/random.js'
import { INSTRUCTION_SETS, testEachSet } from '../support/kernels.js'
import { LEVEL } from '../support/level.js'
import { plainDenseCrf } from '../support/plain-crf.js'

const FORMS = ['automatic', 'operators', 'kernels'] as const

const PROBLEMS = { fast: 250, full: 5000, long: 50_000 }[LEVEL]

/** STEGO's constants (docs/dense-crf-algorithm.md, step 13). */
function stegoOptions(instructions: CrfOptions['instructions'] = 'auto'): CrfOptions {
  const weight = (value: number): Tensor => ({ data: Float32Array.of(value), shape: [1] })
  return {
    terms: [
      { xyStd: [1, 1], colorStd: null, compatibility: weight(3), normalization: 'symmetric' },
      { xyStd: [67, 67], colorStd: [3, 3, 3], compatibility: weight(4), normalization: 'symmetric' },
    ],
    iterations: 10,
    instructions,
  }
}

const largestDifference = (a: ArrayLike<number> & Iterable<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)

async function refine(problem: CrfProblem): Promise<Float32Array> {
  const results = await job((native, cancel) => native.denseCrf([problem], 'probabilities', cancel))
  return results[0]![0]!.probabilities!.data
}

/** A random problem: size, labels, picture, terms and unaries depend on the seed alone. */
function randomProblem(seed: number): CrfProblem {
  const random = createRandom(seed)
  const int = (low: number, high: number) => low + Math.floor(random.next() * (high - low + 1))
  const oneOf = <T>(values: readonly T[]) => values[int(0, values.length - 1)]!
  const log = (low: number, high: number) => low * (high / low) ** random.next()
  const [width, height, labels] = [int(1, 11), int(1, 11), oneOf([1, 2, 3, 4, 5, 8, 9, 16, 17, 30])]
  const levels = oneOf([1, 2, 4, 256])
  const data = new Uint8Array(width * height * 3).map(() => Math.floor((int(0, levels - 1) * 255) / levels))
  const unary = new Float32Array(labels * width * height).map(() => 8 * random.next())
  const term = (colors: boolean): CrfTerm => {
    const normalization = oneOf(['symmetric', 'symmetric', 'before', 'after', 'none'] as const)
    const strength = normalization === 'none' ? 0.05 : 5
    const shape = oneOf([[1], [1], [labels], [labels, labels]])
    const size = shape.reduce((a, b) => a * b, 1)
    return {
      xyStd: [log(0.05, 100), log(0.05, 100)],
      colorStd: colors ? [log(0.1, 100), log(0.1, 100), log(0.1, 100)] : null,
      compatibility: {
        data: new Float32Array(size).map(() => strength * (2 * random.next() - 1)),
        shape,
      },
      normalization,
    }
  }
  const terms = oneOf([() => [], () => [term(false)], () => [term(true)], () => [term(false), term(true)]])()
  return {
    image: { data, width, height },
    scores: [{ kind: 'unary', values: { data: unary, shape: [labels, height, width] } }],
    options: { terms, iterations: int(0, 3), instructions: oneOf(['auto', ...INSTRUCTION_SETS] as const) },
  }
}

/** A picture of soft shapes with some noise, and random logits for each number of labels. */
function picture(
  width: number,
  height: number,
  labels: number[],
  instructions: CrfOptions['instructions'] = 'auto',
): CrfProblem {
  const random = createRandom(7)
  const data = new Uint8Array(width * height * 3).map((_, i) => {
    const p = Math.floor(i / 3)
    const wave = Math.sin((p % width) / 9 + (i % 3)) * Math.cos(Math.floor(p / width) / 7)
    return 128 + 90 * wave + 12 * random.next()
  })
  const scores = labels.map((count) => ({
    kind: 'logits' as const,
    values: {
      data: new Float32Array(count * width * height).map(() => 4 * random.next()),
      shape: [count, height, width],
    },
  }))
  return { image: { data, width, height }, scores, options: stegoOptions(instructions) }
}

for (const form of FORMS) {
  test(`random small problems equal the scalar algorithm, form: ${form}`, async (t) => {
    let worst = 0
    for (let seed = 0; seed < PROBLEMS; seed++) {
      const problem = randomProblem(seed)
      const computed = await refine({ ...problem, options: { ...problem.options, form } })
      const expected = plainDenseCrf(problem)
      const difference = largestDifference(expected, computed)
      if (!(difference <= 1e-4)) t.fail(`seed ${seed} is off by ${difference}`)
      worst = Math.max(worst, difference)
    }
    t.log(`largest difference in ${PROBLEMS} problems: ${worst.toExponential(1)}`)
    t.pass()
  })
}

test('all forms agree on a picture: probabilities, labels, divergence and vertices', async (t) => {
  const all = []
  for (const form of FORMS) {
    const problem = picture(97, 61, [27, 5])
    const options = { ...problem.options, form }
    const field = await job((native, cancel) => native.MeanField.begin({ ...problem, options }, cancel))
    await job((_, cancel) => field.iterate(10, cancel))
    const { vertices } = checked(() => field.info)
    const sets = []
    for (const set of [0, 1]) {
      const probabilities = (await job(() => field.probabilities(set))).data
      const labels = (await job(() => field.labels(set))).data
      sets.push({ probabilities, labels, divergence: await job(() => field.divergence(set)) })
    }
    all.push({ vertices, sets })
    field.dispose()
  }
  const [fast, ...others] = all
  for (const { vertices, sets } of others) {
    t.deepEqual(fast!.vertices, vertices)
    for (const [i, set] of fast!.sets.entries()) {
      const other = sets[i]!
      t.true(largestDifference(set.probabilities, other.probabilities) < 2e-5)
      t.true(set.labels.filter((label, p) => label !== other.labels[p]).length <= 1)
      t.true(Math.abs(set.divergence - other.divergence) < 1e-5 * Math.abs(other.divergence))
    }
  }
})

test('kernels give the same bits in any order of their indices', async (t) => {
  const results: Buffer[] = []
  for (const order of ['ascending', 'descending', 'shuffled', 'interleaved'] as const) {
    const problem = picture(61, 47, [27, 5])
    const options = { ...problem.options, form: 'kernels' as const, order }
    const [sets] = await job((native, cancel) =>
      native.denseCrf([{ ...problem, options }], 'probabilities', cancel),
    )
    results.push(Buffer.concat(sets!.map(({ probabilities }) => Buffer.from(probabilities!.data.buffer))))
  }
  for (const result of results) t.true(result.equals(results[0]!))
})

test('1, 2 and 4 threads give the same bits', async (t) => {
  t.teardown(() => addon().configure({ threads: defaultThreads() }))
  const problem = picture(203, 151, [27, 11])
  const results: Float32Array[][] = []
  for (const threads of [1, 2, 4]) {
    addon().configure({ threads })
    const [sets] = await job((native, cancel) => native.denseCrf([problem], 'probabilities', cancel))
    results.push(sets!.map(({ probabilities }) => probabilities!.data))
    const batch = await job((native, cancel) =>
      native.denseCrf([problem, problem, problem, problem, problem], 'probabilities', cancel),
    )
    for (const again of batch) results.push(again.map(({ probabilities }) => probabilities!.data))
  }
  const same = (a: Float32Array, b: Float32Array) => Buffer.from(a.buffer).equals(Buffer.from(b.buffer))
  for (const [i, result] of results.entries()) {
    for (const set of [0, 1]) t.true(same(result[set]!, results[0]![set]!), `result ${i}, label set ${set}`)
  }
})

testEachSet('all instruction sets agree', async (t, instructions) => {
  for (const labels of [2, 7, 13, 27, 40, 60, 200]) {
    const expected = await refine(picture(60, 40, [labels], 'portable'))
    const computed = await refine(picture(60, 40, [labels], instructions))
    const difference = largestDifference(computed, expected)
    t.true(difference <= 2e-5, `${labels} labels: ${difference}`)
  }
})

test('label sets that share a lattice come out as each by itself', async (t) => {
  const together = picture(50, 30, [5, 27, 2])
  const [sets] = await job((native, cancel) => native.denseCrf([together], 'both', cancel))
  for (const [i, scores] of together.scores.entries()) {
    const problem = { ...together, scores: [scores] }
    const results = await job((native, cancel) => native.denseCrf([problem], 'both', cancel))
    const alone = results[0]![0]!
    const shared = sets![i]!.probabilities!.data
    t.true(shared.every((value, j) => Math.abs(value - alone.probabilities!.data[j]!) < 1e-6))
    t.deepEqual(sets![i]!.labels, alone.labels)
  }
})

test('what is wrong is told before any work', async (t) => {
  const good = picture(6, 5, [3])
  const refuse = async (change: Partial<CrfProblem>, message: RegExp) => {
    const error = await t.throwsAsync(
      job((native, cancel) => native.denseCrf([good, { ...good, ...change }], 'labels', cancel)),
    )
    t.is((error as { code?: string } | undefined)?.code, 'ERR_STEGO_ARGUMENT')
    t.regex(error?.message ?? '', message)
  }
  const scores = (data: Float32Array, shape: number[], kind: 'unary' | 'probabilities' = 'unary') => ({
    scores: [{ kind, values: { data, shape } }],
  })
  const filled = (value: number) => {
    const data = new Float32Array(90)
    data[41] = value
    return data
  }
  const withTerm = (change: Partial<CrfTerm>) => ({
    options: { ...good.options, terms: [{ ...good.options.terms[1]!, ...change }] },
  })
  await refuse(scores(filled(Number.NaN), [3, 5, 6]), /finite/)
  await refuse(scores(filled(Number.POSITIVE_INFINITY), [3, 5, 6]), /finite/)
  await refuse(scores(filled(1.5), [3, 5, 6], 'probabilities'), /between 0 and 1/)
  await refuse(scores(filled(0), [3, 6, 5]), /6 x 5 pixels, got 5 x 6/)
  await refuse(scores(filled(0), [90]), /\[labels, height, width\]/)
  await refuse(scores(new Float32Array(0), [0, 5, 6]), /between 1 and 256 labels, got 0/)
  await refuse(scores(new Float32Array(257 * 30), [257, 5, 6]), /between 1 and 256 labels, got 257/)
  await refuse({ scores: [] }, /at least one set/)
  await refuse({ scores: Array.from({ length: 65 }, () => good.scores[0]!) }, /at most 256 channels in total/)
  for (const value of [0, -1, 1e-50, 1e300]) {
    await refuse(withTerm({ xyStd: [value, 1] }), /standard deviations above 0/)
    await refuse(withTerm({ colorStd: [3, value, 3] }), /standard deviations above 0/)
  }
  await refuse(withTerm({ colorStd: [1e-8, 1e-8, 1e-8] }), /larger standard deviations/)
  await refuse(withTerm({ xyStd: [1e-4, 1], colorStd: null }), /larger standard deviations/)
  const compatibility = (...values: number[]) => ({
    compatibility: { data: Float32Array.from(values), shape: [values.length] },
  })
  await refuse(withTerm(compatibility(1, 2)), /compatibility of 1, 3 or 9 values/)
  await refuse(withTerm(compatibility(Number.NaN)), /weights between/)
  await refuse({ options: { ...good.options, iterations: -1 } }, /negative number of iterations/)
})
