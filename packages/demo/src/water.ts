/** Water: reflects what is beyond it, broken by ripples, with its own color nearby, glitter and foam. */
import { hazeAt, LABEL, type Stage } from './canvas.js'
import { scale } from './color.js'
import { depthOfRow } from './geometry.js'
import { groundLight } from './mood.js'
import { between, clamp01, fbm, grain } from './noise.js'

/** Paints all pixels labeled as water over the current picture. */
export function paintWater(stage: Stage): void {
  const { canvas, view, mood, random } = stage
  const { width, height, rgb, labels } = canvas
  const wind = between(random, 0.4, 1)
  const clarity = between(random, 0.25, 0.62)
  const turn = between(random, -0.3, 0.3)
  const offset = between(random, 0, 8)
  const light = groundLight(mood)
  const deep = scale([mood.water[0] * light[0], mood.water[1] * light[1], mood.water[2] * light[2]], 0.85)
  const glitter = mood.sun[2] > -0.1 ? 0.5 : 0.12
  const sunX = view.center + mood.sun[0] * view.focal * 0.5
  for (let x = 0; x < width; x++) {
    let shore = -1
    for (let y = 0; y < height; y++) {
      const i = y * width + x
      if (labels[i] !== LABEL.water) {
        // A narrow gap (a pole, a branch) does not end the water.
        if (shore >= 0 && y - shore > 3 && labels[Math.min(height - 1, y + 3) * width + x] !== LABEL.water)
          shore = -1
        continue
      }
      if (shore < 0) shore = y
      const z = depthOfRow(view, y)
      const pixel = z / view.focal
      const wx = (x - view.center) * pixel
      const calm = 1 / (1 + pixel * 4)
      const wave = fbm(wx * 0.5 + z * turn + offset, z * 1.3) - 0.5
      const ripple = fbm(wx * 0.11 + offset, z * 0.33 + wx * turn * 0.1) - 0.5
      const down = y - shore
      // Waves in rows that shrink with the distance, as seen from a shore.
      const below = y - view.horizon
      const streak = fbm(((x - view.center) / below) * 2.4 + offset, Math.log(below) * 8 + offset) - 0.5
      const stir = wind * (0.25 + down * 0.22)
      const mirrorY = Math.round(shore - 1 - down * 0.92 + (wave * 1.5 * calm + ripple + streak * 2) * stir)
      const mirrorX = Math.round(x + (ripple + wave * 0.6) * stir)
      const source = (clampTo(mirrorY, shore - 1) * width + Math.min(width - 1, Math.max(0, mirrorX))) * 3
      const grazing = clamp01(1.15 - (down / view.focal) * 1.6)
      const gloss = clamp01(clarity * grazing + (wave * calm * 0.5 + ripple * 0.5 + streak) * wind)
      let r = deep[0] + (rgb[source]! * 0.72 - deep[0]) * gloss
      let g = deep[1] + (rgb[source + 1]! * 0.86 - deep[1]) * gloss
      let b = deep[2] + (rgb[source + 2]! - deep[2]) * gloss
      const crest = clamp01((wave * calm * 0.6 + streak) * 4 - 0.2) * wind * 0.42
      const path = Math.exp(-(((x - sunX) / (view.focal * 0.16)) ** 2))
      const spark = grain(x, y) > 0.93 - 0.2 * path ? clamp01(wave * 5 + 0.3) * glitter * path : 0
      r += (mood.horizon[0] - r) * crest + mood.sunlight[0] * spark
      g += (mood.horizon[1] - g) * crest + mood.sunlight[1] * spark
      b += (mood.horizon[2] - b) * crest + mood.sunlight[2] * spark
      const rim = down < 2 * view.unit ? 0.55 : 1
      const haze = hazeAt(mood, z) * 0.8
      const p = i * 3
      rgb[p] = r * rim + (mood.haze[0] - r * rim) * haze
      rgb[p + 1] = g * rim + (mood.haze[1] - g * rim) * haze
      rgb[p + 2] = b * rim + (mood.haze[2] - b * rim) * haze
    }
  }
}

function clampTo(value: number, highest: number): number {
  return value < 0 ? 0 : value > highest ? Math.max(0, highest) : value
}
