import test from 'ava'
import type { LinearScores } from '../../lib/evaluation/evaluation.js'
import { scoreLinear } from '../../lib/evaluation/scores.js'
import { requireSameClasses, summarize } from '../../lib/evaluation/summary.js'
import { evaluation } from './evaluation.js'
import { matrix } from './matrix.js'

const scores = (miou: number | null, accuracy: number, iou: (number | null)[]): LinearScores => ({
  miou,
  accuracy,
  iou,
  confusion: [],
})

test('mean and sample standard deviation of every figure', (t) => {
  const summary = summarize([
    evaluation({ linearProbe: scores(10, 40, [10, 0]) }),
    evaluation({ linearProbe: scores(20, 50, [10, 4]) }),
    evaluation({ linearProbe: scores(30, 90, [10, 8]) }),
  ])
  t.is(summary.count, 3)
  t.deepEqual(summary.mean.linearProbe, { miou: 20, accuracy: 60, iou: [10, 4] })
  t.is(summary.spread.linearProbe!.miou, 10)
  t.is(summary.spread.linearProbe!.accuracy, Math.sqrt(700))
  t.deepEqual(summary.spread.linearProbe!.iou, [0, 4])
  t.deepEqual(JSON.parse(JSON.stringify(summary)), summary)
})

test('a figure that some lack is taken over the others, a spread needs two', (t) => {
  const { mean, spread } = summarize([
    evaluation({ linearProbe: scores(10, 40, [10, null, null]) }),
    evaluation({ linearProbe: scores(null, 50, [20, 7, null]) }),
  ])
  t.deepEqual(mean.linearProbe, { miou: 10, accuracy: 45, iou: [15, 7, null] })
  t.deepEqual(spread.linearProbe, { miou: null, accuracy: Math.sqrt(50), iou: [Math.sqrt(50), null, null] })
})

test('a head that one of them lacks has no mean', (t) => {
  const whole = scoreLinear(matrix([[3]]))
  const { mean, spread } = summarize([
    evaluation({ linearProbe: whole, baselineLinearProbe: whole }),
    evaluation({ linearProbe: whole }),
  ])
  t.is(mean.linearProbe!.miou, 100)
  t.is(spread.linearProbe!.miou, 0)
  t.is(mean.baselineLinearProbe, null)
  t.is(spread.baselineLinearProbe, null)
  t.is(mean.kmeans, null)
})

test('one evaluation is its own mean, without a spread', (t) => {
  const { mean, spread } = summarize([evaluation({ linearProbe: scores(10, 40, [10]) })])
  t.deepEqual(mean.linearProbe, { miou: 10, accuracy: 40, iou: [10] })
  t.deepEqual(spread.linearProbe, { miou: null, accuracy: null, iou: [null] })
})

test('models of different numbers of classes are not summed up', (t) => {
  const three = evaluation({ linearProbe: scores(1, 1, [1, 1, 1]) })
  const two = evaluation({ clusterProbe: { ...scores(1, 1, [1, 1]), assignment: [] } })
  t.throws(() => summarize([three, evaluation({}), two]), {
    code: 'ERR_STEGO_ARGUMENT',
    message: /evaluation 1 with 3 and evaluation 3 with 2/,
  })
  t.notThrows(() => requireSameClasses([]))
})

test('without evaluations there is nothing to sum up', (t) => {
  t.throws(() => summarize([]), { code: 'ERR_STEGO_ARGUMENT', message: /got none/ })
})
