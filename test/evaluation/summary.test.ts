import test from 'ava'
import type { Evaluation, LinearScores } from '../../lib/evaluation/evaluation.js'
import { scoreLinear } from '../../lib/evaluation/scores.js'
import { requireSameClasses, summarize } from '../../lib/evaluation/summary.js'
import { matrix } from './matrix.js'

const scores = (miou: number | null, accuracy: number, iou: (number | null)[]): LinearScores => ({
  miou,
  accuracy,
  iou,
  confusion: [],
})

function evaluation(heads: Partial<Evaluation>): Evaluation {
  const nothing = { cluster: null, online: null, linear: null, raw: null, rawLinear: null }
  return { ...nothing, images: 4, labelled: 4, split: 'val', ...heads }
}

test('mean and sample standard deviation of every figure', (t) => {
  const summary = summarize([
    evaluation({ linear: scores(10, 40, [10, 0]) }),
    evaluation({ linear: scores(20, 50, [10, 4]) }),
    evaluation({ linear: scores(30, 90, [10, 8]) }),
  ])
  t.is(summary.count, 3)
  t.deepEqual(summary.mean.linear, { miou: 20, accuracy: 60, iou: [10, 4] })
  t.is(summary.spread.linear!.miou, 10)
  t.is(summary.spread.linear!.accuracy, Math.sqrt(700))
  t.deepEqual(summary.spread.linear!.iou, [0, 4])
  t.deepEqual(JSON.parse(JSON.stringify(summary)), summary)
})

test('a figure that some lack is taken over the others, a spread needs two', (t) => {
  const { mean, spread } = summarize([
    evaluation({ linear: scores(10, 40, [10, null, null]) }),
    evaluation({ linear: scores(null, 50, [20, 7, null]) }),
  ])
  t.deepEqual(mean.linear, { miou: 10, accuracy: 45, iou: [15, 7, null] })
  t.deepEqual(spread.linear, { miou: null, accuracy: Math.sqrt(50), iou: [Math.sqrt(50), null, null] })
})

test('a head that one of them lacks has no mean', (t) => {
  const whole = scoreLinear(matrix([[3]]))
  const { mean, spread } = summarize([
    evaluation({ linear: whole, rawLinear: whole }),
    evaluation({ linear: whole }),
  ])
  t.is(mean.linear!.miou, 100)
  t.is(spread.linear!.miou, 0)
  t.is(mean.rawLinear, null)
  t.is(spread.rawLinear, null)
  t.is(mean.cluster, null)
})

test('one evaluation is its own mean, without a spread', (t) => {
  const { mean, spread } = summarize([evaluation({ linear: scores(10, 40, [10]) })])
  t.deepEqual(mean.linear, { miou: 10, accuracy: 40, iou: [10] })
  t.deepEqual(spread.linear, { miou: null, accuracy: null, iou: [null] })
})

test('models of different numbers of classes are not summed up', (t) => {
  const three = evaluation({ linear: scores(1, 1, [1, 1, 1]) })
  const two = evaluation({ online: { ...scores(1, 1, [1, 1]), assignment: [] } })
  t.throws(() => summarize([three, evaluation({}), two]), {
    code: 'ERR_STEGO_ARGUMENT',
    message: /evaluation 1 with 3 and evaluation 3 with 2/,
  })
  t.notThrows(() => requireSameClasses([]))
})

test('without evaluations there is nothing to sum up', (t) => {
  t.throws(() => summarize([]), { code: 'ERR_STEGO_ARGUMENT', message: /got none/ })
})
