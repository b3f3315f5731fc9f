/** What a camera makes of a scene: tilt, lens, exposure, tone curve, colour cast, vignette, blur and grain. */
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
/** Highest light the tone curve tells apart. */
const BRIGHTEST = 2

/** The tone curve as a table over [0, BRIGHTEST]: exposure, contrast about middle grey, soft highlights. */
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

/** The colour that `peek` found last. */
const look = new Float64Array(3)

/** Looks at a place between four pixels. */
function peek(canvas: Canvas, x: number, y: number): void {
  const { width, height, rgb } = canvas
  const cx = x < 0 ? 0 : x > width - 1.001 ? width - 1.001 : x
  const cy = y < 0 ? 0 : y > height - 1.001 ? height - 1.001 : y
  const ix = cx | 0
  const iy = cy | 0
  const fx = cx - ix
  const fy = cy - iy
  const p = (iy * width + ix) * 3
  const q = p + width * 3
  const w00 = (1 - fx) * (1 - fy)
  const w10 = fx * (1 - fy)
  const w01 = (1 - fx) * fy
  const w11 = fx * fy
  look[0] = rgb[p]! * w00 + rgb[p + 3]! * w10 + rgb[q]! * w01 + rgb[q + 3]! * w11
  look[1] = rgb[p + 1]! * w00 + rgb[p + 4]! * w10 + rgb[q + 1]! * w01 + rgb[q + 4]! * w11
  look[2] = rgb[p + 2]! * w00 + rgb[p + 5]! * w10 + rgb[q + 2]! * w01 + rgb[q + 5]! * w11
}

/** Takes the photograph. */
export function develop(canvas: Canvas, random: Random): Photograph {
  const { width, height, labels: painted } = canvas
  const pixels = new Uint8Array(width * height * 3)
  const labels = new Uint8Array(width * height)
  const roll = between(random, -0.035, 0.035) * (chance(random, 0.6) ? 1 : 0.2)
  const bulge = between(random, -0.02, 0.05)
  const zoom = 1 / (1 + (Math.abs(roll) * width) / height + Math.max(0, -bulge))
  const cos = Math.cos(roll) * zoom
  const sin = Math.sin(roll) * zoom
  const blur = Math.max(0, between(random, -0.4, 0.5))
  const vignette = between(random, 0.05, 0.35)
  const noise = between(random, 2, 6.5)
  const exposure = Math.sqrt(0.46 / meter(canvas)) * between(random, 0.9, 1.15)
  const curve = toneCurve(exposure, between(random, 0.95, 1.25), between(random, 0, 0.04))
  const saturation = between(random, 0.85, 1.25)
  const warmth = between(random, -0.05, 0.05)
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
      const lens = 1 - bulge * (1 - away)
      const sx = cx + (dx * cos - dy * sin) * lens
      const sy = cy + (dx * sin + dy * cos) * lens
      const i = y * width + x
      labels[i] = painted[within(sy, height) * width + within(sx, width)]!
      peek(canvas, sx - blur, sy - blur)
      let r = look[0]!
      let g = look[1]!
      let b = look[2]!
      if (blur > 0) {
        // Two looks a little apart are a soft lens.
        peek(canvas, sx + blur, sy + blur)
        r = (r + look[0]!) / 2
        g = (g + look[1]!) / 2
        b = (b + look[2]!) / 2
      }
      const shade = 1 - vignette * away * away
      r *= shade * (1 + warmth)
      g *= shade
      b *= shade * (1 - warmth)
      const grey = 0.3 * r + 0.59 * g + 0.11 * b
      r = grey + (r - grey) * saturation
      g = grey + (g - grey) * saturation
      b = grey + (b - grey) * saturation
      const speck = (grain(x + seedX, y + seedY) - 0.5) * 1.4 * noise
      const p = i * 3
      pixels[p] = byte(
        curve[within(r * toTone, TONES)]! + speck + (grain(x + 71, y + seedX) - 0.5) * noise * 0.6,
      )
      pixels[p + 1] = byte(curve[within(g * toTone, TONES)]! + speck)
      pixels[p + 2] = byte(
        curve[within(b * toTone, TONES)]! + speck + (grain(x + seedX, y + 53) - 0.5) * noise * 0.9,
      )
    }
  }
  return { width, height, pixels, labels }
}

/** The nearest index below `count`. */
function within(value: number, count: number): number {
  return value < 0 ? 0 : value >= count - 0.5 ? count - 1 : (value + 0.5) | 0
}

function byte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : (value + 0.5) | 0
}
