/** The values of tensors, read from where a reader says they lie. */
import { readFile } from 'node:fs/promises'
import { ELEMENT_BYTES, type StoredTensor } from '../../lib/formats/tensor-file.js'

/** Type, shape and bytes of a tensor in row-major order, as `tensorBytes` of test/weights/fixtures.ts gives them. */
export async function storedBytes({ file, dtype, shape, strides, offset }: StoredTensor): Promise<string> {
  const bytes = await readFile(file)
  const width = ELEMENT_BYTES[dtype]!
  let places = [offset]
  for (const [axis, side] of shape.entries()) {
    places = places.flatMap((place) =>
      Array.from({ length: side }, (_, index) => place + index * strides[axis]! * width),
    )
  }
  return `${dtype} [${shape}] ${places.map((place) => bytes.toString('hex', place, place + width)).join('')}`
}
