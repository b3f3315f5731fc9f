import test from 'ava'
import { assignRows } from '../../lib/evaluation/assignment.js'
import { createRandom } from '../../lib/random/random.js'

const value = (values: number[][], assignment: ArrayLike<number>) =>
  values.reduce((sum, row, i) => sum + (assignment[i] === -1 ? 0 : row[assignment[i]!]!), 0)

/** The best value over all assignments that leave a row alone only where there are more rows than columns. */
function best(values: number[][], taken: number[] = []): number {
  const [columns, row] = [values[0]!.length, taken.length]
  if (row === values.length) return value(values, taken)
  const spare = values.length - columns - taken.filter((column) => column === -1).length
  const choices = [...values[0]!.keys()].filter((column) => !taken.includes(column))
  if (spare > 0) choices.push(-1)
  return Math.max(...choices.map((column) => best(values, [...taken, column])))
}

const assign = (values: number[][]) => [
  ...assignRows(Float64Array.from(values.flat()), values.length, values[0]!.length),
]

test('the value is that of exhaustive search, also of rectangles and with many ties', (t) => {
  const random = createRandom(5)
  for (let trial = 0; trial < 300; trial++) {
    const [rows, columns] = [1 + (trial % 6), 1 + (Math.floor(trial / 6) % 6)]
    const most = [1, 2, 12][trial % 3]!
    const values = Array.from({ length: rows }, () =>
      Array.from({ length: columns }, () => random.integer(most + 1)),
    )
    const assignment = assign(values)
    const columnsTaken = assignment.filter((column) => column !== -1)
    t.is(columnsTaken.length, Math.min(rows, columns))
    t.is(new Set(columnsTaken).size, columnsTaken.length)
    t.is(value(values, assignment), best(values), JSON.stringify(values))
  }
})

/** Recorded from scipy 1.17.1, `linear_sum_assignment(values, maximize=True)`: each has five optima or more. */
const RECORDED: [values: string[], assignment: number[]][] = [
  [
    ['10000', '22300', '30122', '01021', '32130'],
    [1, 2, 0, 4, 3],
  ],
  [
    ['10010', '10111', '00101', '10101', '00100'],
    [3, 2, 4, 0, 1],
  ],
  [
    ['0110', '1000', '1000', '1000'],
    [1, 0, 2, 3],
  ],
  [
    ['11000', '00010', '00111', '11101'],
    [0, 3, 2, 1],
  ],
  [
    ['10110', '11100', '10110', '10011'],
    [0, 1, 2, 3],
  ],
  [
    ['02021', '13032', '20302', '23302'],
    [1, 3, 2, 0],
  ],
  [
    ['001', '100', '000', '101'],
    [1, 0, -1, 2],
  ],
  [
    ['023', '332', '023', '023'],
    [1, 0, 2, -1],
  ],
  [
    ['011', '001', '000', '011'],
    [0, 2, -1, 1],
  ],
]
for (const [rows, assignment] of RECORDED) {
  test(`of several optima of ${rows.join(' ')} the one that scipy takes`, (t) => {
    t.deepEqual(assign(rows.map((row) => [...row].map(Number))), assignment)
  })
}

test('negative values are assigned too', (t) => {
  t.deepEqual(
    assign([
      [-1, -5],
      [-2, -9],
    ]),
    [1, 0],
  )
})

test('without rows or columns nothing is paired', (t) => {
  t.deepEqual([...assignRows(new Float64Array(0), 0, 3)], [])
  t.deepEqual([...assignRows(new Float64Array(0), 2, 0)], [-1, -1])
})
