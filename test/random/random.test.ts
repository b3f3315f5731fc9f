import test from 'ava'
import { createRandom, mixSeed } from '../../lib/random/random.js'

const draw = (n: number, ...keys: number[]) => {
  const random = createRandom(...keys)
  return Array.from({ length: n }, () => random.next())
}

test('the same keys give the same numbers; these must never change', (t) => {
  t.deepEqual(draw(5, 1, 2), draw(5, 1, 2))
  t.deepEqual([...createRandom(0).permutation(8)], [3, 4, 6, 0, 1, 2, 5, 7])
  t.is(mixSeed(0, 1), 7194999498738505)
})

test('other keys, another order and another number of keys give other numbers', (t) => {
  const keys = [[], [0], [0, 0], [1], [1, 0], [0, 1], [-1], [2 ** 32], [2 ** 32 + 1], [2 ** 53 - 1]]
  t.is(new Set(keys.map((key) => draw(1, ...key)[0])).size, keys.length)
  t.is(new Set(keys.map((key) => mixSeed(...key))).size, keys.length)
})

test('numbers are uniform in [0, 1)', (t) => {
  const values = draw(20_000, 3)
  t.true(values.every((value) => value >= 0 && value < 1))
  const mean = values.reduce((a, b) => a + b) / values.length
  t.true(Math.abs(mean - 0.5) < 0.01, `${mean}`)
})

test('neighboring seeds are unrelated', (t) => {
  const first = Array.from({ length: 4000 }, (_, seed) => draw(1, seed)[0]!)
  const mean = first.reduce((a, b) => a + b) / first.length
  const correlation =
    first.slice(1).reduce((sum, value, i) => sum + (value - mean) * (first[i]! - mean), 0) /
    first.length /
    (1 / 12)
  t.true(Math.abs(mean - 0.5) < 0.02 && Math.abs(correlation) < 0.06, `${mean} ${correlation}`)
})

test('integers are uniform', (t) => {
  const random = createRandom(5)
  const counts = [0, 0, 0, 0, 0, 0, 0]
  for (let i = 0; i < 14_000; i++) counts[random.integer(7)]! += 1
  t.true(
    counts.every((count) => Math.abs(count - 2000) < 200),
    `${counts}`,
  )
  t.is(random.integer(1), 0)
})

test('permutations are permutations, all of them equally likely', (t) => {
  const random = createRandom(6)
  const counts = new Map<string, number>()
  for (let i = 0; i < 6000; i++) {
    const order = [...random.permutation(3)].join()
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  t.is(counts.size, 6)
  t.true(
    [...counts.values()].every((count) => Math.abs(count - 1000) < 150),
    `${[...counts.values()]}`,
  )
  t.deepEqual([...random.permutation(0)], [])
})

test('mixed seeds are safe non-negative integers', (t) => {
  for (let i = 0; i < 1000; i++) {
    const seed = mixSeed(i, 7)
    t.true(Number.isSafeInteger(seed) && seed >= 0)
  }
})

test('keys and bounds must be whole numbers', (t) => {
  t.throws(() => createRandom(0.5), { code: 'ERR_STEGO_ARGUMENT', message: /0\.5/ })
  t.throws(() => mixSeed(Number.NaN), { code: 'ERR_STEGO_ARGUMENT' })
  for (const n of [0, -1, 1.5, 2 ** 33]) {
    t.throws(() => createRandom(1).integer(n), { code: 'ERR_STEGO_ARGUMENT' })
  }
})
