/** Nearest neighbours of any vectors, as training finds those of images (stego.md A5). */
import { z } from 'zod'
import { StegoError } from '../errors.js'
import { job, type Tensor } from '../native.js'
import { parseOptions } from '../options/parse.js'
import { abortSignal, option } from '../options/schema.js'
import { checkTensor } from './check-tensor.js'

export const nearestNeighborsSchema = z.strictObject({
  k: option(z.int().min(1), { doc: 'Neighbours of each vector.' }),
  dim: option(z.int().min(1).optional(), {
    doc: 'Length of a vector, where the vectors come as one Float32Array without a shape.',
  }),
  exclude: option(z.enum(['self', 'none']).default('self'), {
    doc: 'self leaves a vector out of its own neighbours; none lists it first among them, as the original does.',
  }),
  signal: abortSignal(),
})

export type NearestNeighborsInput = z.input<typeof nearestNeighborsSchema>

/** Neighbours of N vectors, nearest first. */
export interface NearestNeighbors {
  /** Rows of the neighbours, [N, k]. */
  indices: Tensor<Int32Array>
  /** Their cosine similarities, [N, k]. */
  similarities: Tensor
}

/** Beyond this length of a vector the square of it is no float32 any more. */
const LONGEST = 1e19
/** Shorter vectors are not brought to unit length, as in PyTorch's `normalize`. */
const SHORTEST = 1e-12

/**
 * Finds the exact nearest neighbours of each vector among all of them by cosine similarity; equals go to the lower
 * index. Memory is that of 512 rows of similarities, whatever N is. A vector of zeros is like none: its similarities
 * are 0.
 * @param vectors [N, C] as `{ data, shape }`, or one array with `dim` values a vector
 *
 * Rejects with `ERR_STEGO_OPTION` for wrong options; `ERR_STEGO_ARGUMENT` where the vectors have another shape, values
 * that are not finite or too large, or are too few for `k`: at most N - 1, with `exclude: 'none'` at most N; and with
 * the signal's reason.
 *
 * ```ts
 * const { indices } = await nearestNeighbors({ data, shape: [1000, 384] }, { k: 7 })
 * ```
 */
export async function nearestNeighbors(
  vectors: Float32Array | Tensor,
  options: NearestNeighborsInput,
): Promise<NearestNeighbors> {
  const { k, dim, exclude, signal } = parseOptions(nearestNeighborsSchema, options, 'nearestNeighbors()')
  const rows = toRows(vectors, dim)
  checkTensor('vectors', rows, ['N', 'C'])
  const lengths = lengthsOf(rows)
  const count = lengths.length
  const most = exclude === 'self' ? count - 1 : count
  if (k > most) {
    const all = exclude === 'self' ? 'besides itself ' : ''
    throw new StegoError(
      'ERR_STEGO_ARGUMENT',
      `k must be at most ${most}: a vector has no more neighbours ${all}among ${count}; received ${k}.`,
    )
  }
  const others = exclude === 'self' ? k : k - 1
  const found =
    others > 0 ? await job((native, cancel) => native.nearestNeighbors(rows, others, cancel), signal) : null
  const shape = [count, k]
  if (exclude === 'self') {
    return { indices: { data: found!.indices, shape }, similarities: { data: found!.similarities, shape } }
  }
  const toItself = lengths.map((length) => Math.min(1, length / SHORTEST) ** 2)
  return {
    indices: { data: prepend(Int32Array.from(lengths.keys()), found?.indices ?? new Int32Array(), k), shape },
    similarities: { data: prepend(toItself, found?.similarities ?? new Float32Array(), k), shape },
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

/** Euclidean length of each vector, [N]. */
function lengthsOf({ data, shape }: Tensor): Float32Array {
  const [count, dim] = shape as [number, number]
  const lengths = new Float32Array(count)
  for (let row = 0; row < count; row++) {
    let squares = 0
    for (let place = row * dim; place < (row + 1) * dim; place++) squares += data[place]! ** 2
    lengths[row] = Math.sqrt(squares)
    if (lengths[row]! > LONGEST) {
      throw new StegoError(
        'ERR_STEGO_ARGUMENT',
        `vectors must be shorter than ${LONGEST}, vector ${row} has the length ${lengths[row]}. Scale them down: ` +
          'cosine similarity stays the same.',
      )
    }
  }
  return lengths
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
