/** Meadows and lawns: color drifts, mown stripes, crop rows, and in front blades and flowers. */
import { dab, hazeAt, LABEL, type Stage, stroke } from './canvas.js'
import { mix, multiply, type Rgb } from './color.js'
import { depthOfRow, type GroundRow, type Strip, strip } from './geometry.js'
import { groundLight } from './mood.js'
import { between, chance, clamp01, fbm, grain, grainAt, pick, smoothstep } from './noise.js'

/** The look of one meadow. */
export interface Meadow {
  dark: Rgb
  light: Rgb
  dry: Rgb
  /** Stripes run along this strip; strength 0 for none. */
  stripes: Strip
  period: number
  strength: number
  /** Size of the color patches, in noise units per meter. */
  patch: number
  clouds: number
  offset: number
}

const FLOWERS: readonly Rgb[] = [
  [0.96, 0.94, 0.9],
  [0.95, 0.82, 0.2],
  [0.82, 0.2, 0.2],
  [0.62, 0.4, 0.8],
  [0.9, 0.55, 0.7],
]

/** Draws the look of a scene's meadow. */
export function drawMeadow(stage: Stage): Meadow {
  const { mood, random } = stage
  const striped = chance(random, 0.4)
  return {
    dark: mood.grass[0],
    light: mood.grass[1],
    dry: mix(mood.grass[1], [0.6, 0.5, 0.3], 0.6),
    stripes: strip(between(random, -3, 3), 0, between(random, -1.2, 1.2), 0),
    period: between(random, 1.6, 5),
    strength: striped ? between(random, 0.06, 0.16) : 0,
    patch: between(random, 0.05, 0.16),
    clouds: mood.clouds > 0.25 && mood.clouds < 0.8 ? between(random, 0.1, 0.35) : 0,
    offset: between(random, 0, 8),
  }
}

/** Darkens one row of ground with cloud shadows, writing `rgb` from `start` on. */
export function shadeClouds(m: Meadow, row: GroundRow, rgb: Float32Array, start: number): void {
  const { clouds, offset } = m
  if (clouds === 0) return
  for (let x = 0; x < row.width; x++) {
    const wx = row.left + x * row.step
    const dim = 1 - clouds * smoothstep(0.5, 0.62, fbm(wx * 0.012 + offset, row.z * 0.009))
    const p = start + x * 3
    rgb[p]! *= dim
    rgb[p + 1]! *= dim
    rgb[p + 2]! *= dim
  }
}

/** Writes the unlit colors of the meadow on one row of ground into `rgb` from `start` on; bare earth toward water. */
export function shadeGrass(m: Meadow, row: GroundRow, rgb: Float32Array, start: number): void {
  const { y, z } = row
  const { patch, offset } = m
  const [dr, dg, db] = m.dark
  const [lr, lg, lb] = m.light
  const [sr, sg, sb] = m.dry
  const coarse = row.step + row.deep * 0.5
  const near = 1 / (1 + coarse * 3)
  const rim = 1.1 + row.deep * 0.5
  const fine = 0.45 + 0.55 * near
  const striped = m.strength * clamp01(1.4 - coarse / (m.period * 0.3))
  const turns = (2 * Math.PI) / m.period
  for (let x = 0; x < row.width; x++) {
    const inside = row.inside[x]!
    if (row.cover[x] === 1 || inside >= rim) continue
    const wx = row.left + x * row.step
    const broad = fbm(wx * patch + offset, z * patch)
    const clump = fbm(wx * 0.9, z * 0.7 + offset) - 0.5
    const tone = clamp01((broad - 0.5) * 1.6 + 0.5 + clump * 0.9 * near)
    const dry = clamp01((fbm(wx * patch * 2.3, z * patch * 2.3 + 3) - 0.58) * 4) * 0.5
    const blade = (grain(x, y) - 0.5) * 0.26 + (grain(x >> 1, y) - 0.5) * 0.16
    let gain = 1 + clump * 0.5 * near + blade * fine
    if (striped > 0) {
      const s = Math.sin(((wx - m.stripes.x) * m.stripes.cos - z * m.stripes.sin) * turns)
      gain += striped * clamp01(s * 4 + 0.5)
    }
    const bank = clamp01(1.2 + inside / rim) * 0.75
    const lit = gain * (1 - bank)
    const r = dr + (lr - dr) * tone
    const g = dg + (lg - dg) * tone
    const b = db + (lb - db) * tone
    const p = start + x * 3
    rgb[p] = (r + (sr - r) * dry) * lit + 0.5 * bank
    rgb[p + 1] = (g + (sg - g) * dry) * lit + 0.43 * bank
    rgb[p + 2] = (b + (sb - b) * dry) * lit + 0.32 * bank
  }
}

/** Paints blades, tufts and flowers over the grassy ground, from back to front. */
export function paintBlades(stage: Stage, meadow: Meadow): void {
  const { canvas, view, mood, random } = stage
  const light = groundLight(mood)
  const bloom = multiply(pick(random, FLOWERS), light)
  const flowers = chance(random, 0.35) ? between(random, 0.06, 0.3) : 0
  const tall = between(random, 0.12, 0.4)
  const lean = between(random, -0.5, 0.5)
  const from = Math.max(view.horizon + 8 * view.unit, view.horizon * 1.02)
  const count = Math.round(((canvas.height - from) * canvas.width) / (14 * view.unit * view.unit))
  const start = random.integer(65_536)
  const [pr, pg, pb] = multiply(meadow.light, light)
  const { rgb } = canvas
  for (let n = 0; n < count; n++) {
    const key = start + n * 5
    const y = from + ((canvas.height + 4 - from) * (n + grainAt(key))) / count
    const x = grainAt(key + 1) * canvas.width
    const at = Math.min(canvas.height - 1, Math.floor(y)) * canvas.width + Math.floor(x)
    if (canvas.labels[at] !== LABEL.grass) continue
    const depth = depthOfRow(view, y)
    const size = Math.min(18 * view.unit, (tall * view.focal) / depth) * (0.5 + grainAt(key + 2))
    if (size < 1.2) continue
    // The light at the tuft, shadows included, is that of the ground already painted.
    const tone = grainAt(key + 3)
    const pale = tone < 0.45 ? 0 : (tone - 0.45) * 0.5
    const gain = (tone < 0.45 ? 0.72 + tone * 0.4 : 1.12) * (1 - pale)
    const p = at * 3
    const color: Rgb = [
      rgb[p]! * gain + pr * pale,
      rgb[p + 1]! * gain + pg * pale,
      rgb[p + 2]! * gain + pb * pale,
    ]
    const tip = x + (lean + grainAt(key + 4) - 0.5) * size * 0.7
    stroke(canvas, x, y, tip, y - size, Math.min(2, size * 0.22), 0.5, color, LABEL.grass)
    if (flowers > 0 && grainAt(key + 7) < flowers * smoothstep(0.4, 0.6, fbm(x * 0.02, y * 0.05))) {
      const rx = Math.max(0.7, size * 0.12)
      const [r, g, b] = mix(bloom, mood.haze, hazeAt(mood, depth))
      dab(
        canvas,
        { x: tip, y: y - size, rx, ry: rx * 0.8, cos: 1, sin: 0, r, g, b, cover: 0.95 },
        LABEL.grass,
      )
    }
  }
}
