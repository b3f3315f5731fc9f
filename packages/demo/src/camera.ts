/** What a camera does to a scene: tilt, lens, exposure, tone curve, color cast, vignette, blur and grain. */
import type { Canvas } from './canvas.js'
import { luminance } from './color.js'
import { between, chance, clamp01, grain, type Random } from './noise.js'

/** A developed picture. */
export interface Photograph {
  width: number
  height: number
  /** RGB. */
  pixels: Uint8Array
  labels: Uint8Array
}

const TONES = 1024
/** The brightest light that the tone curve distinguishes. */
const BRIGHTEST = 2

/** The tone curve as a table over [0, BRIGHTEST]: exposure, contrast about middle gray, soft highlights. */
function toneCurve(exposure: number, contrast: number, lift: number): Float32Array {
  return Float32Array.from({ length: TONES }, (_, i) => {
    const light = (i / (TONES - 1)) * BRIGHTEST * exposure
    const bent = 0.45 + (light - 0.45) * contrast
    const soft = bent < 0.75 ? bent : 0.75 + 0.25 * (1 - Math.exp(-(bent - 0.75) / 0.25))
    return (lift + (1 - lift) * clamp01(soft)) * 255
  })
}

/** Mean brightness of the picture, from every seventh pixel. */
function meter(canvas: Canvas): number {
  let sum = 0
  let count = 0
  for (let p = 0; p < canvas.rgb.length; p += 21) {
    sum += luminance([canvas.rgb[p]!, canvas.rgb[p + 1]!, canvas.rgb[p + 2]!])
    count++
  }
  return sum / count
}

/** Resamples the canvas under a tilted lens: colors bilinearly, labels to the nearest. */
function shoot(canvas: Canvas, random: Random, rgb: Float32Array, labels: Uint8Array): void {
  const { width, height, rgb: from } = canvas
  const roll = between(random, -0.035, 0.035) * (chance(random, 0.6) ? 1 : 0.2)
  const bulge = between(random, -0.02, 0.05)
  const zoom = 1 / (1 + (Math.abs(roll) * width) / height + Math.max(0, -bulge))
  const cos = Math.cos(roll) * zoom
  const sin = Math.sin(roll) * zoom
  const cx = (width - 1) / 2
  const cy = (height - 1) / 2
  const radius = 1 / (cx * cx + cy * cy)
  for (let y = 0; y < height; y++) {
    const dy = y - cy
    for (let x = 0; x < width; x++) {
      const dx = x - cx
      const lens = 1 - bulge * (1 - (dx * dx + dy * dy) * radius)
      const sx = Math.min(width - 1.001, Math.max(0, cx + (dx * cos - dy * sin) * lens))
      const sy = Math.min(height - 1.001, Math.max(0, cy + (dx * sin + dy * cos) * lens))
      const ix = sx | 0
      const iy = sy | 0
      const fx = sx - ix
      const fy = sy - iy
      const i = y * width + x
      labels[i] = canvas.labels[(fy < 0.5 ? iy : iy + 1) * width + (fx < 0.5 ? ix : ix + 1)]!
      const p = (iy * width + ix) * 3
      const q = p + width * 3
      const w00 = (1 - fx) * (1 - fy)
      const w10 = fx * (1 - fy)
      const w01 = (1 - fx) * fy
      const w11 = fx * fy
      for (let k = 0; k < 3; k++) {
        const upper = from[p + k]! * w00 + from[p + 3 + k]! * w10
        rgb[i * 3 + k] = upper + from[q + k]! * w01 + from[q + 3 + k]! * w11
      }
    }
  }
}

/** Softens a picture: every value takes `share` from the values `step` before and after it. */
function soften(rgb: Float32Array, step: number, share: number): void {
  const keep = 1 - 2 * share
  for (let p = step; p < rgb.length - step; p++) {
    rgb[p] = rgb[p]! * keep + (rgb[p - step]! + rgb[p + step]!) * share
  }
}

/** Takes the photograph. */
export function develop(canvas: Canvas, random: Random): Photograph {
  const { width, height } = canvas
  const rgb = new Float32Array(width * height * 3)
  const labels = new Uint8Array(width * height)
  shoot(canvas, random, rgb, labels)
  const blur = between(random, -0.1, 0.16)
  if (blur > 0) {
    soften(rgb, 3, blur)
    soften(rgb, 3 * width, blur)
  }
  return { width, height, pixels: print(canvas, random, rgb), labels }
}

/** Exposes and prints: tone curve, color, vignette and grain. */
function print(canvas: Canvas, random: Random, rgb: Float32Array): Uint8Array {
  const { width, height } = canvas
  const pixels = new Uint8Array(width * height * 3)
  const vignette = between(random, 0.05, 0.35)
  const noise = between(random, 2, 6.5)
  const exposure = Math.sqrt(0.46 / meter(canvas)) * between(random, 0.9, 1.15)
  const curve = toneCurve(exposure, between(random, 0.75, 1.3), between(random, 0, 0.07))
  const saturation = between(random, 0.4, 1.5)
  const warmth = between(random, -0.09, 0.09)
  const seedX = random.integer(256)
  const seedY = random.integer(256)
  const cx = (width - 1) / 2
  const cy = (height - 1) / 2
  const radius = 1 / (cx * cx + cy * cy)
  const toTone = (TONES - 1) / BRIGHTEST
  for (let y = 0; y < height; y++) {
    const dy = y - cy
    for (let x = 0; x < width; x++) {
      const dx = x - cx
      const away = (dx * dx + dy * dy) * radius
      const shade = (1 - vignette * away * away) * toTone
      const p = (y * width + x) * 3
      const r = rgb[p]! * shade * (1 + warmth)
      const g = rgb[p + 1]! * shade
      const b = rgb[p + 2]! * shade * (1 - warmth)
      const gray = (0.3 * r + 0.59 * g + 0.11 * b) * (1 - saturation)
      const speck = (grain(x + seedX, y + seedY) - 0.5) * 1.4 * noise
      const red = curve[tone(gray + r * saturation)]! + (grain(x + 71, y + seedX) - 0.5) * noise * 0.6
      const blue = curve[tone(gray + b * saturation)]! + (grain(x + seedX, y + 53) - 0.5) * noise * 0.9
      pixels[p] = byte(red + speck)
      pixels[p + 1] = byte(curve[tone(gray + g * saturation)]! + speck)
      pixels[p + 2] = byte(blue + speck)
    }
  }
  return pixels
}

/** The nearest index into the tone curve. */
function tone(value: number): number {
  return value < 0 ? 0 : value >= TONES - 1 ? TONES - 1 : (value + 0.5) | 0
}

function byte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : (value + 0.5) | 0
}
