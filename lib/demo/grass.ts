/** Meadows and lawns: colour drifts, mown stripes, crop rows, and in front blades and flowers. */
import { dab, LABEL, type Stage, stroke, throughHaze } from './canvas.js'
import { mix, multiply, type Rgb, scale } from './color.js'
import { along, depthOfRow, type Strip, strip } from './geometry.js'
import { groundLight } from './mood.js'
import { between, chance, clamp01, fbm, grain, grainAt, pick, smoothstep } from './noise.js'

/** What one meadow looks like. */
export interface Meadow {
  dark: Rgb
  light: Rgb
  dry: Rgb
  /** Stripes run along this strip; strength 0 for none. */
  stripes: Strip
  period: number
  strength: number
  /** Size of the patches of colour, in units of noise to a metre. */
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

/** Draws the look of the meadow of one scene. */
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

/** Shadows of clouds over the land: a factor on the light of a ground point. */
export function cloudShadow(meadow: Meadow, x: number, z: number): number {
  if (meadow.clouds === 0) return 1
  return 1 - 0.6 * meadow.clouds * smoothstep(0.5, 0.62, fbm(x * 0.012 + meadow.offset, z * 0.009))
}

/** Colour of the meadow at a ground point, unlit, into `out`; `coarse` is how many metres a pixel covers. */
export function shadeGrass(
  m: Meadow,
  x: number,
  z: number,
  coarse: number,
  px: number,
  py: number,
  out: Float32Array,
): void {
  const broad = fbm(x * m.patch + m.offset, z * m.patch)
  const clump = fbm(x * 0.9, z * 0.7 + m.offset) - 0.5
  const near = 1 / (1 + coarse * 3)
  const tone = clamp01((broad - 0.5) * 1.6 + 0.5 + clump * 0.9 * near)
  const dry = clamp01((fbm(x * m.patch * 2.3, z * m.patch * 2.3 + 3) - 0.58) * 4) * 0.5
  const blade = (grain(px, py) - 0.5) * 0.26 + (grain(px >> 1, py) - 0.5) * 0.16
  let gain = 1 + clump * 0.5 * near + blade * (0.45 + 0.55 * near)
  if (m.strength > 0) {
    const s = Math.sin((((x - m.stripes.x) * m.stripes.cos - z * m.stripes.sin) * 2 * Math.PI) / m.period)
    gain += m.strength * clamp01(s * 4 + 0.5) * clamp01(1.4 - coarse / (m.period * 0.3))
  }
  for (let k = 0; k < 3; k++) {
    const green = m.dark[k]! + (m.light[k]! - m.dark[k]!) * tone
    out[k] = (green + (m.dry[k]! - green) * dry) * gain
  }
}

/** Paints blades, tufts and flowers over the part of the ground that is grass, from the back to the front. */
export function paintBlades(stage: Stage, meadow: Meadow): void {
  const { canvas, view, mood, random } = stage
  const light = groundLight(mood)
  const flower = pick(random, FLOWERS)
  const flowers = chance(random, 0.35) ? between(random, 0.02, 0.1) : 0
  const tall = between(random, 0.12, 0.4)
  const lean = between(random, -0.5, 0.5)
  const from = Math.max(view.horizon + 8 * view.unit, view.horizon * 1.02)
  const count = Math.round(((canvas.height - from) * canvas.width) / (14 * view.unit * view.unit))
  const start = random.integer(65_536)
  for (let n = 0; n < count; n++) {
    const key = start + n * 5
    const y = from + ((canvas.height + 4 - from) * (n + grainAt(key))) / count
    const x = grainAt(key + 1) * canvas.width
    const at = Math.min(canvas.height - 1, Math.floor(y)) * canvas.width + Math.floor(x)
    if (canvas.labels[at] !== LABEL.grass) continue
    const depth = depthOfRow(view, y)
    const size = Math.min(18 * view.unit, (tall * view.focal) / depth) * (0.5 + grainAt(key + 2))
    if (size < 1.2) continue
    // The light where the tuft stands, shadows included, is that of the ground already painted.
    const ground: Rgb = [canvas.rgb[at * 3]!, canvas.rgb[at * 3 + 1]!, canvas.rgb[at * 3 + 2]!]
    const pale = throughHaze(mood, multiply(meadow.light, light), depth)
    const tone = grainAt(key + 3)
    const color =
      tone < 0.45 ? scale(ground, 0.72 + tone * 0.4) : mix(scale(ground, 1.12), pale, (tone - 0.45) * 0.5)
    const tip = x + (lean + grainAt(key + 4) - 0.5) * size * 0.7
    stroke(canvas, x, y, tip, y - size, Math.min(2, size * 0.22), 0.5, color, LABEL.grass)
    if (flowers > 0 && grainAt(key + 7) < flowers * smoothstep(0.4, 0.6, fbm(x * 0.02, y * 0.05)) * 3) {
      const r = Math.max(0.7, size * 0.12)
      dab(
        canvas,
        tip,
        y - size,
        r,
        r * 0.8,
        1,
        0,
        throughHaze(mood, multiply(flower, light), depth),
        0.95,
        LABEL.grass,
      )
    }
  }
}
