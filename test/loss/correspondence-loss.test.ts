import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { type CorrespondenceLossOptions, correspondenceLoss } from '../../lib/loss/correspondence-loss.js'
import type { Tensor, TensorData } from '../../lib/native/index.js'
import { createRandom } from '../../lib/random/random.js'
import { readTensors } from '../support/weights.js'

/** The constants that the loss was recorded with. */
const RECORDED = {
  shifts: { self: 0.18, knn: 0.12, random: 0.46 },
  weights: { self: 0.67, knn: 0.25, random: 0.63 },
}

function randomMap(key: number, shape: number[]): Tensor {
  const random = createRandom(key)
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).map(() => 2 * random.next() - 1)
  return { data, shape }
}

/** Four images with a neighbor each, 5 x 4 positions. */
const small: CorrespondenceLossOptions = {
  features: randomMap(1, [4, 6, 5, 4]),
  codes: randomMap(2, [4, 3, 5, 4]),
  positiveFeatures: randomMap(3, [4, 6, 5, 4]),
  positiveCodes: randomMap(4, [4, 3, 5, 4]),
  shifts: { self: 0.1, knn: 0.05, random: 0.2 },
  featureSamples: 3,
  negativeSamples: 2,
}

function close(t: ExecutionContext, ours: ArrayLike<number>, theirs: ArrayLike<number>, tolerance: number) {
  t.is(ours.length, theirs.length)
  let largest = 0
  for (let i = 0; i < ours.length; i++) largest = Math.max(largest, Math.abs(ours[i]! - theirs[i]!))
  t.true(largest <= tolerance, `differs by ${largest}`)
}

const mean = ({ data }: Tensor) => data.reduce((sum, value) => sum + value, 0) / data.length

test('values and gradients are those of the official code, with its draws', async (t) => {
  const file = fileURLToPath(new URL('../golden/stego/corr_loss_full.safetensors', import.meta.url))
  const recorded = await readTensors(file)
  const float = (name: string) => recorded[name] as Tensor
  const permutations = recorded.perms as Tensor<BigInt64Array>
  const input = {
    ...RECORDED,
    features: float('feats'),
    codes: float('code'),
    positiveFeatures: float('feats_pos'),
    positiveCodes: float('code_pos'),
    coordinates1: float('coords1'),
    coordinates2: float('coords2'),
  }
  const result = await correspondenceLoss({ ...input, permutations })
  close(t, [result.total], float('total').data, 1e-6)
  close(t, [result.terms.self], float('pos_intra_loss').data, 1e-6)
  close(t, [result.terms.knn], float('pos_inter_loss').data, 1e-6)
  close(t, [result.terms.random], [mean(float('neg_inter_loss'))], 1e-6)
  close(t, [result.similarity.self], [mean(float('pos_intra_cd'))], 1e-6)
  close(t, result.pairs.random.loss.data, float('neg_inter_loss').data, 1e-5)
  close(t, result.pairs.knn.similarity.data, float('pos_inter_cd').data, 1e-5)
  close(t, result.gradients.codes.data, float('grad_code').data, 1e-6)
  close(t, result.gradients.positiveCodes.data, float('grad_code_pos').data, 1e-6)
  t.deepEqual(result.gradients.codes.shape, float('code').shape)
  t.is(result.draws.coordinates1, input.coordinates1)

  const narrow = { data: Int32Array.from(permutations.data, Number), shape: permutations.shape }
  t.deepEqual(await correspondenceLoss({ ...input, permutations: narrow }), result)
})

test('the total is the weighted sum of its terms, by mean and by sum', async (t) => {
  for (const reduction of ['mean', 'sum'] as const) {
    const { total, terms, pairs } = await correspondenceLoss({ ...small, ...RECORDED, reduction })
    const { weights } = RECORDED
    const sum = weights.self * terms.self + weights.knn * terms.knn + weights.random * terms.random
    close(t, [total / sum], [1], 1e-5)
    const count = reduction === 'mean' ? 1 : pairs.knn.loss.data.length
    close(t, [terms.knn / count], [mean(pairs.knn.loss)], 1e-7)
    t.deepEqual(pairs.self.loss.shape, [4, 3, 3, 3, 3])
    t.deepEqual(pairs.random.similarity.shape, [8, 3, 3, 3, 3])
  }
})

test('gradients agree with small steps', async (t) => {
  // Without the clamp the loss is smooth, so that steps mean something.
  const input = { ...small, zeroClamp: false }
  const { gradients } = await correspondenceLoss(input)
  const step = 1e-2
  for (const name of ['codes', 'positiveCodes'] as const) {
    const { data, shape } = input[name] as Tensor
    for (const place of [0, 17, 100, 239]) {
      const at = async (change: number) => {
        const moved = { data: data.with(place, data[place]! + change), shape }
        return (await correspondenceLoss({ ...input, [name]: moved })).total
      }
      const slope = ((await at(step)) - (await at(-step))) / (2 * step)
      close(t, [gradients[name].data[place]!], [slope], 2e-4)
    }
  }
  t.true(gradients.codes.data.some((value) => Math.abs(value) > 1e-3))
})

test('the seed fixes the draws; what is given does not change the others', async (t) => {
  const first = await correspondenceLoss({ ...small, seed: 5 })
  t.deepEqual(await correspondenceLoss({ ...small, seed: 5 }), first)
  const other = await correspondenceLoss({ ...small, seed: 6 })
  t.notDeepEqual(other.draws.coordinates1.data, first.draws.coordinates1.data)
  t.notDeepEqual(other.draws.permutations.data, first.draws.permutations.data)
  t.notDeepEqual(first.draws.coordinates1.data, first.draws.coordinates2.data)
  t.deepEqual(await correspondenceLoss({ ...small, ...first.draws, seed: 99 }), first)

  const { coordinates1, coordinates2, permutations } = first.draws
  t.deepEqual(coordinates1.shape, [4, 3, 3, 2])
  t.true(coordinates1.data.every((value) => value >= -1 && value <= 1))
  t.true(coordinates1.data.some((value) => value < -0.5) && coordinates1.data.some((value) => value > 0.5))
  const mixed = await correspondenceLoss({ ...small, seed: 6, coordinates2 })
  t.deepEqual(mixed.draws.coordinates1, other.draws.coordinates1)
  t.deepEqual(mixed.draws.permutations, other.draws.permutations)
  t.deepEqual(mixed.draws.coordinates2, coordinates2)
  t.deepEqual(permutations.shape, [2, 4])
  t.true(permutations.data.every((image, place) => image >= 0 && image < 4 && image !== place % 4))
})

test('positions given say how many there are; no random pairs leave no term', async (t) => {
  const coordinates2 = randomMap(9, [4, 2, 2, 2])
  const two = await correspondenceLoss({ ...small, coordinates2 })
  t.deepEqual(two.pairs.self.loss.shape, [4, 2, 2, 2, 2])
  const none = await correspondenceLoss({ ...small, negativeSamples: 0 })
  t.is(none.terms.random, 0)
  t.is(none.similarity.random, 0)
  t.deepEqual(none.pairs.random.loss.shape, [0, 3, 3, 3, 3])
  t.true(Number.isFinite(none.total) && none.total !== 0)
})

test('wrong tensors and options', async (t) => {
  const refused = async (
    changes: Record<string, unknown>,
    code: 'ERR_STEGO_OPTION' | 'ERR_STEGO_ARGUMENT',
    message: RegExp,
  ) => {
    await t.throwsAsync(correspondenceLoss({ ...small, ...changes } as CorrespondenceLossOptions), {
      code,
      message,
    })
  }
  const tensor = (
    shape: number[],
    data: TensorData = new Float32Array(shape.reduce((a, b) => a * b, 1)),
  ) => ({
    data,
    shape,
  })
  await refused({ shifts: undefined }, 'ERR_STEGO_OPTION', /"shifts"/)
  await refused({ shift: 1 }, 'ERR_STEGO_OPTION', /Did you mean "shifts"/)
  await refused({ codes: undefined }, 'ERR_STEGO_OPTION', /"codes" is missing: expected a tensor/)
  await refused({ codes: new Float32Array(240) }, 'ERR_STEGO_OPTION', /"codes" must be a tensor \{ data/)
  await refused({ codes: tensor([4, 3, 5, 4], new Uint8Array(240)) }, 'ERR_STEGO_OPTION', /Float32Array/)
  await refused({ featureSamples: 65 }, 'ERR_STEGO_OPTION', /"featureSamples"/)
  await refused({ codes: tensor([4, 3, 20]) }, 'ERR_STEGO_ARGUMENT', /codes .*\[B, C, h, w\].*\[4, 3, 20\]/)
  await refused(
    { codes: { data: new Float32Array(7), shape: [4, 3, 5, 4] } },
    'ERR_STEGO_ARGUMENT',
    /7 values/,
  )
  await refused({ codes: tensor([4, 3, 4, 5]) }, 'ERR_STEGO_ARGUMENT', /codes .*\[4, 3, 5, 4\].*grid/)
  await refused({ codes: tensor([2, 3, 5, 4]) }, 'ERR_STEGO_ARGUMENT', /codes .*\[4, 3, 5, 4\]/)
  await refused({ positiveFeatures: tensor([4, 7, 5, 4]) }, 'ERR_STEGO_ARGUMENT', /matching features/)
  await refused({ positiveCodes: tensor([4, 2, 5, 4]) }, 'ERR_STEGO_ARGUMENT', /matching codes/)
  const holed = (small.features as Tensor).data.with(3, Number.NaN)
  await refused({ features: tensor([4, 6, 5, 4], holed) }, 'ERR_STEGO_ARGUMENT', /features .*NaN at index 3/)
  await refused({ coordinates1: tensor([4, 3, 2, 2]) }, 'ERR_STEGO_ARGUMENT', /coordinates1 .*\[4, 3, 3, 2\]/)
  await refused({ coordinates2: tensor([3, 3, 3, 2]) }, 'ERR_STEGO_ARGUMENT', /coordinates2/)
  await refused(
    { coordinates1: tensor([4, 3, 3, 2]), coordinates2: tensor([4, 2, 2, 2]) },
    'ERR_STEGO_ARGUMENT',
    /coordinates2 .*matching the batch and each other/,
  )
  const image = (value: number) => ({ permutations: tensor([1, 4], Int32Array.of(1, 2, 3, value)) })
  await refused(image(4), 'ERR_STEGO_ARGUMENT', /0 to 3, got 4/)
  await refused(image(-1), 'ERR_STEGO_ARGUMENT', /got -1/)
  await refused({ permutations: tensor([4], new Int32Array(4)) }, 'ERR_STEGO_ARGUMENT', /\[n, 4\]/)
  await refused({ permutations: tensor([2, 2], new Int32Array(4)) }, 'ERR_STEGO_ARGUMENT', /\[n, 4\]/)
  await refused({ permutations: tensor([1, 4]) }, 'ERR_STEGO_OPTION', /Int32Array or BigInt64Array/)
})
