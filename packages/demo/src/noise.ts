/**
 * Noise from tables computed once: a lookup with bilinear weights costs a few nanoseconds, a fresh fractal sum of
 * five octaves many times that. Every table tiles, so coordinates can be anything.
 */
import { createRandom, type Random } from '../../../lib/random/random.js'

export type { Random }

const SIZE = 512
const MASK = SIZE - 1
/** Texels per unit of `fbm` and `ridge` coordinates: one unit is one cell of the coarsest octave. */
const TEXELS = 64
const TABLE_SEED = 20_220_316

/** White noise, 256 x 256. */
const grainTable = new Float32Array(65_536)
const fbmTable = new Float32Array(SIZE * SIZE)
const ridgeTable = new Float32Array(SIZE * SIZE)

/** Adds one octave of tiling value noise with `cells` cells across the table, shaped by `ridged`. */
function addOctave(table: Float32Array, random: Random, cells: number, gain: number, ridged: boolean): void {
  const lattice = Float32Array.from({ length: cells * cells }, () => random.next())
  const step = SIZE / cells
  for (let y = 0; y < SIZE; y++) {
    const cy = Math.floor(y / step)
    const fy = y / step - cy
    const wy = fy * fy * (3 - 2 * fy)
    const row0 = cy * cells
    const row1 = ((cy + 1) % cells) * cells
    for (let x = 0; x < SIZE; x++) {
      const cx = Math.floor(x / step)
      const next = (cx + 1) % cells
      const fx = x / step - cx
      const wx = fx * fx * (3 - 2 * fx)
      const top = lattice[row0 + cx]! + (lattice[row0 + next]! - lattice[row0 + cx]!) * wx
      const bottom = lattice[row1 + cx]! + (lattice[row1 + next]! - lattice[row1 + cx]!) * wx
      const value = top + (bottom - top) * wy
      table[y * SIZE + x]! += gain * (ridged ? 1 - Math.abs(2 * value - 1) : value)
    }
  }
}

/** Stretches a table to mean 0.5 with a standard deviation of 0.18, clipped to [0, 1]. */
function normalize(table: Float32Array): void {
  let sum = 0
  let squares = 0
  for (const value of table) {
    sum += value
    squares += value * value
  }
  const mean = sum / table.length
  const scale = 0.18 / Math.sqrt(squares / table.length - mean * mean)
  for (let i = 0; i < table.length; i++) table[i] = clamp01(0.5 + (table[i]! - mean) * scale)
}

function fillTables(): void {
  const random = createRandom(TABLE_SEED)
  for (let i = 0; i < grainTable.length; i++) grainTable[i] = random.next()
  for (let octave = 0; octave < 6; octave++) {
    addOctave(fbmTable, random, 8 << octave, 0.55 ** octave, false)
    if (octave < 5) addOctave(ridgeTable, random, 8 << octave, 0.48 ** octave, true)
  }
  normalize(fbmTable)
  normalize(ridgeTable)
}
fillTables()

/** Clips to [0, 1]. */
export function clamp01(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value
}

/** 0 below `low`, 1 above `high`, smooth between. */
export function smoothstep(low: number, high: number, value: number): number {
  const t = clamp01((value - low) / (high - low))
  return t * t * (3 - 2 * t)
}

function bilinear(table: Float32Array, x: number, y: number): number {
  const tx = x * TEXELS
  const ty = y * TEXELS
  const ix = Math.floor(tx)
  const iy = Math.floor(ty)
  const fx = tx - ix
  const x0 = ix & MASK
  const x1 = (ix + 1) & MASK
  const row0 = (iy & MASK) * SIZE
  const row1 = ((iy + 1) & MASK) * SIZE
  const top = table[row0 + x0]! + (table[row0 + x1]! - table[row0 + x0]!) * fx
  const bottom = table[row1 + x0]! + (table[row1 + x1]! - table[row1 + x0]!) * fx
  return top + (bottom - top) * (ty - iy)
}

/** Fractal noise in [0, 1], mean 0.5; the coarsest features are one unit wide, the finest 1/32. */
export function fbm(x: number, y: number): number {
  return bilinear(fbmTable, x, y)
}

/** Ridged fractal noise in [0, 1], with crests like those of mountains. */
export function ridge(x: number, y: number): number {
  return bilinear(ridgeTable, x, y)
}

/** White noise of integer coordinates, in [0, 1); repeats every 256. */
export function grain(x: number, y: number): number {
  return grainTable[((y & 255) << 8) | (x & 255)]!
}

/** White noise of the cell that holds a point. */
export function cell(x: number, y: number): number {
  return grainTable[((Math.floor(y) & 255) << 8) | (Math.floor(x) & 255)]!
}

/** White noise of one integer; repeats every 65,536. */
export function grainAt(index: number): number {
  return grainTable[index & 0xffff]!
}

/** Uniform in [low, high). */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.next()
}

/** True with probability `p`. */
export function chance(random: Random, p: number): boolean {
  return random.next() < p
}

/** One item of a list, all equally likely. */
export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.integer(items.length)]!
}
