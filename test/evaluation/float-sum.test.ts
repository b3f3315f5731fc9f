import test from 'ava'
import { sumFloats } from '../../lib/evaluation/float-sum.js'

/** Half of the last digit of 1: lost when added to 1 alone, kept when two of them meet first. */
const HALF = 2 ** -24
const KEPT = 1 + 2 * HALF

/** Zeros but for some values by their place. */
function sparse(length: number, values: Record<number, number>): number[] {
  return Array.from({ length }, (_, place) => values[place] ?? 0)
}

test('fewer than eight values: what is left over after four meets the first', (t) => {
  t.is(sumFloats([]), 0)
  t.is(sumFloats(sparse(6, { 1: 1, 4: HALF, 5: HALF })), KEPT)
  t.is(sumFloats(sparse(6, { 0: 1, 1: HALF, 2: HALF })), 1)
})

test('from eight values on every eighth meets, and what is left over goes before them', (t) => {
  t.is(sumFloats(sparse(17, { 1: 1, 0: HALF, 8: HALF })), KEPT)
  t.is(sumFloats(sparse(17, { 1: 1, 0: HALF, 16: HALF })), KEPT)
  t.is(sumFloats(sparse(17, { 1: 1, 0: HALF, 10: HALF })), 1)
})

test('four registers take turns, the last of five rows goes to the first', (t) => {
  t.is(sumFloats(sparse(40, { 8: 1, 0: HALF, 32: HALF })), KEPT)
  t.is(sumFloats(sparse(40, { 8: 1, 0: HALF, 16: HALF })), 1)
})

test('every value counts once', (t) => {
  for (const length of [1, 7, 8, 9, 31, 32, 33, 100, 257]) {
    const values = Array.from({ length }, (_, place) => place)
    t.is(sumFloats(values), (length * (length - 1)) / 2)
  }
})
