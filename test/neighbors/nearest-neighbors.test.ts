import test from 'ava'
import type { Tensor } from '../../lib/native/index.js'
import { type NearestNeighborsOptions, nearestNeighbors } from '../../lib/neighbors/nearest-neighbors.js'
import { createRandom } from '../../lib/random/random.js'

const COUNT = 50
const DIM = 6

function randomVectors(): Tensor {
  const random = createRandom(1)
  const data = new Float32Array(COUNT * DIM).map(() => 2 * random.next() - 1)
  return { data, shape: [COUNT, DIM] }
}

/** Cosine similarities of one vector with all, in plain arithmetic. */
function similarities({ data }: Tensor, row: number): number[] {
  const vector = (i: number) => [...data.subarray(i * DIM, (i + 1) * DIM)]
  const own = vector(row)
  return Array.from({ length: COUNT }, (_, i) => {
    const other = vector(i)
    const dot = own.reduce((sum, value, c) => sum + value * other[c]!, 0)
    return dot / (Math.hypot(...own) * Math.hypot(...other))
  })
}

test('the nearest by cosine, nearest first, as a tensor and as one array', async (t) => {
  const vectors = randomVectors()
  const before = vectors.data.slice()
  const found = await nearestNeighbors(vectors, { k: 5 })
  t.deepEqual(found.indices.shape, [COUNT, 5])
  t.deepEqual(found.similarities.shape, [COUNT, 5])
  for (let row = 0; row < COUNT; row++) {
    const all = similarities(vectors, row)
    const ranked = [...all.keys()].filter((i) => i !== row).sort((a, b) => all[b]! - all[a]!)
    t.deepEqual([...found.indices.data.subarray(row * 5, row * 5 + 5)], ranked.slice(0, 5))
    for (let rank = 0; rank < 5; rank++) {
      t.true(Math.abs(found.similarities.data[row * 5 + rank]! - all[ranked[rank]!]!) < 1e-6)
    }
  }
  t.deepEqual(vectors.data, before)
  t.deepEqual(await nearestNeighbors(vectors.data, { k: 5, dim: DIM }), found)
})

test('with exclude none the vector itself comes first, then the others', async (t) => {
  const vectors = randomVectors()
  const others = await nearestNeighbors(vectors, { k: 3 })
  const all = await nearestNeighbors(vectors, { k: 4, exclude: 'none' })
  t.deepEqual(all.indices.shape, [COUNT, 4])
  for (let row = 0; row < COUNT; row++) {
    const rest = [...others.indices.data.subarray(3 * row, 3 * row + 3)]
    t.deepEqual([...all.indices.data.subarray(4 * row, 4 * row + 4)], [row, ...rest])
    const values = [...others.similarities.data.subarray(3 * row, 3 * row + 3)]
    t.deepEqual([...all.similarities.data.subarray(4 * row, 4 * row + 4)], [1, ...values])
  }
  const alone = await nearestNeighbors(Float32Array.of(3, 4), { k: 1, dim: 2, exclude: 'none' })
  t.deepEqual(alone.indices, { data: Int32Array.of(0), shape: [1, 1] })
  t.deepEqual(alone.similarities, { data: Float32Array.of(1), shape: [1, 1] })
})

test('duplicates are each other’s neighbors, equals go by index, zeros are like none', async (t) => {
  const data = Float32Array.of(1, 0, 0, 0, 2, 0, 1, 0, 0, 1)
  const { indices, similarities } = await nearestNeighbors({ data, shape: [5, 2] }, { k: 2 })
  t.deepEqual(indices.data, Int32Array.of(2, 3, 0, 2, 0, 3, 0, 2, 0, 1))
  t.deepEqual(similarities.data, Float32Array.of(1, 1, 0, 0, 1, 1, 1, 1, 0, 0))
  const own = await nearestNeighbors({ data, shape: [5, 2] }, { k: 1, exclude: 'none' })
  t.deepEqual(own.similarities.data, Float32Array.of(1, 0, 1, 1, 1))
})

test('vectors of any length count by their direction', async (t) => {
  const data = Float32Array.of(3e38, 3e38, 1e-11, 0, 0, 1e-42, 1, 0.9)
  const { indices, similarities } = await nearestNeighbors({ data, shape: [4, 2] }, { k: 3 })
  t.deepEqual(indices.data, Int32Array.of(3, 1, 2, 3, 0, 2, 0, 3, 1, 0, 1, 2))
  t.is(similarities.data[1], Math.fround(Math.SQRT1_2))
  t.true(
    similarities.data[2]! > 0 && similarities.data[2]! < 1e-29,
    'shorter than 1e-12: not brought to unit length',
  )
})

test('an inverted file misses some neighbors and says how many', async (t) => {
  const count = 900
  const random = createRandom(2)
  const vectors = { data: new Float32Array(count * DIM).map(() => random.next() - 0.5), shape: [count, DIM] }
  const exact = await nearestNeighbors(vectors, { k: 6 })
  t.is(exact.recall, null)
  t.deepEqual(await nearestNeighbors(vectors, { k: 6, method: 'exact' }), exact)

  const few = await nearestNeighbors(vectors, { k: 6, method: 'inverted-file', probes: 8, seed: 3 })
  const found = Array.from({ length: count }, (_, row) => {
    const own = new Set(few.indices.data.subarray(6 * row, 6 * row + 6))
    return exact.indices.data.subarray(6 * row, 6 * row + 6).filter((index) => own.has(index)).length
  })
  const share = found.reduce((sum, value) => sum + value, 0) / (6 * count)
  t.true(share > 0.5 && share < 1)
  t.is(few.recall, share, 'so few are all in the sample')
  t.deepEqual(await nearestNeighbors(vectors, { k: 6, method: 'inverted-file', probes: 8, seed: 3 }), few)
  const other = await nearestNeighbors(vectors, { k: 6, method: 'inverted-file', probes: 8, seed: 4 })
  t.notDeepEqual(other.indices, few.indices)

  const all = await nearestNeighbors(vectors, { k: 6, method: 'inverted-file', probes: count })
  t.deepEqual(all, { ...exact, recall: 1 })
  const more = await nearestNeighbors(vectors, { k: count - 1, method: 'inverted-file', probes: 1 })
  t.is(more.recall, 1, 'lists that hold too few rows are not enough')
})

test('wrong vectors and options', async (t) => {
  const vectors = randomVectors()
  const refused = async (
    given: unknown,
    options: unknown,
    code: 'ERR_STEGO_OPTION' | 'ERR_STEGO_ARGUMENT',
    message: RegExp,
  ) => {
    const call = () => nearestNeighbors(given as Tensor, options as NearestNeighborsOptions)
    await t.throwsAsync(async () => call(), { code, message })
  }
  await refused(vectors, {}, 'ERR_STEGO_OPTION', /"k" is missing/)
  await refused(vectors, { k: 0 }, 'ERR_STEGO_OPTION', /"k"/)
  await refused(vectors, { k: 2, exclude: 'all' }, 'ERR_STEGO_OPTION', /"exclude"/)
  await refused(vectors, { k: 2, method: 'fast' }, 'ERR_STEGO_OPTION', /"method"/)
  await refused(vectors, { k: 2, probes: 0 }, 'ERR_STEGO_OPTION', /"probes"/)
  await refused(vectors, { k: 2, seed: -1 }, 'ERR_STEGO_OPTION', /"seed"/)
  await refused(vectors, { k: 2, dims: 2 }, 'ERR_STEGO_OPTION', /Did you mean "dim"/)
  await refused(vectors, { k: COUNT }, 'ERR_STEGO_ARGUMENT', /at most 49.*got 50/)
  await refused(vectors, { k: COUNT + 1, exclude: 'none' }, 'ERR_STEGO_ARGUMENT', /at most 50/)
  await refused(vectors, { k: 2, dim: 3 }, 'ERR_STEGO_OPTION', /"dim" is 3/)
  await refused(vectors.data, { k: 2 }, 'ERR_STEGO_OPTION', /"dim" is missing/)
  await refused(vectors.data, { k: 2, dim: 7 }, 'ERR_STEGO_ARGUMENT', /shape \[N, C\]/)
  await refused(new Float32Array(), { k: 1, dim: 7 }, 'ERR_STEGO_ARGUMENT', /got \[0, 7\]/)
  await refused({ ...vectors, shape: [300] }, { k: 2 }, 'ERR_STEGO_ARGUMENT', /got \[300\]/)
  await refused(
    { ...vectors, shape: [-50, -6] },
    { k: 2 },
    'ERR_STEGO_ARGUMENT',
    /every dimension at least 1/,
  )
  await refused(undefined, { k: 2 }, 'ERR_STEGO_ARGUMENT', /Float32Array/)
  await refused([1, 2, 3], { k: 2, dim: 1 }, 'ERR_STEGO_ARGUMENT', /Float32Array/)
  const holed = { ...vectors, data: vectors.data.with(7, Number.NaN) }
  await refused(holed, { k: 2 }, 'ERR_STEGO_ARGUMENT', /got NaN at index 7/)
  const endless = { ...vectors, data: vectors.data.with(8, Number.POSITIVE_INFINITY) }
  await refused(endless, { k: 2 }, 'ERR_STEGO_ARGUMENT', /got Infinity/)
})

test('a search that has begun is aborted', async (t) => {
  const random = createRandom(3)
  const data = new Float32Array(20_000 * 64).map(() => random.next() - 0.5)
  for (const method of ['exact', 'inverted-file'] as const) {
    const stop = new AbortController()
    const reason = new Error('enough')
    const search = nearestNeighbors(data, { k: 30, dim: 64, method, signal: stop.signal })
    setTimeout(() => stop.abort(reason), 50)
    t.is(await t.throwsAsync(search), reason)
  }
})

test('an aborted search ends with the reason', async (t) => {
  const reason = new Error('changed my mind')
  const signal = AbortSignal.abort(reason)
  t.is(await t.throwsAsync(nearestNeighbors(randomVectors(), { k: 2, signal })), reason)
})
