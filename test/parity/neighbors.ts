/** Nearest neighbors by cosine similarity. */
import type { Neighbors, Tensor } from '../../lib/native/index.js'
import { nearestNeighbors } from '../../lib/neighbors/nearest-neighbors.js'
import type { Comparison } from './files.js'
import { entry, reader, tabulate } from './tensors.js'

type Lists = Pick<Neighbors, 'indices' | 'similarities'>

/** Neighbors whose recorded similarities differ by less may swap places. */
const TIE = 3e-6

/** An item's similarity to itself: recorded lists hold the item, ours leave it out. */
const SELF = 1

export const compareNeighbors: Comparison = async (golden) => {
  const vectors = golden.float('feats')
  const top = golden.long('top30')
  const [count, listed] = top.shape as [number, number]
  const neighbors = async (k: number): Promise<Lists> => {
    const { indices, similarities } = await nearestNeighbors(vectors, { k })
    return { indices: indices.data, similarities: similarities.data as Float32Array }
  }
  golden.expect('loss', 'sims', similarityMatrix(await neighbors(count - 1), count))

  const nearest = await neighbors(listed - 1)
  const recordedSimilarity = reader(golden.float('sims'))
  const similarities: number[] = []
  let wrong = 0
  for (let item = 0; item < count; item++) {
    const row = rowOf(nearest, item, count)
    const recorded = [...entry(top, item).data].map(Number)
    const self = Math.max(0, recorded.indexOf(item))
    if (recorded[self] !== item) wrong++
    const others = recorded.toSpliced(self, 1)
    wrong += repeats(others) + repeats([...row.indices])
    wrong += others.filter((other, rank) => {
      const ours = recordedSimilarity(item, row.indices[rank]!)
      return !(Math.abs(ours - recordedSimilarity(item, other)) < TIE)
    }).length
    similarities.push(...[...row.similarities].toSpliced(self, 0, SELF))
  }
  golden.record('mismatches', 'top30', wrong)
  golden.expect('loss', 'top30_sim', { data: similarities, shape: top.shape })
}

const repeats = (values: number[]) => values.length - new Set(values).size

/** The neighbors of one item. */
function rowOf({ indices, similarities }: Lists, item: number, count: number): Lists {
  const k = indices.length / count
  const range = [item * k, (item + 1) * k] as const
  return { indices: indices.subarray(...range), similarities: similarities.subarray(...range) }
}

/** The similarity of every pair of items, from complete lists. */
function similarityMatrix(neighbors: Lists, count: number): Tensor {
  const matrix = tabulate([count, count], () => SELF)
  for (let item = 0; item < count; item++) {
    const { indices, similarities } = rowOf(neighbors, item, count)
    for (const [rank, other] of indices.entries()) matrix.data[item * count + other] = similarities[rank]!
  }
  return matrix
}
