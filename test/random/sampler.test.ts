import test from 'ava'
import { createRandom } from '../../lib/random/random.js'
import { createSampler, samplePositives } from '../../lib/random/sampler.js'

test('each epoch visits every image once, batches run on across epochs', (t) => {
  const sampler = createSampler({ images: 10, batch: 4, seed: 1 })
  const seen = Array.from({ length: 5 }, (_, step) => [...sampler.at(step)]).flat()
  t.is(seen.length, 20)
  for (const epoch of [seen.slice(0, 10), seen.slice(10)]) {
    t.deepEqual(
      epoch.toSorted((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    )
  }
  t.notDeepEqual(seen.slice(0, 10), seen.slice(10))
})

test('a batch depends on seed and step alone', (t) => {
  const options = { images: 23, batch: 7, seed: 42 }
  const forward = createSampler(options)
  const batches = Array.from({ length: 12 }, (_, step) => [...forward.at(step)])
  for (const step of [11, 3, 0, 7, 3]) t.deepEqual([...createSampler(options).at(step)], batches[step])
  t.deepEqual([...forward.at(3)], batches[3])
  t.notDeepEqual([...createSampler({ ...options, seed: 43 }).at(0)], batches[0])
})

test('with fewer images than the batch, a batch is all images', (t) => {
  const sampler = createSampler({ images: 3, batch: 16, seed: 0 })
  t.is(sampler.batch, 3)
  for (const step of [0, 1, 99]) t.deepEqual([...sampler.at(step)].sort(), [0, 1, 2])
})

test('a sampler needs images and whole numbers', (t) => {
  t.throws(() => createSampler({ images: 0, batch: 4, seed: 0 }), { code: 'ERR_STEGO_DATA_EMPTY' })
  t.throws(() => createSampler({ images: 4, batch: 0, seed: 0 }), { code: 'ERR_STEGO_ARGUMENT' })
  t.throws(() => createSampler({ images: 4, batch: 2, seed: 0 }).at(-1), { code: 'ERR_STEGO_ARGUMENT' })
})

test('positives are drawn from the neighbors, all equally often', (t) => {
  const neighbors = Int32Array.from([1, 2, 3, 10, 11, 12, 20, 21, 22])
  const random = createRandom(9)
  const counts = new Map<number, number>()
  for (let i = 0; i < 3000; i++) {
    const positives = samplePositives(Int32Array.of(2, 0), neighbors, 3, random)
    t.is(positives.length, 2)
    for (const positive of positives) counts.set(positive, (counts.get(positive) ?? 0) + 1)
  }
  t.deepEqual(
    [...counts.keys()].toSorted((a, b) => a - b),
    [1, 2, 3, 20, 21, 22],
  )
  t.true([...counts.values()].every((count) => Math.abs(count - 1000) < 150))
})

test('positives need a row of neighbors for each image', (t) => {
  const neighbors = Int32Array.of(1, 2, 0, 2)
  const random = createRandom(0)
  t.throws(() => samplePositives(Int32Array.of(2), neighbors, 2, random), {
    code: 'ERR_STEGO_ARGUMENT',
    message: /images 0 to 1, got image 2/,
  })
  t.throws(() => samplePositives(Int32Array.of(0), neighbors, 3, random), { code: 'ERR_STEGO_ARGUMENT' })
})
