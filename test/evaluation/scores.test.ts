import test from 'ava'
import {
  type ConfusionMatrix,
  type Evaluation,
  formatEvaluation,
  scoreClusters,
  scoreLinear,
} from '../../lib/evaluation/scores.js'
import { readGolden } from './golden.js'

const matrix = (rows: number[][]): ConfusionMatrix => ({
  rows: rows.length,
  columns: rows.length,
  counts: Float64Array.from(rows.flat()),
})

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

test('without a labelled pixel there are no scores', (t) => {
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

test('metrics_hungarian_27: official accuracy; mean IoU within the range of its equal optima', (t) => {
  const { golden, confusion } = goldenConfusion('metrics_hungarian_27')
  const scores = scoreClusters(confusion)
  t.true(near(scores.accuracy, golden.Accuracy!.values[0]!))
  t.true(scores.miou! > 14.733 - 1e-3 && scores.miou! < 14.947 + 1e-3, `${scores.miou}`)
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

function evaluation(overrides: Partial<Evaluation>): Evaluation {
  const nothing = { cluster: null, online: null, linear: null, raw: null, rawLinear: null }
  return { ...nothing, images: 10, labelled: 10, split: 'val', ...overrides }
}
const scored = scoreClusters(
  matrix([
    [9, 0, 0],
    [1, 10, 0],
    [0, 0, 0],
  ]),
)

test('the table lists heads and classes by name', (t) => {
  const text = formatEvaluation(
    evaluation({
      linear: scored,
      cluster: scored,
      raw: scored,
      labelled: 7,
      classNames: ['road', 'sky', 'car'],
    }),
  )
  t.regex(text, /^val: 10 images, 7 labelled$/m)
  t.regex(text, /^Linear probe +90\.45 % +95\.00 %$/m)
  t.regex(text, /^Backbone, k-means +90\.45 % +95\.00 %$/m)
  t.regex(text, /^road +90\.00 % +90\.00 %$/m)
  t.regex(text, /^car +- +-$/m)
  t.notRegex(text, /Cluster probe|class 0/)
  t.true(text.split('\n').every((line) => line.length <= 80 && line === line.trimEnd()))
})

test('classes without names are numbered', (t) => {
  t.regex(formatEvaluation(evaluation({ cluster: scored })), /^class 1 +90\.91 %$/m)
})

test('an evaluation without labels says so', (t) => {
  t.regex(formatEvaluation(evaluation({ labelled: 0 })), /nothing to score/)
})
