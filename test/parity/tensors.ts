/** The little tensor arithmetic the comparisons need, in plain loops. */
import type { Tensor, TensorData } from '../../lib/native/index.js'

/** Reads a tensor by its indices. */
export function reader({ data, shape }: Tensor): (...index: number[]) => number {
  return (...index) => data[index.reduce((place, i, axis) => place * shape[axis]! + i, 0)]!
}

/** A tensor from a function of its indices. */
export function tabulate(shape: number[], value: (...index: number[]) => number): Tensor {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1))
  const index = shape.map(() => 0)
  for (let place = 0; place < data.length; place++) {
    data[place] = value(...index)
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0
  }
  return { data, shape }
}

/** Entry `index` of the first axis. */
export function entry<T extends TensorData>({ data, shape }: Tensor<T>, index: number): Tensor<T> {
  const size = data.length / shape[0]!
  return { data: data.subarray(index * size, (index + 1) * size) as T, shape: shape.slice(1) }
}

/** The first item of a batch, as a batch of one. */
export function firstOnly(batch: Tensor): Tensor {
  const { data, shape } = entry(batch, 0)
  return { data, shape: [1, ...shape] }
}

export function mean({ data }: Tensor): number {
  return data.reduce((sum, value) => sum + value, 0) / data.length
}

/** The class tokens [B, C] of tokens [B, 1 + h*w, C]. */
export function classTokens(tokens: Tensor): Tensor {
  const at = reader(tokens)
  const [batch, , channels] = tokens.shape as [number, number, number]
  return tabulate([batch, channels], (b, c) => at(b, 0, c))
}

/** The patches of tokens [B, 1 + h*w, C] as the map [B, C, h, w]. */
export function patchMap(tokens: Tensor, height: number, width: number): Tensor {
  const at = reader(tokens)
  const [batch, , channels] = tokens.shape as [number, number, number]
  return tabulate([batch, channels, height, width], (b, c, y, x) => at(b, 1 + y * width + x, c))
}

/** The keys of [3, B, heads, T, d] as tokens [B, T, heads * d], heads side by side. */
export function keyTokens(qkv: Tensor): Tensor {
  const at = reader(qkv)
  const [, batch, heads, tokens, size] = qkv.shape as [number, number, number, number, number]
  return tabulate([batch, tokens, heads * size], (b, t, c) => at(1, b, Math.floor(c / size), t, c % size))
}

/** The attention [B, heads, T, T] of queries and keys in [3, B, heads, T, d]: softmax(q k^T / sqrt(d)). */
export function attention(qkv: Tensor): Tensor {
  const at = reader(qkv)
  const [, batch, heads, tokens, size] = qkv.shape as [number, number, number, number, number]
  const logits = tabulate([batch, heads, tokens, tokens], (b, h, i, j) => {
    let dot = 0
    for (let c = 0; c < size; c++) dot += at(0, b, h, i, c) * at(1, b, h, j, c)
    return dot / Math.sqrt(size)
  })
  for (let row = 0; row < logits.data.length; row += tokens) softmax(logits.data.subarray(row, row + tokens))
  return logits
}

function softmax(row: Float32Array): void {
  const largest = row.reduce((a, b) => Math.max(a, b))
  const total = row.reduce((sum, value) => sum + Math.exp(value - largest), 0)
  for (const [i, value] of row.entries()) row[i] = Math.exp(value - largest) / total
}

/** Maps [B, C, h, w] averaged over places and brought to unit length: [B, C]. */
export function pooledUnit(map: Tensor): Tensor {
  const [batch, channels, height, width] = map.shape as [number, number, number, number]
  const places = height * width
  const pooled = tabulate([batch, channels], (b, c) => {
    const start = (b * channels + c) * places
    return mean({ data: map.data.subarray(start, start + places), shape: [places] })
  })
  for (let b = 0; b < batch; b++) {
    const vector = pooled.data.subarray(b * channels, (b + 1) * channels)
    const length = Math.hypot(...vector)
    for (const [c, value] of vector.entries()) vector[c] = value / length
  }
  return pooled
}
