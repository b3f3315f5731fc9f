/** The values of tensors in files, as bytes. */
import type { RandomAccessFile } from './random-access.js'
import { contiguousStrides, countOf, ELEMENT_BYTES, type StoredTensor } from './tensor-file.js'

/**
 * The bytes of a tensor, row by row without gaps. Rejects with `FormatError` if the file does not have them.
 */
export async function readContiguous(file: RandomAccessFile, tensor: StoredTensor): Promise<Buffer> {
  const { dtype, shape, strides, offset, extent } = tensor
  const span = await file.read(offset, extent)
  if (isContiguous(shape, strides)) return span
  const width = ELEMENT_BYTES[dtype]!
  const bytes = Buffer.allocUnsafe(countOf(shape) * width)
  const index = shape.map(() => 0)
  for (let at = 0, from = 0; at < bytes.length; at += width) {
    span.copy(bytes, at, from * width, (from + 1) * width)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      from -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return bytes
}

/** Whether elements are contiguous; the stride of an axis of one element does not matter. */
export function isContiguous(shape: number[], strides: number[]): boolean {
  const expected = contiguousStrides(shape)
  return countOf(shape) === 0 || shape.every((side, axis) => side === 1 || strides[axis] === expected[axis])
}
