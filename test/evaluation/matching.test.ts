import test from 'ava'
import { matchClusters } from '../../lib/evaluation/matching.js'
import type { ConfusionMatrix } from '../../lib/evaluation/scores.js'
import { readGolden } from './golden.js'

const matrix = (rows: number[][]): ConfusionMatrix => ({
  rows: rows.length,
  columns: rows[0]?.length ?? 0,
  counts: Float64Array.from(rows.flat()),
})

const value = ({ columns, counts }: ConfusionMatrix, assignment: ArrayLike<number>) =>
  Array.from(assignment).reduce((sum, assigned, cluster) => sum + counts[cluster * columns + assigned]!, 0)

/** The best value over all permutations. */
function best(confusion: ConfusionMatrix, taken: number[] = []): number {
  if (taken.length === confusion.rows) return value(confusion, taken)
  let most = 0
  for (let assigned = 0; assigned < confusion.columns; assigned++) {
    if (!taken.includes(assigned)) most = Math.max(most, best(confusion, [...taken, assigned]))
  }
  return most
}

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

test('matching equals exhaustive search', (t) => {
  let state = 1
  const draw = (n: number) => {
    state = (state * 48271) % 2147483647
    return state % n
  }
  for (let trial = 0; trial < 60; trial++) {
    const classes = 1 + (trial % 6)
    const rows = Array.from({ length: classes }, () => Array.from({ length: classes }, () => draw(12)))
    const confusion = matrix(rows)
    const assignment = matchClusters(confusion)
    t.deepEqual([...assignment].sort(), [...rows.keys()])
    t.is(value(confusion, assignment), best(confusion))
  }
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

test('a matrix without counts is matched one to one', (t) => {
  const assignment = matchClusters({ rows: 27, columns: 27, counts: new Float64Array(27 * 27) })
  t.deepEqual(
    [...assignment].sort((a, b) => a - b),
    Array.from({ length: 27 }, (_, i) => i),
  )
})

test('256 classes are matched one to one', (t) => {
  const counts = Float64Array.from({ length: 256 * 256 }, (_, i) => (i * 7919) % 10007)
  t.is(new Set(matchClusters({ rows: 256, columns: 256, counts })).size, 256)
})

test('clusters and classes must be equally many', (t) => {
  const error = t.throws(() => matchClusters({ rows: 3, columns: 2, counts: new Float64Array(6) }), {
    code: 'ERR_STEGO_ARGUMENT',
  })
  t.regex(error.message, /3 x 2/)
})

for (const name of ['metrics_hungarian_27', 'metrics_hungarian_6_absent']) {
  test(`${name}: an assignment of the official value`, (t) => {
    const golden = readGolden(name)
    const [rows, columns] = golden.stats!.shape as [number, number]
    const confusion = { rows, columns, counts: Float64Array.from(golden.stats!.values) }
    const official = Array.from({ length: rows }, () => 0)
    for (const [i, row] of golden.assign_row!.values.entries()) official[row] = golden.assign_col!.values[i]!
    t.is(value(confusion, matchClusters(confusion)), value(confusion, official))
  })
}
