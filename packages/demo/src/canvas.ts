/** The picture in progress: colors as floats, and the label of whatever was painted last on each pixel. */
import type { Rgb } from './color.js'
import type { View } from './geometry.js'
import type { Mood } from './mood.js'
import type { Random } from './noise.js'

/** Class indices, in the order of `SCENE_CLASSES`. */
export const LABEL = { sky: 0, mountain: 1, grass: 2, water: 3, road: 4, tree: 5, house: 6, car: 7 } as const

/** Colors and labels of every pixel. */
export interface Canvas {
  width: number
  height: number
  /** Red, green, blue, interleaved. */
  rgb: Float32Array
  labels: Uint8Array
}

/** What every painter works with. */
export interface Stage {
  canvas: Canvas
  view: View
  mood: Mood
  random: Random
}

/** A brush loaded with a color and held over a place: a soft-edged ellipse. Reused for many dabs. */
export interface Brush {
  x: number
  y: number
  /** Half axes. */
  rx: number
  ry: number
  /** Direction of the first half axis. */
  cos: number
  sin: number
  r: number
  g: number
  b: number
  /** Opacity. */
  cover: number
}

/** A dry brush. */
export function createBrush(): Brush {
  return { x: 0.5, y: 0.5, rx: 0.5, ry: 0.5, cos: 0.5, sin: 0.5, r: 0.5, g: 0.5, b: 0.5, cover: 0.5 }
}

/** An empty canvas. */
export function createCanvas(width: number, height: number): Canvas {
  return { width, height, rgb: new Float32Array(width * height * 3), labels: new Uint8Array(width * height) }
}

/** Lays a color over a pixel; sets the label if the color covers at least half. */
export function blend(
  c: Canvas,
  i: number,
  r: number,
  g: number,
  b: number,
  cover: number,
  label: number,
): void {
  const p = i * 3
  const rgb = c.rgb
  rgb[p]! += (r - rgb[p]!) * cover
  rgb[p + 1]! += (g - rgb[p + 1]!) * cover
  rgb[p + 2]! += (b - rgb[p + 2]!) * cover
  if (cover >= 0.5) c.labels[i] = label
}

/** The share of haze in front of something at a given depth. */
export function hazeAt(mood: Mood, depth: number): number {
  return 1 - Math.exp((-mood.hazeDensity * depth) / 100)
}

/** Paints one dab of a brush. */
export function dab(c: Canvas, brush: Brush, label: number): void {
  const { x, y, rx, ry, cos, sin, r, g, b, cover } = brush
  const ex = Math.sqrt(rx * rx * cos * cos + ry * ry * sin * sin) + 0.5
  const ey = Math.sqrt(rx * rx * sin * sin + ry * ry * cos * cos) + 0.5
  const x0 = Math.max(0, Math.ceil(x - ex))
  const x1 = Math.min(c.width - 1, Math.floor(x + ex))
  const y0 = Math.max(0, Math.ceil(y - ey))
  const y1 = Math.min(c.height - 1, Math.floor(y + ey))
  // The edge is about a pixel soft, whatever the size.
  const sharp = Math.min(rx, ry) * 0.8 + 0.4
  for (let py = y0; py <= y1; py++) {
    const dy = py - y
    for (let px = x0; px <= x1; px++) {
      const dx = px - x
      const u = (dx * cos + dy * sin) / rx
      const v = (dy * cos - dx * sin) / ry
      const edge = (1 - u * u - v * v) * sharp
      if (edge > 0) blend(c, py * c.width + px, r, g, b, (edge > 1 ? 1 : edge) * cover, label)
    }
  }
}

/** Paints a straight brush stroke that tapers from `width0` to `width1`, about a pixel soft at its sides. */
export function stroke(
  c: Canvas,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  width0: number,
  width1: number,
  color: Rgb,
  label: number,
): void {
  const length = Math.hypot(x1 - x0, y1 - y0)
  const steps = Math.max(1, Math.ceil(length / 0.8))
  for (let s = 0; s <= steps; s++) {
    const t = s / steps
    const x = x0 + (x1 - x0) * t
    const y = Math.round(y0 + (y1 - y0) * t)
    if (y < 0 || y >= c.height) continue
    const half = (width0 + (width1 - width0) * t) / 2
    const left = Math.max(0, Math.round(x - half))
    const right = Math.min(c.width - 1, Math.max(Math.round(x - half), Math.round(x + half) - 1))
    const cover = Math.min(1, half * 2)
    for (let px = left; px <= right; px++)
      blend(c, y * c.width + px, color[0], color[1], color[2], cover, label)
  }
}
