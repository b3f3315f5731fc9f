/** The exact search beside plain float64 arithmetic, for every kind of products and number of threads. */
import test, { type ExecutionContext } from 'ava'
import { addon, job, type NeighborSearch, type Tensor } from '../../lib/native/index.js'
import { defaultThreads } from '../../lib/native/threads.js'
import { createRandom } from '../../lib/random/random.js'
import { testInt8 } from '../support/kernels.js'

test.afterEach.always(() => addon().configure({ threads: defaultThreads() }))

/** Vectors of a kind that is hard in its way; some are duplicates, some are zero. */
function hardVectors(count: number, dim: number, spread: number): Tensor {
  const random = createRandom(count, dim)
  const common = Array.from({ length: dim }, () => random.next() - 0.5)
  const data = new Float32Array(count * dim).map((_, i) => common[i % dim]! + spread * (random.next() - 0.5))
  for (let i = 0; i < count / 5; i++) {
    const [to, from] = [random.integer(count) * dim, random.integer(count) * dim]
    data.copyWithin(to, from, from + dim)
    if (i % 3 === 0) data.fill(0, to, to + dim)
  }
  return { data, shape: [count, dim] }
}

/** Cosines in float64, rounded to float32, ties by index. */
function plainNeighbors({ data, shape }: Tensor, k: number) {
  const [count, dim] = shape as [number, number]
  const dot = (i: number, j: number) => {
    let sum = 0
    for (let c = 0; c < dim; c++) sum += data[i * dim + c]! * data[j * dim + c]!
    return sum
  }
  const factors = Array.from({ length: count }, (_, i) => 1 / Math.max(Math.sqrt(dot(i, i)), 1e-12))
  const indices = new Int32Array(count * k)
  const similarities = new Float32Array(count * k)
  for (let i = 0; i < count; i++) {
    const cosines = Float32Array.from({ length: count }, (_, j) => dot(i, j) * (factors[i]! * factors[j]!))
    const ranked = [...cosines.keys()]
      .filter((j) => j !== i)
      .sort((a, b) => cosines[b]! - cosines[a]! || a - b)
    indices.set(ranked.slice(0, k), i * k)
    similarities.set(
      ranked.slice(0, k).map((j) => cosines[j]!),
      i * k,
    )
  }
  return { indices, similarities }
}

const CASES: [count: number, dim: number, k: number, spread: number][] = [
  [2, 3, 1, 1],
  [17, 5, 16, 1],
  [49, 1, 48, 1],
  [130, 384, 7, 1],
  [333, 63, 30, 1e-4],
  [1201, 33, 10, 10],
]

for (const products of ['float32', 'int8'] as const) {
  const declare = products === 'int8' ? testInt8 : test
  declare(
    `${products} products: the lists of plain arithmetic, whatever the number of threads`,
    async (t: ExecutionContext) => {
      const search = (options: Partial<NeighborSearch>, vectors: Tensor, k: number) =>
        job((native, cancel) => {
          const all = { method: 'exact', probes: 64, seed: 1, products, ...options } as const
          return native.nearestNeighbors(vectors, k, all, cancel)
        })
      for (const [count, dim, k, spread] of CASES) {
        const vectors = hardVectors(count, dim, spread)
        const expected = plainNeighbors(vectors, k)
        const listed: Int32Array[] = []
        for (const threads of [1, 2, 4]) {
          addon().configure({ threads })
          const { indices, similarities, recall, decided } = await search({}, vectors, k)
          const of = `${count} x ${dim}, ${threads} threads`
          t.deepEqual({ indices, similarities }, expected, of)
          t.is(recall, null)
          t.true(decided >= (count * k) / 2 && decided <= count * (count - 1), of)
          const some = await search({ method: 'inverted-file', probes: 3 }, vectors, k)
          t.true(some.recall! > 0 && some.recall! <= 1)
          listed.push(some.indices)
        }
        for (const lists of listed) t.deepEqual(lists, listed[0])
      }
    },
  )
}
