/** Maps read and compared in plain arithmetic, for what native code says of them. */
import type { Tensor, TensorData } from '../../lib/native/index.js'

/**
 * The vector that bilinear sampling with aligned corners reads at (x, y) in [-1, 1].
 * @param map one map [1, C, h, w], or item `item` of [B, C, h, w]
 */
export function readAt(map: Tensor<TensorData>, x: number, y: number, item = 0): number[] {
  const [, channels, height, width] = map.shape as [number, number, number, number]
  const column = ((x + 1) / 2) * (width - 1)
  const row = ((y + 1) / 2) * (height - 1)
  const left = Math.min(Math.floor(column), width - 1)
  const top = Math.min(Math.floor(row), height - 1)
  const right = Math.min(left + 1, width - 1)
  const bottom = Math.min(top + 1, height - 1)
  const [u, v] = [column - left, row - top]
  return Array.from({ length: channels }, (_, channel) => {
    const value = (r: number, c: number) =>
      Number(map.data[((item * channels + channel) * height + r) * width + c])
    return (
      (1 - v) * ((1 - u) * value(top, left) + u * value(top, right)) +
      v * ((1 - u) * value(bottom, left) + u * value(bottom, right))
    )
  })
}

export function cosine(a: number[], b: number[]): number {
  const dot = (p: number[], q: number[]) => p.reduce((sum, value, i) => sum + value * q[i]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

/** The place of index `i` of `size` in [-1, 1]. */
export const placeOf = (i: number, size: number) => (size === 1 ? 0 : (2 * i) / (size - 1) - 1)
