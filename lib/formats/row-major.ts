/** Arrays stored column by column, as in Fortran and MATLAB. */

interface Values {
  readonly length: number
  [place: number]: number | bigint
}

/**
 * Writes column-major values in row-major order.
 * @param convert converts a stored value to the target's type
 */
export function fillRowMajor(
  target: Values,
  stored: Values,
  shape: number[],
  convert: (value: number | bigint) => number | bigint = (value) => value,
): void {
  const strides = columnMajorStrides(shape)
  const index = shape.map(() => 0)
  for (let place = 0, source = 0; place < stored.length; place++) {
    target[place] = convert(stored[source]!)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      source -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
}

function columnMajorStrides(shape: number[]): number[] {
  const strides: number[] = []
  let stride = 1
  for (const side of shape) {
    strides.push(stride)
    stride *= side
  }
  return strides
}
