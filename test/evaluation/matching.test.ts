import test from 'ava'
import { matchClusters } from '../../lib/evaluation/confusion.js'
import { readGolden } from './golden.js'
import { matrix } from './matrix.js'

test('each cluster gets the class it covers best', (t) => {
  const confusion = matrix([
    [1, 90, 0],
    [0, 2, 70],
    [50, 3, 1],
  ])
  t.deepEqual([...matchClusters(confusion)], [1, 2, 0])
})

test('the total counts, not the best row', (t) => {
  // Greedy matching would take 10 first and end at 10 + 0.
  const confusion = matrix([
    [10, 9],
    [9, 0],
  ])
  t.deepEqual([...matchClusters(confusion)], [1, 0])
})

test('large counts keep every digit', (t) => {
  const huge = 2 ** 46
  const confusion = matrix([
    [huge + 1, huge, 0],
    [huge, huge - 2, 1],
    [0, 3, huge],
  ])
  // (0,1,2) and (1,0,2) differ by one pixel in 2^47.
  t.deepEqual([...matchClusters(confusion)], [1, 0, 2])
})

test('a matrix without counts is matched in order', (t) => {
  const assignment = matchClusters({ rows: 27, columns: 27, counts: new Float64Array(27 * 27) })
  t.deepEqual(
    [...assignment],
    Array.from({ length: 27 }, (_, i) => i),
  )
})

test('256 classes are matched one to one', (t) => {
  const counts = Float64Array.from({ length: 256 * 256 }, (_, i) => (i * 7919) % 10007)
  t.is(new Set(matchClusters({ rows: 256, columns: 256, counts })).size, 256)
})

test('more clusters than classes leave clusters without a class', (t) => {
  const confusion = matrix([
    [5, 1],
    [6, 0],
    [0, 2],
  ])
  t.deepEqual([...matchClusters(confusion)], [-1, 0, 1])
})

test('many to one, each cluster gets its most frequent class, the lowest of equals', (t) => {
  const confusion = matrix([
    [5, 1, 2],
    [6, 0, 0],
    [0, 2, 2],
    [0, 0, 0],
  ])
  t.deepEqual([...matchClusters(confusion, 'many-to-one')], [0, 0, 1, -1])
})

test('the counts must be those of the matrix', (t) => {
  for (const matching of ['one-to-one', 'many-to-one'] as const) {
    t.throws(() => matchClusters({ rows: 3, columns: 2, counts: new Float64Array(5) }, matching), {
      code: 'ERR_STEGO_ARGUMENT',
      message: /3 x 2 must have 6 counts, got 5/,
    })
  }
})

for (const name of ['metrics_hungarian_27', 'metrics_hungarian_6_absent']) {
  test(`${name}: the official assignment`, (t) => {
    const { stats, assign_col } = readGolden(name)
    const [rows, columns] = stats!.shape as [number, number]
    const confusion = { rows, columns, counts: Float64Array.from(stats!.values) }
    t.deepEqual([...matchClusters(confusion)], assign_col!.values)
  })
}
