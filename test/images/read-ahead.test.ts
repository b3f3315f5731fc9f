/** Reading ahead. */
import test from 'ava'
import { readAhead } from '../../lib/images/read-ahead.js'

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}

test('results come in order, and no more reads are open than were asked for', async (t) => {
  let open = 0
  let most = 0
  const read = async (item: number) => {
    most = Math.max(most, ++open)
    for (let turn = 0; turn < 10 - item; turn++) await null
    open--
    return item * item
  }
  t.deepEqual(await collect(readAhead([1, 2, 3, 4, 5, 6], read, 2)), [1, 4, 9, 16, 25, 36])
  t.is(most, 3)
  t.deepEqual(await collect(readAhead([3, 4], read, 5)), [9, 16])
  t.deepEqual(await collect(readAhead([], read, 2)), [])
})

test('a failure comes at its turn; what was begun behind it fails unheard', async (t) => {
  const read = async (item: number) => {
    if (item > 1) throw new Error(`item ${item}`)
    return item
  }
  const values = readAhead([0, 1, 2, 3], read, 3)
  t.is((await values.next()).value, 0)
  t.is((await values.next()).value, 1)
  await t.throwsAsync(async () => values.next(), { message: 'item 2' })
})

test('a reader that stops early is not waited for', async (t) => {
  for await (const value of readAhead([1, 2, 3], async (item) => item, 2)) {
    t.is(value, 1)
    break
  }
})
