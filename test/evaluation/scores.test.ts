import test from 'ava'
import { scoreClusters, scoreLinear } from '../../lib/evaluation/scores.js'
import { readGolden } from './golden.js'
import { matrix } from './matrix.js'

const near = (a: number | null | undefined, b: number, tolerance = 1e-4) =>
  typeof a === 'number' && Math.abs(a - b) < tolerance

test('IoU, its mean and accuracy in percent', (t) => {
  const { iou, miou, accuracy, confusion } = scoreLinear(
    matrix([
      [6, 2],
      [1, 11],
    ]),
  )
  t.true(near(iou[0], (100 * 6) / 9))
  t.true(near(iou[1], (100 * 11) / 14))
  t.true(near(miou, (100 * (6 / 9 + 11 / 14)) / 2))
  t.true(near(accuracy, 85))
  t.deepEqual(confusion, [
    [6, 2],
    [1, 11],
  ])
})

test('a class that occurs nowhere is left out of the mean, one only predicted counts as 0', (t) => {
  const scores = scoreLinear(
    matrix([
      [8, 0, 0],
      [2, 0, 0],
      [0, 0, 0],
    ]),
  )
  t.deepEqual(scores.iou, [80, 0, null])
  t.is(scores.miou, 40)
})

test('without a labeled pixel there are no scores', (t) => {
  const empty = { rows: 3, columns: 3, counts: new Float64Array(9) }
  for (const scores of [scoreLinear(empty), scoreClusters(empty)]) {
    t.is(scores.miou, null)
    t.is(scores.accuracy, null)
    t.deepEqual(scores.iou, [null, null, null])
  }
})

test('classes are scored on a square matrix', (t) => {
  t.throws(() => scoreLinear({ rows: 2, columns: 3, counts: new Float64Array(6) }), {
    code: 'ERR_STEGO_ARGUMENT',
    message: /2 x 3/,
  })
})

test('clusters are scored as the classes they match', (t) => {
  const scores = scoreClusters(
    matrix([
      [0, 9, 1],
      [0, 0, 7],
      [5, 0, 0],
    ]),
  )
  t.deepEqual(scores.assignment, [1, 2, 0])
  t.deepEqual(scores.confusion, [
    [5, 0, 0],
    [0, 9, 1],
    [0, 0, 7],
  ])
  t.true(near(scores.accuracy, (100 * 21) / 22))
})

test('a cluster without a class is wrong everywhere and no class in the mean', (t) => {
  const scores = scoreClusters(
    matrix([
      [0, 9],
      [2, 1],
      [8, 0],
    ]),
  )
  t.deepEqual(scores.assignment, [1, -1, 0])
  t.deepEqual(scores.unmatched, [2, 1])
  t.deepEqual(scores.confusion, [
    [8, 0],
    [0, 9],
  ])
  t.deepEqual(scores.iou, [80, 90])
  t.is(scores.miou, 85)
  t.is(scores.accuracy, (100 * 17) / 20)
})

test('many to one, clusters of a class are added up', (t) => {
  const scores = scoreClusters(
    matrix([
      [0, 9],
      [2, 1],
      [8, 0],
    ]),
    { matching: 'many-to-one' },
  )
  t.deepEqual(scores.assignment, [1, 0, 0])
  t.deepEqual(scores.confusion, [
    [10, 1],
    [0, 9],
  ])
  t.is(scores.accuracy, 95)
  t.false('unmatched' in scores)
})

test('fewer clusters than classes leave classes without a prediction', (t) => {
  const scores = scoreClusters(matrix([[1, 8, 3]]))
  t.deepEqual(scores.assignment, [1])
  t.deepEqual(scores.iou, [0, (100 * 8) / 12, 0])
})

test('the official metric matches one to one', (t) => {
  t.throws(() => scoreClusters(matrix([[1]]), { official: true, matching: 'many-to-one' }), {
    code: 'ERR_STEGO_OPTION',
    message: /official.*many-to-one/,
  })
})

test('scores survive JSON', (t) => {
  const scores = scoreClusters(
    matrix([
      [1, 2],
      [3, 4],
    ]),
  )
  t.deepEqual(JSON.parse(JSON.stringify(scores)), scores)
})

function goldenConfusion(name: string) {
  const golden = readGolden(name)
  const [rows, columns] = golden.stats!.shape as [number, number]
  return { golden, confusion: { rows, columns, counts: Float64Array.from(golden.stats!.values) } }
}

test('metrics_linear_27: the official scores', (t) => {
  const { golden, confusion } = goldenConfusion('metrics_linear_27')
  const scores = scoreLinear(confusion)
  t.true(near(scores.miou, golden.mIoU!.values[0]!))
  t.true(near(scores.accuracy, golden.Accuracy!.values[0]!))
})

test('metrics_hungarian_27: of several optima the official one, on which mean IoU depends', (t) => {
  const { golden, confusion } = goldenConfusion('metrics_hungarian_27')
  const scores = scoreClusters(confusion)
  t.deepEqual(scores.assignment, golden.map_clusters_arange!.values)
  t.true(near(scores.accuracy, golden.Accuracy!.values[0]!))
  t.true(near(scores.miou, 14.796683, 1e-5), `${scores.miou}`)
})

test('metrics_hungarian_6_absent: the official scores with absent classes', (t) => {
  const { golden, confusion } = goldenConfusion('metrics_hungarian_6_absent')
  const scores = scoreClusters(confusion)
  t.true(near(scores.accuracy, golden.Accuracy!.values[0]!))
  t.true(near(scores.miou, golden.mIoU!.values[0]!), `${scores.miou}`)
})

test('metrics_hungarian_27: the official assignment gives the official mean IoU', (t) => {
  const { golden, confusion } = goldenConfusion('metrics_hungarian_27')
  const histogram = {
    rows: 27,
    columns: 27,
    counts: Float64Array.from(golden.histogram!.values),
  }
  t.true(near(scoreLinear(histogram).miou, golden.mIoU!.values[0]!))
  t.is(
    confusion.counts.reduce((a, b) => a + b),
    histogram.counts.reduce((a, b) => a + b),
  )
})
