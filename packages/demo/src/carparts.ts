/** The outside of a car, face by face: body sides with doors, cabin glass, nose and tail, wheels. */
import { LABEL } from './canvas.js'
import type { CarShape } from './carshape.js'
import type { Rgb } from './color.js'
import { clamp01 } from './noise.js'
import type { Material, Span } from './surface.js'

const BLACK: Rgb = [0.05, 0.05, 0.06]
const CHROME: Rgb = [0.75, 0.76, 0.78]
const LENS: Rgb = [0.92, 0.91, 0.86]
const BEAM: Rgb = [1.3, 1.25, 1]
const TAIL: Rgb = [0.7, 0.06, 0.05]
const TAIL_LIT: Rgb = [1.1, 0.12, 0.08]
const PLATE: Rgb = [0.88, 0.88, 0.82]

function set(rgb: Float32Array, p: number, color: Rgb, gain: number): void {
  rgb[p] = color[0] * gain
  rgb[p + 1] = color[1] * gain
  rgb[p + 2] = color[2] * gain
}

function lay(rgb: Float32Array, p: number, color: Rgb, gain: number, cover: number): void {
  rgb[p]! += (color[0] * gain - rgb[p]!) * cover
  rgb[p + 1]! += (color[1] * gain - rgb[p + 1]!) * cover
  rgb[p + 2]! += (color[2] * gain - rgb[p + 2]!) * cover
}

/** Lays a color where `inside`, a distance in meters, is positive; about a pixel soft. */
function fill(
  rgb: Float32Array,
  p: number,
  color: Rgb,
  gain: number,
  inside: number,
  footprint: number,
): void {
  if (inside > -0.5 * footprint) lay(rgb, p, color, gain, Math.min(1, inside / footprint + 0.5))
}

/** The side below the windows: u from the end on the viewer's left, v from the ground. */
export class BodySide implements Material {
  readonly label = LABEL.car
  constructor(
    private readonly shape: CarShape,
    /** True on the left side, where u runs from the nose. */
    private readonly mirrored: boolean,
    private readonly varnish: Rgb,
    private readonly light: Rgb,
    private readonly sky: Rgb,
  ) {}

  paint(span: Span): void {
    const s = this.shape
    const { rgb } = span
    const shine = this.light[1]
    const doors = (s.cowl + s.deck) / 2 - 0.05
    for (let i = 0; i < span.length; i++) {
      const v = span.v[i]!
      const footprint = span.footprint[i]!
      const l = this.mirrored ? s.length - span.u[i]! : span.u[i]!
      const p = i * 3
      // The upper outline falls from the windows toward nose and tail.
      let top = s.belt + 0.05
      if (l > s.cowl) {
        const t = (l - s.cowl) / (s.length - s.cowl)
        top -= t * Math.sqrt(t) * (top - s.nose)
      } else if (l < s.deck) top = s.tail + (s.belt - s.tail) * (l / s.deck)
      const end = Math.min(l, s.length - l)
      const low = 0.2 + 0.12 * clamp01(1 - end / 0.4)
      const inside = Math.min(top - v, v - low, end < 0.12 ? top - 0.08 + end * 0.6 - v : 9)
      const cover = clamp01(inside / footprint + 0.5)
      span.cover[i]! *= cover
      if (cover === 0) continue
      // Sky in the shoulder, ground in the flank.
      const height = (v - low) / (top - low)
      set(rgb, p, this.varnish, 0.7 + 0.42 * height)
      lay(rgb, p, this.sky, 0.9, clamp01(1 - Math.abs(height - 0.8) / 0.14) * 0.34)
      if (s.roof < 2 && footprint < 0.06) {
        const seam = Math.min(
          Math.abs(l - s.cowl + 0.15),
          Math.abs(l - doors),
          Math.abs(l - s.rearAxle - 0.25),
        )
        if (seam < 0.016 + footprint / 2) lay(rgb, p, BLACK, 1, 0.5)
        const grip = Math.min(Math.abs(l - s.cowl + 1.05), Math.abs(l - s.rearAxle - 0.55)) - 0.1
        fill(rgb, p, CHROME, shine, -Math.max(Math.abs(v - s.belt + 0.14) - 0.02, grip), footprint)
      }
      fill(rgb, p, BLACK, 1, low + 0.07 - v, footprint)
      const axle = l > s.length / 2 ? s.frontAxle : s.rearAxle
      const arch = s.wheel + 0.07
      const away = (l - axle) * (l - axle) + (v - s.wheel) * (v - s.wheel)
      if (away < arch * arch) lay(rgb, p, BLACK, 0.8, 1)
      fill(
        rgb,
        p,
        LENS,
        shine,
        Math.min(0.08 - Math.abs(v - s.nose + 0.1), 0.12 - Math.abs(l - s.length + 0.12)),
        footprint,
      )
      fill(
        rgb,
        p,
        TAIL,
        shine,
        Math.min(0.1 - Math.abs(v - s.tail + 0.14), 0.09 - Math.abs(l - 0.08)),
        footprint,
      )
    }
  }
}

/** The side windows: u as on the body, v from the belt along the leaning glass. */
export class Cabin implements Material {
  readonly label = LABEL.car
  constructor(
    private readonly shape: CarShape,
    private readonly mirrored: boolean,
    private readonly rise: number,
    private readonly varnish: Rgb,
    private readonly light: Rgb,
    private readonly sky: Rgb,
  ) {}

  paint(span: Span): void {
    const s = this.shape
    const van = s.roof > 2
    const middle = (s.cowl + s.deck) / 2 - 0.1
    for (let i = 0; i < span.length; i++) {
      const v = span.v[i]!
      const l = this.mirrored ? s.length - span.u[i]! : span.u[i]!
      const t = v / this.rise
      const front = s.cowl + (s.roofFront - s.cowl) * t
      const last = van ? s.cowl - 1.5 : s.deck + (s.roofRear - s.deck) * t + 0.16
      const pillar = van ? 1 : Math.abs(l - middle) - 0.05
      const inside = Math.min(front - 0.12 - l, l - last, this.rise - 0.09 - v, v - 0.03, pillar)
      const glass = clamp01(inside / span.footprint[i]! + 0.5)
      const mirror = 0.1 + 0.34 * t + (Math.abs(((l + v * 1.4) % 1.1) - 0.5) < 0.14 ? 0.16 : 0)
      for (let k = 0; k < 3; k++) {
        const paint = this.varnish[k]! * 0.95
        span.rgb[i * 3 + k] = paint + (0.06 * this.light[k]! + this.sky[k]! * mirror - paint) * glass
      }
    }
  }
}

/** The windshield or the rear window: u from its middle, v from its lower edge. */
export class Screen implements Material {
  readonly label = LABEL.car
  constructor(
    private readonly varnish: Rgb,
    private readonly light: Rgb,
    private readonly sky: Rgb,
    /** Half widths below and above, and the length of the glass. */
    private readonly low: number,
    private readonly high: number,
    private readonly rise: number,
  ) {}

  paint(span: Span): void {
    for (let i = 0; i < span.length; i++) {
      const u = span.u[i]!
      const v = span.v[i]!
      const t = v / this.rise
      const inside = Math.min(
        this.low + (this.high - this.low) * t - Math.abs(u) - 0.07,
        this.rise - 0.07 - v,
        v - 0.02,
      )
      const glass = clamp01(inside / span.footprint[i]! + 0.5)
      const mirror = 0.12 + 0.4 * t + (Math.abs(u * 0.8 + v - 0.4) < 0.12 ? 0.14 : 0)
      for (let k = 0; k < 3; k++) {
        const paint = this.varnish[k]!
        span.rgb[i * 3 + k] = paint + (0.05 * this.light[k]! + this.sky[k]! * mirror - paint) * glass
      }
    }
  }
}

/** Hood, trunk and roof: plain paint. */
export class Varnish implements Material {
  readonly label = LABEL.car
  constructor(private readonly varnish: Rgb) {}

  paint(span: Span): void {
    for (let i = 0; i < span.length; i++) {
      const u = span.u[i]!
      set(span.rgb, i * 3, this.varnish, 1.08 - 0.2 * u * u)
    }
  }
}

/** Nose or tail, with lamps and license plate: u from its middle, v from its lower edge. */
export class End implements Material {
  readonly label = LABEL.car
  constructor(
    private readonly front: boolean,
    private readonly varnish: Rgb,
    private readonly light: Rgb,
    private readonly half: number,
    private readonly rise: number,
    private readonly lights: boolean,
  ) {}

  paint(span: Span): void {
    const { half, rise, lights } = this
    const { rgb } = span
    const shine = this.light[1]
    for (let i = 0; i < span.length; i++) {
      const x = Math.abs(span.u[i]!)
      const v = span.v[i]!
      const footprint = span.footprint[i]!
      const p = i * 3
      set(rgb, p, this.varnish, 0.68 + (0.36 * v) / rise)
      if (v < 0.16) lay(rgb, p, BLACK, 1.6, 0.75)
      if (this.front) {
        fill(rgb, p, BLACK, 1, Math.min(half * 0.52 - x, 0.16 * rise - Math.abs(v - 0.72 * rise)), footprint)
        fill(rgb, p, CHROME, shine, Math.min(0.09 - x, 0.1 * rise - Math.abs(v - 0.74 * rise)), footprint)
        const lamp = Math.min(0.15 - Math.abs(x - half * 0.78), 0.1 - Math.abs(v - rise * 0.74))
        fill(rgb, p, lights ? BEAM : LENS, lights ? 1 : shine, lamp, footprint)
      } else {
        const lamp = Math.min(0.12 - Math.abs(x - half * 0.82), 0.17 * rise - Math.abs(v - rise * 0.72))
        fill(rgb, p, lights ? TAIL_LIT : TAIL, lights ? 1 : shine, lamp, footprint)
      }
      fill(rgb, p, PLATE, shine, Math.min(0.26 - x, 0.09 * rise - Math.abs(v - 0.38 * rise)), footprint)
    }
  }
}

/** A wheel: u and v from the hub. */
export class Wheel implements Material {
  readonly label = LABEL.car
  constructor(
    private readonly radius: number,
    private readonly light: Rgb,
  ) {}

  paint(span: Span): void {
    const { radius } = this
    const metal = 0.2 + 0.8 * this.light[1]
    for (let i = 0; i < span.length; i++) {
      const u = span.u[i]!
      const v = span.v[i]!
      const footprint = span.footprint[i]!
      const r = Math.sqrt(u * u + v * v)
      span.cover[i]! *= clamp01((radius - r) / footprint + 0.5)
      set(span.rgb, i * 3, BLACK, 0.9)
      if (r > radius * 0.64 + footprint) continue
      // Five spokes, dark between.
      const spoke = r < radius * 0.2 || Math.cos(Math.atan2(v, u) * 5) > -0.25 ? 0.72 : 0.2
      fill(span.rgb, i * 3, CHROME, spoke * metal, radius * 0.64 - r, footprint)
    }
  }
}
