/**
 * Nearest neighbors of arbitrary vectors, found as training finds those of images
 * (docs/method-constants.md#nearest-neighbors).
 */
import { z } from 'zod'
import { StegoError } from '../errors.js'
import { job, type Neighbors, type Tensor } from '../native/index.js'
import { parseOptions } from '../options/parse.js'
import { abortSignal, option } from '../options/schema.js'
import { checkTensor } from '../options/tensor.js'
import { isArrayOf } from '../values.js'

export const nearestNeighborsSchema = z.strictObject({
  k: option(z.int().min(1), { doc: 'Number of neighbors per vector.' }),
  dim: option(z.int().min(1).optional(), {
    doc: 'Length of a vector, required if the vectors are a Float32Array without a shape.',
  }),
  exclude: option(z.enum(['self', 'none']).default('self'), {
    doc: 'self excludes a vector from its own neighbors; none lists it first, as the original does.',
  }),
  method: option(z.enum(['auto', 'exact', 'inverted-file']).default('auto'), {
    doc:
      'exact compares all pairs; inverted-file compares a vector only with those in nearby lists and misses some ' +
      'neighbors; auto is exact up to a million vectors.',
  }),
  probes: option(z.int().min(1).default(64), {
    doc: 'Number of inverted-file lists to search, out of about 4 sqrt(N). Searching all of them is exact.',
  }),
  seed: option(z.int().min(0).default(0), { doc: 'Random seed for the inverted file.' }),
  signal: abortSignal(),
})

/** Options of `nearestNeighbors()`. */
export interface NearestNeighborsOptions extends z.input<typeof nearestNeighborsSchema> {}

/** Neighbors of N vectors, nearest first. */
export interface NearestNeighbors {
  /** Row indices of the neighbors, [N, k]. */
  indices: Tensor<Int32Array>
  /** Cosine similarities, [N, k], computed in float64. */
  similarities: Tensor
  /** Share of the true neighbors found, measured on 1000 vectors; null if the search was exact. */
  recall: number | null
}

/** Shorter vectors are not normalized, as in PyTorch's `normalize`. */
const SHORTEST = 1e-12
const NOTHING: Neighbors = { indices: new Int32Array(), similarities: new Float32Array(), recall: null }

/**
 * Finds the nearest neighbors of each vector by cosine similarity; ties go to the lower index. Zero vectors have
 * similarity 0 to everything. Exact results are the same on every machine and for any number of threads; inverted-file
 * results are the same for any number of threads, given the seed. Memory besides vectors and result is at most
 * N (8 k + C + 28) bytes plus some megabytes per thread; for an inverted file, N (C + 32) bytes plus its centers.
 * @param vectors [N, C] as `{ data, shape }`, or an array with `dim` values per vector
 *
 * Rejects with `ERR_STEGO_OPTION` for invalid options; `ERR_STEGO_ARGUMENT` if the vectors have the wrong shape or
 * non-finite values, or `k` exceeds N - 1 (N with `exclude: 'none'`); and with the signal's reason.
 *
 * ```ts
 * const { indices } = await nearestNeighbors({ data, shape: [1000, 384] }, { k: 7 })
 * ```
 */
export async function nearestNeighbors(
  vectors: Float32Array | Tensor,
  options: NearestNeighborsOptions,
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
    const all = exclude === 'self' ? ' excluding the query' : ''
    throw new StegoError(
      'ERR_STEGO_ARGUMENT',
      `k must be at most ${most}, the number of vectors${all}; got ${k}.`,
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
  if (isArrayOf(vectors, 'Float32Array')) {
    if (dim === undefined) {
      throw new StegoError(
        'ERR_STEGO_OPTION',
        'nearestNeighbors(): "dim" is missing: vectors without a shape need it. Pass dim, or pass the vectors as ' +
          '{ data, shape }.',
      )
    }
    return { data: vectors, shape: [vectors.length / dim, dim] }
  }
  const { data, shape } = (vectors ?? {}) as Partial<Tensor>
  if (!isArrayOf(data, 'Float32Array') || !Array.isArray(shape)) {
    throw new StegoError(
      'ERR_STEGO_ARGUMENT',
      'vectors must be a Float32Array, or { data: Float32Array, shape: [N, C] }. Convert them first.',
    )
  }
  if (dim !== undefined && shape[1] !== dim) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `nearestNeighbors(): "dim" is ${dim}, but the vectors have the shape [${shape.join(', ')}]. Omit dim.`,
    )
  }
  return { data, shape }
}

/** Self-similarities, [N]: 1 except for vectors that are not normalized. */
function similaritiesToItself({ data, shape }: Tensor): Float32Array {
  const [count, dim] = shape as [number, number]
  return Float32Array.from({ length: count }, (_, row) => {
    let squares = 0
    for (let place = row * dim; place < (row + 1) * dim; place++) squares += data[place]! ** 2
    return Math.min(1, squares / SHORTEST ** 2)
  })
}

/** Prepends a column to a table, giving k columns. */
function prepend<T extends Int32Array | Float32Array>(first: T, rest: T, k: number): T {
  const table = first.constructor as new (length: number) => T
  const result = new table(first.length * k)
  for (let row = 0; row < first.length; row++) {
    result[row * k] = first[row]!
    result.set(rest.subarray(row * (k - 1), (row + 1) * (k - 1)), row * k + 1)
  }
  return result
}
