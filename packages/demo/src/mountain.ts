/** Mountains: ranges behind one another, ridged rock lit from one side, snow, forests at the foot, haze. */
import { blend, LABEL, type Stage } from './canvas.js'
import { mix } from './color.js'
import { between, clamp01, fbm, grain, ridge } from './noise.js'

interface Range {
  /** Height of the highest crests in pixels above the foot. */
  height: number
  haze: number
  /** How much of the slope is under trees or heath. */
  green: number
  peaks: number
}

/** Paints `count` ranges that rise from the horizon; the highest reaches `height` pixels above it. */
export function paintMountains(stage: Stage, count: number, height: number): void {
  const { mood, random } = stage
  const haze = clamp01(0.12 + mood.hazeDensity * 0.8)
  for (let n = 0; n < count; n++) {
    const near = count === 1 ? 0.7 : n / (count - 1)
    paintRange(stage, {
      height: height * (1 - 0.42 * near) * between(random, 0.85, 1),
      haze: clamp01(haze * (1.25 - 0.85 * near)),
      green: clamp01(between(random, -0.3, 0.2) + near * 0.25),
      peaks: between(random, 0.6, 1.3) * (1 + 0.5 * near),
    })
  }
}

/** The crest line in pixels above the foot, column by column: a few summits with ridged flanks between. */
function crest(stage: Stage, range: Range): Float32Array {
  const { canvas, random } = stage
  const ox = between(random, 0, 8)
  const oy = between(random, 0, 8)
  const rugged = between(random, 0.18, 0.4)
  const summits = Array.from({ length: 2 + random.integer(4) }, () => ({
    at: between(random, -0.1, 1.1),
    height: between(random, 0.6, 1),
    steep: between(random, 1, 3) * range.peaks,
  }))
  const line = new Float32Array(canvas.width)
  for (let x = 0; x < canvas.width; x++) {
    const t = x / canvas.width
    let rise = 0.34 + 0.34 * fbm(t * 1.4 + ox, oy)
    for (const s of summits) rise = Math.max(rise, s.height - Math.abs(t - s.at) * s.steep)
    const broken = ridge(t * range.peaks * 2.2 + oy, ox) - 0.5 + 0.5 * (fbm(t * 9 + ox, oy + 2) - 0.5)
    line[x] = range.height * Math.max(0.1, rise + rugged * broken)
  }
  return line
}

function paintRange(stage: Stage, range: Range): void {
  const { canvas, view, mood, random } = stage
  const { width, height } = canvas
  const line = crest(stage, range)
  const foot = Math.min(height - 1, Math.round(view.horizon))
  const [dark, light] = mood.rock
  const snow = mix(mix([0.92, 0.94, 1], mood.sunlight, 0.12), mood.ambient, 0.25)
  const forest = mix(mood.needles[0]!, mood.grass[0], 0.35)
  const scale = between(random, 0.02, 0.034) / view.unit
  const side = mood.sun[0] > 0 ? 1 : -1
  const contrast = 2.2 + 2.2 * (mood.sunlight[0] + mood.sunlight[1])
  const ox = between(random, 0, 8)
  const oy = between(random, 0, 8)
  const snowAt = mood.snowline < 1 ? mood.snowline * range.height : Infinity
  const treeline = range.green * range.height * 0.75
  const sunlit = mood.sunlight
  const air = mix(mood.haze, [0.36, 0.44, 0.62], 0.6)
  for (let x = 0; x < width; x++) {
    const rise = line[x]!
    const top = Math.max(0, Math.floor(foot - rise))
    for (let y = top; y <= foot; y++) {
      const up = foot - y
      const cover = Math.min(1, rise - up + 0.5)
      if (cover <= 0) continue
      const u = x * scale + ox
      const v = y * scale * 0.62 + oy
      const warp = fbm(u * 0.6, v * 0.6)
      const here = ridge(u + warp * 0.5, v + warp * 0.35)
      const there = ridge(u + warp * 0.5 + side * 0.045, v + warp * 0.35 - 0.02)
      const slope = (here - there) * contrast
      const lightness = clamp01(0.5 + slope)
      const fine = grain(x, y) - 0.5
      const tone = clamp01(warp * 1.5 - 0.25)
      let r = dark[0] + (light[0] - dark[0]) * tone
      let g = dark[1] + (light[1] - dark[1]) * tone
      let b = dark[2] + (light[2] - dark[2]) * tone
      const ground = up + (warp - 0.5) * range.height * 0.5
      const wood = clamp01((treeline - ground) / (range.height * 0.12))
      if (wood > 0) {
        const speck = 1 + fine * 0.5
        r += (forest[0] * speck - r) * wood
        g += (forest[1] * speck - g) * wood
        b += (forest[2] * speck - b) * wood
      }
      const white = clamp01((ground - snowAt) / (range.height * 0.06) - Math.max(0, here - 0.62) * 4)
      if (white > 0) {
        r += (snow[0] - r) * white
        g += (snow[1] - g) * white
        b += (snow[2] - b) * white
      }
      const direct = lightness * (0.9 + 0.25 * fine)
      r *= mood.ambient[0] * 0.72 + sunlit[0] * direct
      g *= mood.ambient[1] * 0.72 + sunlit[1] * direct
      b *= mood.ambient[2] * 0.78 + sunlit[2] * direct
      // Haze thickens toward the foot.
      const haze = clamp01(range.haze * (0.75 + 0.5 * clamp01(1 - up / (range.height * 0.5))))
      r += (air[0] - r) * haze
      g += (air[1] - g) * haze
      b += (air[2] - b) * haze
      blend(canvas, y * width + x, r, g, b, cover, LABEL.mountain)
    }
  }
}
