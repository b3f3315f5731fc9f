/** Descriptions of weight files and the tensors in them, without values. */
import { StegoError } from '../errors.js'

/** Describes a tensor without its values. */
export interface TensorEntry {
  /** Name in the file. */
  name: string
  /** Element type in safetensors notation, such as F32, or PyTorch's name if safetensors has none. */
  dtype: string
  /** Length of each axis. */
  shape: number[]
}

/** Format of a weight file. `torch` is PyTorch's own format. */
export type WeightFormat = 'safetensors' | 'torch'

/** A tensor stored in a file. */
export interface StoredTensor extends TensorEntry {
  /** Strides in elements. */
  strides: number[]
  /** File with the values. */
  file: string
  /** Byte offset of the first element in the file; 0 if there is a problem. */
  offset: number
  /** Bytes spanned by the elements; 0 if there is a problem. */
  extent: number
  /** Why the values cannot be read; null if they can. */
  problem: string | null
}

/** A weight file. Its numbers are little-endian. */
export interface TensorFile {
  path: string
  format: WeightFormat
  /** Metadata of a .safetensors file. */
  metadata: Record<string, string>
  /** Everything in a PyTorch file except tensors, as plain data; null for a .safetensors file. */
  values: unknown
  tensors: StoredTensor[]
  /** Whether it is a TorchScript program, from torch.jit.save. */
  isProgram?: boolean
  /** File size in bytes. */
  bytes: number
}

/** Bytes per element by type. */
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

/** Number of elements in a shape. */
export const countOf = (shape: readonly number[]): number => shape.reduce((count, side) => count * side, 1)

/** Strides of a contiguous row-major tensor. */
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
 * Selects tensors to read, by name or all of them.
 * Throws `ERR_STEGO_CHECKPOINT` if one is missing or unreadable, or if together they are far larger than the
 * file, since a small file could otherwise request huge amounts of memory.
 */
export function tensorsToRead(file: TensorFile, names?: readonly string[]): StoredTensor[] {
  const known = new Map(file.tensors.map((tensor) => [tensor.name, tensor]))
  const chosen = (names ?? [...known.keys()]).map((name) => {
    const tensor = known.get(name)
    if (tensor) return tensor
    throw new StegoError(
      'ERR_STEGO_CHECKPOINT',
      `Expected tensor '${name}' in ${file.path}, but it is missing. Use a file that has it.`,
    )
  })
  let left = MAX_EXPANSION * file.bytes + FREE_BYTES
  for (const { name, dtype, shape, extent, problem } of chosen) {
    if (problem !== null) {
      throw new StegoError(
        'ERR_STEGO_CHECKPOINT',
        `Expected tensor '${name}' of ${file.path} to be readable, but ${problem}. Save it again with another type.`,
      )
    }
    left -= Math.max(countOf(shape) * ELEMENT_BYTES[dtype]!, extent)
    if (left < 0) {
      throw new StegoError(
        'ERR_STEGO_CHECKPOINT',
        `Expected the tensors of ${file.path} to be no larger than the stored data, but '${name}' is far larger. ` +
          'Download or write the file again.',
      )
    }
  }
  return chosen
}
