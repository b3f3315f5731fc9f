/** The sky: a gradient, the glow around the sun, and clouds in perspective, lit from the sun's side. */
import { LABEL, type Stage } from './canvas.js'
import { mix, scale } from './color.js'
import { between, clamp01, fbm, smoothstep } from './noise.js'

/** Paints the whole canvas from the top down to `bottom`. */
export function paintSky(stage: Stage, bottom: number): void {
  const { canvas, view, mood, random } = stage
  const { width, height, rgb } = canvas
  const rows = Math.min(height, Math.ceil(bottom))
  const size = between(random, 0.35, 1.1)
  const ox = between(random, 0, 8)
  const oy = between(random, 0, 8)
  const threshold = 0.78 - 0.52 * mood.clouds
  const softness = 0.3 - 0.22 * mood.crispness
  const lit = mix(mix(mood.horizon, [1, 1, 1], 0.5), mood.sunlight, 0.25)
  const shade = mix(scale(mood.zenith, 0.8), mood.ambient, 0.65)
  // The sun's position, on the canvas or off it; it only glows in front of the camera.
  const ahead = mood.sun[2] > -0.2
  const sunX = view.center + (mood.sun[0] / Math.max(0.35, Math.abs(mood.sun[2]))) * view.focal * 0.5
  const sunY = view.horizon - mood.sun[1] * view.focal * 0.8
  const reach = 1 / (view.focal * 0.55)
  const toward = mood.sun[0] > 0 ? 0.09 : -0.09
  for (let y = 0; y < rows; y++) {
    const climb = Math.max(0, (view.horizon - y) / view.focal)
    const t = 1 - Math.exp(-climb * 2.6)
    const r0 = mood.horizon[0] + (mood.zenith[0] - mood.horizon[0]) * t
    const g0 = mood.horizon[1] + (mood.zenith[1] - mood.horizon[1]) * t
    const b0 = mood.horizon[2] + (mood.zenith[2] - mood.horizon[2]) * t
    const far = size / (climb + 0.14)
    const veil = clamp01(climb * 5 + 0.25)
    for (let x = 0; x < width; x++) {
      let r = r0
      let g = g0
      let b = b0
      if (ahead) {
        const dx = (x - sunX) * reach
        const dy = (y - sunY) * reach
        const glow = 0.5 / (1 + 6 * (dx * dx + dy * dy))
        r += mood.sunlight[0] * glow
        g += mood.sunlight[1] * glow
        b += mood.sunlight[2] * glow
      }
      const u = ((x - view.center) / view.focal) * far + ox
      const v = far * 1.3 + oy
      const density = fbm(u, v)
      const cloud = smoothstep(threshold - softness, threshold + softness, density) * veil
      if (cloud > 0) {
        // Thicker toward the sun means shade here.
        const thick = fbm(u + toward, v - 0.06) - density
        const bright = clamp01(0.62 - thick * 3.2 - (density - threshold) * 0.9)
        r += (shade[0] + (lit[0] - shade[0]) * bright - r) * cloud
        g += (shade[1] + (lit[1] - shade[1]) * bright - g) * cloud
        b += (shade[2] + (lit[2] - shade[2]) * bright - b) * cloud
      }
      const p = (y * width + x) * 3
      rgb[p] = r
      rgb[p + 1] = g
      rgb[p + 2] = b
    }
  }
  canvas.labels.fill(LABEL.sky, 0, rows * width)
}
