import test from 'ava'
import { regionCenters } from '../../lib/output/regions.js'

/** A label map from rows of digits. */
function map(...rows: string[]) {
  return {
    data: Uint8Array.from(rows.join(''), Number),
    width: rows[0]!.length,
    height: rows.length,
  }
}

test('the middle of the largest square in each region', (t) => {
  const centers = regionCenters(map('00000111', '00000111', '00000111', '00000000', '00000000'), 2)
  t.deepEqual(centers, [
    { label: 0, x: 2, y: 2, reach: 3 },
    { label: 1, x: 6, y: 1, reach: 2 },
  ])
})

test('regions of one label are told apart, small ones left out', (t) => {
  const centers = regionCenters(map('0001000', '0001000', '0001000'), 2)
  t.deepEqual(
    centers.map(({ label, x }) => [label, x]),
    [
      [0, 1],
      [0, 5],
    ],
  )
  t.is(regionCenters(map('0101', '1010'), 1).length, 8)
})
