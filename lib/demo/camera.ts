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
    const light = ((i / (TONES - 1)) * BRIGHTEST * exposure) / 1
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

/** Takes the photograph. */
export function develop(canvas: Canvas, random: Random): Photograph {
  const { width, height, rgb, labels: painted } = canvas
  const pixels = new Uint8Array(width * height * 3)
  const labels = new Uint8Array(width * height)
  const roll = between(random, -0.035, 0.035) * (chance(random, 0.6) ? 1 : 0.2)
  const bulge = between(random, -0.02, 0.05)
  const zoom = 1 / (1 + (Math.abs(roll) * width) / height + Math.max(0, -bulge))
  const cos = Math.cos(roll) * zoom
  const sin = Math.sin(roll) * zoom
  const blur = between(random, 0, 0.5)
  const vignette = between(random, 0.05, 0.4)
  const noise = between(random, 2, 8)
  const exposure = (0.44 / meter(canvas)) ** 0.5 * between(random, 0.88, 1.16)
  const curve = toneCurve(exposure, between(random, 0.95, 1.25), between(random, 0, 0.04))
  const saturation = between(random, 0.82, 1.25)
  const warmth = between(random, -0.05, 0.05)
  const red = 1 + warmth
  const blue = 1 - warmth
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
      const nx = Math.min(width - 1, Math.max(0, Math.round(sx)))
      const ny = Math.min(height - 1, Math.max(0, Math.round(sy)))
      const i = y * width + x
      labels[i] = painted[ny * width + nx]!
      // Two bilinear looks, a little apart, are a soft lens.
      const ax = Math.min(width - 1.001, Math.max(0, sx - blur))
      const ay = Math.min(height - 1.001, Math.max(0, sy - blur))
      const bx = Math.min(width - 1.001, Math.max(0, sx + blur))
      const by = Math.min(height - 1.001, Math.max(0, sy + blur))
      const axi = ax | 0
      const ayi = ay | 0
      const bxi = bx | 0
      const byi = by | 0
      const afx = ax - axi
      const afy = ay - ayi
      const bfx = bx - bxi
      const bfy = by - byi
      const a = (ayi * width + axi) * 3
      const b = (byi * width + bxi) * 3
      const below = width * 3
      const a00 = (1 - afx) * (1 - afy)
      const a10 = afx * (1 - afy)
      const a01 = (1 - afx) * afy
      const a11 = afx * afy
      const b00 = (1 - bfx) * (1 - bfy)
      const b10 = bfx * (1 - bfy)
      const b01 = (1 - bfx) * bfy
      const b11 = bfx * bfy
      const shade = (1 - vignette * away * away) * 0.5
      let r = rgb[a]! * a00 + rgb[a + 3]! * a10 + rgb[a + below]! * a01 + rgb[a + below + 3]! * a11
      let g = rgb[a + 1]! * a00 + rgb[a + 4]! * a10 + rgb[a + below + 1]! * a01 + rgb[a + below + 4]! * a11
      let l = rgb[a + 2]! * a00 + rgb[a + 5]! * a10 + rgb[a + below + 2]! * a01 + rgb[a + below + 5]! * a11
      r =
        (r + rgb[b]! * b00 + rgb[b + 3]! * b10 + rgb[b + below]! * b01 + rgb[b + below + 3]! * b11) *
        shade *
        red
      g =
        (g + rgb[b + 1]! * b00 + rgb[b + 4]! * b10 + rgb[b + below + 1]! * b01 + rgb[b + below + 4]! * b11) *
        shade
      l =
        (l + rgb[b + 2]! * b00 + rgb[b + 5]! * b10 + rgb[b + below + 2]! * b01 + rgb[b + below + 5]! * b11) *
        shade *
        blue
      const grey = 0.3 * r + 0.59 * g + 0.11 * l
      r = grey + (r - grey) * saturation
      g = grey + (g - grey) * saturation
      l = grey + (l - grey) * saturation
      const speck = (grain(x + seedX, y + seedY) + grain(x + seedY, y + 131 + seedX) - 1) * noise
      const p = i * 3
      pixels[p] = byte(curve[index(r * toTone)]! + speck + (grain(x + 71, y + seedX) - 0.5) * noise * 0.6)
      pixels[p + 1] = byte(curve[index(g * toTone)]! + speck)
      pixels[p + 2] = byte(curve[index(l * toTone)]! + speck + (grain(x + seedX, y + 53) - 0.5) * noise * 0.9)
    }
  }
  return { width, height, pixels, labels }
}

function index(value: number): number {
  return value < 0 ? 0 : value >= TONES ? TONES - 1 : value | 0
}

function byte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : (value + 0.5) | 0
}
