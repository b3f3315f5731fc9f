/** Validates tensors from users before passing them to native code. */
import { z } from 'zod'
import { StegoError } from '../errors.js'
import type { Tensor, TensorData } from '../native/index.js'
import { type ArrayName, isArrayOf } from '../values.js'

/** A tensor in an option schema. Its contents are validated by `checkTensor`. */
export function tensor<T extends TensorData>(
  types: (new (...parameters: never[]) => T)[],
  { axes, doc }: { axes: string; doc: string },
) {
  return z
    .custom<Tensor<T>>(
      (value) => isTensor(value) && isArrayOf(value.data, ...types.map(({ name }) => name as ArrayName)),
    )
    .meta({
      description: doc,
      expected: `a tensor { data: ${types.map(({ name }) => name).join(' or ')}, shape: ${axes} }`,
    })
}

function isTensor(value: unknown): value is Tensor<TensorData> {
  if (typeof value !== 'object' || value === null) return false
  return 'data' in value && 'shape' in value && Array.isArray(value.shape)
}

/**
 * Throws `ERR_STEGO_ARGUMENT` unless a tensor has `axes.length` positive dimensions that match its data, and only finite
 * values.
 */
export function checkTensor(name: string, { data, shape }: Tensor<TensorData>, axes: string[]): void {
  const sides = shape.length === axes.length && shape.every((side) => Number.isSafeInteger(side) && side >= 1)
  if (!sides || shape.reduce((product, side) => product * side, 1) !== data.length) {
    throw new StegoError(
      'ERR_STEGO_ARGUMENT',
      `${name} must have the shape [${axes.join(', ')}], every dimension at least 1, and as many values; got ` +
        `[${shape.join(', ')}] with ${data.length} values.`,
    )
  }
  if (!isArrayOf(data, 'Float32Array')) return
  let place = 0
  while (place < data.length && Number.isFinite(data[place])) place++ // ten times faster than a callback
  if (place === data.length) return
  throw new StegoError(
    'ERR_STEGO_ARGUMENT',
    `${name} must hold finite numbers, got ${data[place]} at index ${place}.`,
  )
}

/** Throws `ERR_STEGO_ARGUMENT` unless a tensor has the expected shape. */
export function checkShape(name: string, shape: number[], expected: number[], because: string): void {
  if (shape.length === expected.length && shape.every((side, axis) => side === expected[axis])) return
  throw new StegoError(
    'ERR_STEGO_ARGUMENT',
    `${name} must have the shape [${expected.join(', ')}], ${because}; got [${shape.join(', ')}].`,
  )
}
