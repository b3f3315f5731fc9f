/** Precision and recall through the package's surface; their numbers are in test/native/pair-scores.test.ts. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { type PrecisionRecallOptions, Stego } from '../../lib/index.js'
import { makeDataset, SMALL } from '../support/dataset.js'

const KINDS = ['features', 'codes', 'crf'] as const

test('curves of each kind of pairs: bounded, ending at full recall, the same for any batch', async (t) => {
  const data = await makeDataset(t, { train: 5 })
  const model = await Stego.train({ ...SMALL, steps: 1, data })
  const found: number[] = []
  for (const pairs of ['self', 'knn', 'random'] as const) {
    const options = { data, split: 'train', resolution: 32, pairs } as const
    const result = await model.precisionRecall(options)
    t.is(result.compared, 5 * 11 ** 4)
    t.deepEqual([result.images, result.split, result.pairs], [5, 'train', pairs])
    t.true(result.chance > 0.02 && result.chance < 0.9)
    for (const kind of KINDS) {
      const { precision, recall, averagePrecision } = result[kind]
      t.is(precision.length, recall.length)
      t.true(recall.length > 100 && recall.length <= 512)
      t.is(recall.at(-1), 1)
      t.true(recall.every((value, i) => i === 0 || value > recall[i - 1]!))
      t.true(precision.every((value) => value >= 0 && value <= 1))
      // The last point has taken the pairs down to the lowest true one: never worse than all of them.
      t.true(precision.at(-1)! >= result.chance - 1e-12)
      t.true(averagePrecision > 0 && averagePrecision <= 1)
      found.push(averagePrecision)
    }
    // Rounding differs between batches, so that a score in a million may move by a cell.
    const other = await model.precisionRecall({ ...options, batch: 2 })
    t.deepEqual([other.compared, other.chance], [result.compared, result.chance])
    for (const kind of KINDS) {
      t.true(Math.abs(other[kind].averagePrecision - result[kind].averagePrecision) < 1e-3, kind)
    }
    t.deepEqual(await model.precisionRecall(options), result)
    t.notDeepEqual((await model.precisionRecall({ ...options, seed: 1 })).crf, result.crf)
  }
  t.is(new Set(found).size, found.length)
})

test('within one image near places of like color share a class more often than chance has it', async (t) => {
  const data = await makeDataset(t, { train: 4 })
  const model = await Stego.train({ ...SMALL, steps: 1, data })
  const { crf, chance } = await model.precisionRecall({ data, split: 'train', resolution: 64 })
  t.true(crf.averagePrecision > chance + 0.2, `${crf.averagePrecision} ${chance}`)
})

test('images without labels do not count, and without any it says what to do', async (t) => {
  const data = await makeDataset(t, { train: 3, val: 3, labeled: 1 })
  const model = await Stego.train({ ...SMALL, steps: 1, data })
  const options = { data, split: 'val', resolution: 32, samples: 3 } as const
  const { images, compared } = await model.precisionRecall(options)
  t.deepEqual([images, compared], [1, 81])
  for (const pairs of ['knn', 'random'] as const) {
    await t.throwsAsync(model.precisionRecall({ ...options, pairs }), {
      code: 'ERR_STEGO_DATA_EMPTY',
      message: /at least 2 labeled images .* has 1\. Put label maps into labels\/val/,
    })
  }
  await rm(join(data, 'labels'), { recursive: true })
  await t.throwsAsync(model.precisionRecall(options), {
    code: 'ERR_STEGO_DATA_EMPTY',
    message: /no label maps for the split "val"/,
  })
})

test('wrong options say what is expected', async (t) => {
  const data = await makeDataset(t, { train: 2 })
  const model = await Stego.train({ ...SMALL, steps: 1, data })
  const cases: [options: object, code: string, message: RegExp][] = [
    [{ pairs: 'all' }, 'ERR_STEGO_OPTION', /"pairs" must be "self", "knn" or "random", got "all"/],
    [{ samples: 0 }, 'ERR_STEGO_OPTION', /"samples" must be an integer from 1 to 64/],
    [{ split: 'tarin' }, 'ERR_STEGO_DATA_MISSING', /Did you mean "train"\?/],
    [{ resolution: 30 }, 'ERR_STEGO_SIZE', /multiple/],
  ]
  for (const [options, code, message] of cases) {
    const input = { data, split: 'train', ...options } as PrecisionRecallOptions
    await t.throwsAsync(model.precisionRecall(input), { code, message })
  }
  const reason = new Error('enough')
  const signal = AbortSignal.abort(reason)
  await t.throwsAsync(model.precisionRecall({ data, split: 'train', signal }), { is: reason })
})
