/** What the self-test computes on: made from integers, so that test/doctor/record.py makes the same without a file. */
import type { Pixels, Tensor } from '../native/index.js'

/** 32-bit integers in no order. */
export function scattered(seed: number, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, index) => {
    let x = (index + seed * 65537) >>> 0
    for (let round = 0; round < 2; round++) x = Math.imul(x ^ (x >>> 16), 0x45d9f3b) >>> 0
    return x ^ (x >>> 16)
  })
}

/** Multiples of 2^-19 in [-1, 1), which float32 holds exactly. */
export function numbers(seed: number, ...shape: number[]): Tensor {
  const count = shape.reduce((product, side) => product * side, 1)
  return { data: Float32Array.from(scattered(seed, count), (value) => (value >>> 12) / 2 ** 19 - 1), shape }
}

/** Squares of `cell` pixels in several colours, under noise of `noise` levels. */
export function picture(width: number, height: number, cell: number, noise: number): Pixels {
  const grain = scattered(1, width * height * 3)
  const data = Uint8Array.from(grain, (value, index) => {
    const pixel = Math.floor(index / 3)
    const [x, y] = [pixel % width, Math.floor(pixel / width)]
    return Math.floor(x / cell) * 53 + Math.floor(y / cell) * 91 + (index % 3) * 67 + (value % noise)
  })
  return { data, width, height }
}

/** `count` values of a tensor, evenly spread, as they were recorded. */
export function spread({ data }: { data: ArrayLike<number> }, count: number): number[] {
  return Array.from({ length: count }, (_, index) => data[Math.floor((index * data.length) / count)]!)
}
