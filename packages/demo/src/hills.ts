/** Low hills between the plain and the mountains: pastures, hedges and copses in the haze. */
import { blend, hazeAt, LABEL, type Stage } from './canvas.js'
import { mix, multiply } from './color.js'
import type { Meadow } from './grass.js'
import { groundLight } from './mood.js'
import { between, clamp01, fbm, grain } from './noise.js'

/** Paints hills up to `height` pixels above the horizon, over what lies behind. */
export function paintHills(stage: Stage, meadow: Meadow, height: number): void {
  const { canvas, view, mood, random } = stage
  const light = groundLight(mood)
  const haze = hazeAt(mood, between(random, 150, 350))
  const light0 = mix(multiply(meadow.light, light), mood.haze, haze)
  const dark0 = mix(multiply(meadow.dark, light), mood.haze, haze)
  const wood0 = mix(multiply(mood.needles[1]!, light), mood.haze, haze)
  const ox = between(random, 0, 8)
  const oy = between(random, 0, 8)
  const scale = 1 / canvas.width
  const foot = Math.min(canvas.height - 1, Math.ceil(view.horizon + 3 * view.unit))
  for (let x = 0; x < canvas.width; x++) {
    const rise = height * clamp01(0.25 + 1.3 * (fbm(x * scale * 1.5 + ox, oy) - 0.25))
    const top = Math.max(0, Math.floor(view.horizon - rise))
    for (let y = top; y <= foot; y++) {
      const i = y * canvas.width + x
      if (y > view.horizon && canvas.labels[i] !== LABEL.sky) continue
      const cover = Math.min(1, rise - (view.horizon - y) + 0.5)
      if (cover <= 0) continue
      const u = x * scale * 5 + ox
      const v = (y - view.horizon) * scale * 22 + oy
      const field = fbm(Math.floor(u * 2.2 + fbm(u, v)) * 1.7, Math.floor(v * 2 + 0.7 * fbm(v, u)) * 1.3)
      const tone = clamp01((field - 0.3) * 2.2) + (grain(x, y) - 0.5) * 0.2
      const wood = fbm(u * 1.4 + 4, v * 1.4) > 0.62 ? 0.8 : 0
      const r = dark0[0] + (light0[0] - dark0[0]) * tone
      const g = dark0[1] + (light0[1] - dark0[1]) * tone
      const b = dark0[2] + (light0[2] - dark0[2]) * tone
      const speck = 1 + (grain(x, y + 9) - 0.5) * 0.2
      blend(
        canvas,
        i,
        (r + (wood0[0] - r) * wood) * speck,
        (g + (wood0[1] - g) * wood) * speck,
        (b + (wood0[2] - b) * wood) * speck,
        cover,
        LABEL.grass,
      )
    }
  }
}
