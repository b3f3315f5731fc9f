/** What readers of weight files find: tensors by their place in a file, without their values. */
import { StegoError } from '../errors.js'

/** A tensor without its values. */
export interface TensorEntry {
  /** Its name in the file. */
  name: string
  /** Type of its values in the spelling of safetensors, such as F32; PyTorch's for one that safetensors does not have. */
  dtype: string
  /** Length of each axis. */
  shape: number[]
}

/** The two kinds of weight files: `torch` is what PyTorch writes. */
export type WeightFormat = 'safetensors' | 'torch'

/** A tensor as it lies in a file. */
export interface StoredTensor extends TensorEntry {
  /** Elements from one index of an axis to the next. */
  strides: number[]
  /** The file that holds its values. */
  file: string
  /** Bytes from the beginning of the file to the first element; 0 where there is a problem. */
  offset: number
  /** Bytes from the first element to behind the last; 0 where there is a problem. */
  extent: number
  /** Why the values cannot be read; null where they can. */
  problem: string | null
}

/** A weight file of either kind. Numbers in it are little-endian. */
export interface TensorFile {
  path: string
  format: WeightFormat
  /** Text that was stored beside the tensors of a .safetensors file. */
  metadata: Record<string, string>
  /** Everything but the tensors of a PyTorch file, as plain data; null for a .safetensors file. */
  values: unknown
  tensors: StoredTensor[]
  /** Length of the file in bytes. */
  bytes: number
}

/** Bytes of an element by the name of its type. */
export const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
  U16: 2,
}

const MAX_EXPANSION = 16
const FREE_BYTES = 2 ** 26

/** Elements of a shape. */
export const countOf = (shape: readonly number[]): number => shape.reduce((count, side) => count * side, 1)

/** The strides of a tensor whose elements lie row by row without gaps. */
export function contiguousStrides(shape: readonly number[]): number[] {
  const strides: number[] = []
  let stride = 1
  for (const side of shape.toReversed()) {
    strides.push(stride)
    stride *= side
  }
  return strides.reverse()
}

/**
 * The tensors that values are to be read of: those of these names, or all.
 * Throws `ERR_STEGO_CHECKPOINT` where one is missing or its values cannot be read, or where all together are far larger
 * than the file: a short description can ask for very much memory.
 */
export function tensorsToRead(file: TensorFile, names?: readonly string[]): StoredTensor[] {
  const known = new Map(file.tensors.map((tensor) => [tensor.name, tensor]))
  const chosen = (names ?? [...known.keys()]).map((name) => {
    const tensor = known.get(name)
    if (tensor) return tensor
    throw new StegoError(
      'ERR_STEGO_CHECKPOINT',
      `Expected tensor '${name}' in ${file.path}, but it is missing. Name a file that has it.`,
    )
  })
  let left = MAX_EXPANSION * file.bytes + FREE_BYTES
  for (const { name, dtype, shape, extent, problem } of chosen) {
    if (problem !== null) {
      throw new StegoError(
        'ERR_STEGO_CHECKPOINT',
        `Expected tensor '${name}' of ${file.path} to be readable, but ${problem}. Save it again, in another type.`,
      )
    }
    left -= Math.max(countOf(shape) * ELEMENT_BYTES[dtype]!, extent)
    if (left < 0) {
      throw new StegoError(
        'ERR_STEGO_CHECKPOINT',
        `Expected the tensors of ${file.path} to be no larger than what is stored of them, but '${name}' is far ` +
          'larger. Fetch or write the file again.',
      )
    }
  }
  return chosen
}
