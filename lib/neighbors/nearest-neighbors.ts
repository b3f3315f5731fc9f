/**
 * Nearest neighbors of any vectors, as training finds those of images
 * (docs/method-constants.md#nearest-neighbors).
 */
import { z } from 'zod'
import { StegoError } from '../errors.js'
import { job, type Neighbors, type Tensor } from '../native/index.js'
import { parseOptions } from '../options/parse.js'
import { abortSignal, option } from '../options/schema.js'
import { checkTensor } from '../options/tensor.js'

export const nearestNeighborsSchema = z.strictObject({
  k: option(z.int().min(1), { doc: 'Neighbors of each vector.' }),
  dim: option(z.int().min(1).optional(), {
    doc: 'Length of a vector, where the vectors come as one Float32Array without a shape.',
  }),
  exclude: option(z.enum(['self', 'none']).default('self'), {
    doc: 'self leaves a vector out of its own neighbors; none lists it first among them, as the original does.',
  }),
  method: option(z.enum(['auto', 'exact', 'inverted-file']).default('auto'), {
    doc:
      'exact compares all pairs. inverted-file compares a vector with those of near lists alone, which misses some ' +
      'neighbors. auto is exact up to a million vectors.',
  }),
  probes: option(z.int().min(1).default(64), {
    doc: 'Lists of an inverted file that a vector is compared with, of about 4 sqrt(N); all of them miss nothing.',
  }),
  seed: option(z.int().min(0).default(0), { doc: 'Seed of an inverted file.' }),
  signal: abortSignal(),
})

/** What `nearestNeighbors()` takes beside the vectors. */
export interface NearestNeighborsInput extends z.input<typeof nearestNeighborsSchema> {}

/** Neighbors of N vectors, nearest first. */
export interface NearestNeighbors {
  /** Rows of the neighbors, [N, k]. */
  indices: Tensor<Int32Array>
  /** Their cosine similarities, [N, k], computed in float64. */
  similarities: Tensor
  /** Share of the true neighbors found by an inverted file, measured on 1000 vectors; null where all were found. */
  recall: number | null
}

/** Shorter vectors are not brought to unit length, as in PyTorch's `normalize`. */
const SHORTEST = 1e-12
const NOTHING: Neighbors = { indices: new Int32Array(), similarities: new Float32Array(), recall: null }

/**
 * Finds the nearest neighbors of each vector among all of them by cosine similarity; equals go to the lower index. A
 * vector of zeros is like none: its similarities are 0. Exact lists are the same on every machine and for every number
 * of threads; those by an inverted file for every number of threads, given the seed. Memory beside vectors and result: at
 * most N (8 k + C + 28) bytes and some megabytes a thread; by an inverted file N (C + 32), and that of its centers.
 * @param vectors [N, C] as `{ data, shape }`, or one array with `dim` values a vector
 *
 * Rejects with `ERR_STEGO_OPTION` for wrong options; `ERR_STEGO_ARGUMENT` where the vectors have another shape or values
 * that are not finite, or are too few for `k`: at most N - 1, with `exclude: 'none'` at most N; and with the signal's
 * reason.
 *
 * ```ts
 * const { indices } = await nearestNeighbors({ data, shape: [1000, 384] }, { k: 7 })
 * ```
 */
export async function nearestNeighbors(
  vectors: Float32Array | Tensor,
  options: NearestNeighborsInput,
): Promise<NearestNeighbors> {
  const { k, dim, exclude, signal, ...search } = parseOptions(
    nearestNeighborsSchema,
    options,
    'nearestNeighbors()',
  )
  const rows = toRows(vectors, dim)
  checkTensor('vectors', rows, ['N', 'C'])
  const count = rows.shape[0]!
  const most = exclude === 'self' ? count - 1 : count
  if (k > most) {
    const all = exclude === 'self' ? 'besides itself ' : ''
    throw new StegoError(
      'ERR_STEGO_ARGUMENT',
      `k must be at most ${most}: a vector has no more neighbors ${all}among ${count}; got ${k}.`,
    )
  }
  const others = exclude === 'self' ? k : k - 1
  const { indices, similarities, recall } =
    others > 0
      ? await job(
          (native, cancel) => native.nearestNeighbors(rows, others, { ...search, products: 'auto' }, cancel),
          signal,
        )
      : NOTHING
  const shape = [count, k]
  if (exclude === 'self') {
    return { indices: { data: indices, shape }, similarities: { data: similarities, shape }, recall }
  }
  const itself = Int32Array.from({ length: count }, (_, row) => row)
  return {
    indices: { data: prepend(itself, indices, k), shape },
    similarities: { data: prepend(similaritiesToItself(rows), similarities, k), shape },
    recall,
  }
}

function toRows(vectors: unknown, dim: number | undefined): Tensor {
  if (vectors instanceof Float32Array) {
    if (dim === undefined) {
      throw new StegoError(
        'ERR_STEGO_OPTION',
        'nearestNeighbors(): "dim" is missing: expected the length of a vector, for vectors without a shape. Give ' +
          'dim, or the vectors as { data, shape }.',
      )
    }
    return { data: vectors, shape: [vectors.length / dim, dim] }
  }
  const { data, shape } = (vectors ?? {}) as Partial<Tensor>
  if (!(data instanceof Float32Array) || !Array.isArray(shape)) {
    throw new StegoError(
      'ERR_STEGO_ARGUMENT',
      'vectors must be a Float32Array, or { data: Float32Array, shape: [N, C] }. Convert them first.',
    )
  }
  if (dim !== undefined && shape[1] !== dim) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `nearestNeighbors(): "dim" is ${dim}, but the vectors have the shape [${shape.join(', ')}]. Leave dim out.`,
    )
  }
  return { data, shape }
}

/** 1, but for vectors that are not brought to unit length; [N]. */
function similaritiesToItself({ data, shape }: Tensor): Float32Array {
  const [count, dim] = shape as [number, number]
  return Float32Array.from({ length: count }, (_, row) => {
    let squares = 0
    for (let place = row * dim; place < (row + 1) * dim; place++) squares += data[place]! ** 2
    return Math.min(1, squares / SHORTEST ** 2)
  })
}

/** A table of k columns: `first`, then those of `rest`. */
function prepend<T extends Int32Array | Float32Array>(first: T, rest: T, k: number): T {
  const table = first.constructor as new (length: number) => T
  const result = new table(first.length * k)
  for (let row = 0; row < first.length; row++) {
    result[row * k] = first[row]!
    result.set(rest.subarray(row * (k - 1), (row + 1) * (k - 1)), row * k + 1)
  }
  return result
}
