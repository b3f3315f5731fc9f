import test from 'ava'
import { tupleHash, tupleHashModulo } from '../../lib/data/tuple-hash.js'

test('the hashes of CPython 3.11', (t) => {
  const recorded: [number[], bigint][] = [
    [[0, 0, 0], 3010437511937009226n],
    [[0, 0, 1], -1882636517035687140n],
    [[0, 1, 0], 7619408953831620358n],
    [[2974, 4, 1], -2593977734364063823n],
    [[5, 3, 0], -8451843688223549827n],
    [[], 5740354900026072187n],
    [[1], -6644214454873602895n],
    [[9007199254740991, 0, 0], -8516785948767131711n],
    [[123456, 2, 1], -6879701643851262441n],
  ]
  for (const [values, hash] of recorded) t.is(tupleHash(values), hash, `(${values})`)
})

test('the remainder is that of Python, never negative', (t) => {
  t.is(tupleHashModulo([0, 0, 1], 1024), 796)
  t.is(tupleHashModulo([2974, 4, 1], 1000), 177)
  t.is(tupleHashModulo([5, 3, 0], 1), 0)
  t.is(tupleHashModulo([5, 3, 0], 0), 0)
})
