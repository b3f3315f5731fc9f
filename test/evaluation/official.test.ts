import test, { type ExecutionContext } from 'ava'
import {
  computeOfficially,
  officialCounts,
  scoreClustersOfficially,
  scoreLinearOfficially,
} from '../../lib/evaluation/official.js'
import { readGolden } from './golden.js'
import { matrix } from './matrix.js'

function recorded(name: string) {
  const golden = readGolden(name)
  const [rows, columns] = golden.stats!.shape as [number, number]
  return { golden, stats: { rows, columns, counts: Float64Array.from(golden.stats!.values) } }
}

/** Within 1e-4 percent: the official sums are in float32, in an order that depends on its processor. */
function close(t: ExecutionContext, value: number | null, expected: number): void {
  t.true(Math.abs(value! - expected) < 1e-4, `${value}, recorded ${expected}`)
}

for (const name of [
  'metrics_hungarian_5_extra3',
  'metrics_hungarian_3_extra1',
  'metrics_hungarian_27',
  'metrics_hungarian_6_absent',
]) {
  test(`${name}: the official figures`, (t) => {
    const { golden, stats } = recorded(name)
    const { miou, accuracy, confusion, assignment } = scoreClustersOfficially(stats)
    close(t, miou, golden.mIoU!.values[0]!)
    close(t, accuracy, golden.Accuracy!.values[0]!)
    t.deepEqual(confusion.flat(), golden.histogram!.values)
    t.deepEqual(assignment, golden.map_clusters_arange!.values)
  })
}

test('metrics_linear_27: the official figures', (t) => {
  const { golden, stats } = recorded('metrics_linear_27')
  const { miou, accuracy, confusion } = scoreLinearOfficially(stats)
  close(t, miou, golden.mIoU!.values[0]!)
  close(t, accuracy, golden.Accuracy!.values[0]!)
  t.deepEqual(confusion.flat(), golden.histogram!.values)
})

test('extra clusters are not counted', (t) => {
  const counts = matrix([
    [7, 1],
    [2, 8],
    [5, 6],
  ])
  t.deepEqual([...officialCounts(counts).counts], [7, 1, 2, 8, 0, 0])
  const { accuracy, unmatched, assignment } = scoreClustersOfficially(counts)
  t.is(accuracy, 100 * Math.fround(15 / 18))
  t.deepEqual(unmatched, [0, 0])
  t.deepEqual(assignment, [0, 1, -1])
})

test('counted all the same, clusters without a class are a class of IoU 0, and the map is shifted', (t) => {
  const stats = matrix([
    [20, 0, 0, 0],
    [0, 20, 0, 0],
    [1, 1, 1, 1],
    [0, 0, 20, 0],
    [0, 0, 0, 20],
  ])
  const { miou, iou, confusion, assignment } = computeOfficially(stats)
  t.true(Math.abs(miou! - 76.19) < 0.001, `${miou}`)
  t.deepEqual(iou, new Array(4).fill(100 * Math.fround(20 / 21)))
  t.deepEqual(confusion.at(-1), [1, 1, 1, 1, 0])
  t.deepEqual(assignment, [0, 1, 2, -1, 3])
})

test('without a labeled pixel there are no figures', (t) => {
  for (const clusters of [2, 3]) {
    const stats = { rows: clusters, columns: 2, counts: new Float64Array(clusters * 2) }
    const { miou, accuracy, iou } = scoreClustersOfficially(stats)
    t.deepEqual([miou, accuracy, iou], [null, null, [null, null]])
  }
})

test('classes are scored on a square matrix, clusters on at least as many as classes', (t) => {
  const wide = matrix([[1, 2, 3]])
  t.throws(() => scoreLinearOfficially(wide), { code: 'ERR_STEGO_ARGUMENT', message: /1 x 3/ })
  t.throws(() => scoreClustersOfficially(wide), { code: 'ERR_STEGO_ARGUMENT', message: /got 1 and 3/ })
})
