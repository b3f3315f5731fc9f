/** The outside of a car, face by face: body sides with doors, cabin glass, nose and tail, wheels. */

import { LABEL } from './canvas.js'
import type { CarShape } from './car.js'
import type { Rgb } from './color.js'
import { clamp01 } from './noise.js'
import type { Material } from './surface.js'

function set(out: Float32Array, color: Rgb, gain: number): void {
  out[0] = color[0] * gain
  out[1] = color[1] * gain
  out[2] = color[2] * gain
}

function lay(out: Float32Array, color: Rgb, gain: number, cover: number): void {
  for (let k = 0; k < 3; k++) out[k]! += (color[k]! * gain - out[k]!) * cover
}

const BLACK: Rgb = [0.05, 0.05, 0.06]
const CHROME: Rgb = [0.75, 0.76, 0.78]

/** The side below the windows: u from the end on the viewer's left, v from the ground. */
export class BodySide implements Material {
  readonly label = LABEL.car
  constructor(
    private readonly shape: CarShape,
    /** True on the left side, where u runs from the nose. */
    private readonly mirrored: boolean,
    private readonly paint: Rgb,
    private readonly light: Rgb,
    private readonly sky: Rgb,
  ) {}

  shade(u: number, v: number, footprint: number, out: Float32Array): number {
    const s = this.shape
    const l = this.mirrored ? s.length - u : u
    // The upper outline falls from the windows towards nose and tail.
    let top = s.belt + 0.05
    if (l > s.cowl)
      top = s.belt + 0.05 - ((l - s.cowl) / (s.length - s.cowl)) ** 1.5 * (s.belt + 0.05 - s.nose)
    else if (l < s.deck) top = s.tail + (s.belt - s.tail) * (l / s.deck)
    const round = Math.min(l, s.length - l)
    const low = 0.2 + 0.12 * clamp01(1 - round / 0.4)
    let inside = Math.min(top - v, v - low)
    if (round < 0.12) inside = Math.min(inside, top - 0.08 + round * 0.6 - v)
    const cover = clamp01(inside / footprint + 0.5)
    if (cover === 0) return 0
    const height = (v - low) / (top - low)
    // Sky in the shoulder, ground in the flank.
    const shine = clamp01(1 - Math.abs(height - 0.8) / 0.14) * 0.34
    set(out, this.paint, 0.7 + 0.42 * height)
    lay(out, this.sky, 0.9, shine)
    const seam = Math.min(
      Math.abs(l - (s.cowl - 0.15)),
      Math.abs(l - (s.cowl + s.deck) / 2 + 0.05),
      Math.abs(l - s.rearAxle - 0.25),
    )
    if (s.roof < 2)
      lay(out, BLACK, 1, clamp01((0.016 - seam) / footprint + 0.5) * Math.min(1, 0.03 / footprint) * 0.7)
    lay(out, BLACK, 1, clamp01((low + 0.07 - v) / footprint + 0.5) * 0.8)
    const handle = Math.max(
      Math.abs(v - s.belt + 0.14) - 0.02,
      Math.min(Math.abs(l - s.cowl + 1.05), Math.abs(l - s.rearAxle - 0.55)) - 0.1,
    )
    lay(out, CHROME, this.light[1], clamp01(-handle / footprint + 0.4) * 0.6)
    for (const axle of [s.rearAxle, s.frontAxle]) {
      const arch = s.wheel + 0.07 - Math.hypot(l - axle, v - s.wheel)
      lay(out, BLACK, 0.8, clamp01(arch / footprint + 0.5))
    }
    const lamp = Math.max(Math.abs(v - s.nose + 0.1) - 0.08, Math.abs(l - s.length + 0.12) - 0.12)
    lay(out, [0.9, 0.88, 0.8], this.light[1], clamp01(-lamp / footprint + 0.5))
    const tail = Math.max(Math.abs(v - s.tail + 0.14) - 0.1, Math.abs(l - 0.08) - 0.09)
    lay(out, [0.7, 0.06, 0.05], this.light[1], clamp01(-tail / footprint + 0.5))
    return cover
  }
}

/** The side windows: u as on the body, v from the belt along the leaning glass. */
export class Cabin implements Material {
  readonly label = LABEL.car
  constructor(
    private readonly shape: CarShape,
    private readonly mirrored: boolean,
    private readonly rise: number,
    private readonly paint: Rgb,
    private readonly light: Rgb,
    private readonly sky: Rgb,
  ) {}

  shade(u: number, v: number, footprint: number, out: Float32Array): number {
    const s = this.shape
    const l = this.mirrored ? s.length - u : u
    const t = v / this.rise
    const front = s.cowl + (s.roofFront - s.cowl) * t
    const rear = s.deck + (s.roofRear - s.deck) * t
    set(out, this.paint, 0.95)
    const van = s.roof > 2
    const last = van ? s.cowl - 1.5 : rear + 0.16
    const pillar = Math.abs(l - (s.cowl + s.deck) / 2 + 0.1)
    const inside = Math.min(
      front - 0.12 - l,
      l - last,
      this.rise - 0.09 - v,
      v - 0.03,
      van ? 1 : pillar - 0.05,
    )
    const glass = clamp01(inside / footprint + 0.5)
    const slant = Math.abs(((l + v * 1.4) % 1.1) - 0.5) < 0.14 ? 0.16 : 0
    const mirror = 0.1 + 0.34 * t + slant
    for (let k = 0; k < 3; k++) {
      const value = 0.06 * this.light[k]! + this.sky[k]! * mirror
      out[k]! += (value - out[k]!) * glass
    }
    return 1
  }
}

/** Faces across the car: u from its middle, v from its lower edge. */
export class Panel implements Material {
  readonly label = LABEL.car
  constructor(
    private readonly kind: 'front' | 'rear' | 'glass' | 'body',
    private readonly paint: Rgb,
    private readonly light: Rgb,
    private readonly sky: Rgb,
    private readonly half: number,
    private readonly rise: number,
    private readonly lights: boolean,
  ) {}

  shade(u: number, v: number, footprint: number, out: Float32Array): number {
    const t = v / this.rise
    const x = Math.abs(u)
    if (this.kind === 'glass') {
      const mirror = 0.12 + 0.4 * t + (Math.abs(u * 0.8 + v - 0.4) < 0.12 ? 0.14 : 0)
      for (let k = 0; k < 3; k++) out[k] = 0.05 * this.light[k]! + this.sky[k]! * mirror
      // The pillars and the rim of the roof.
      const inside = Math.min(
        this.half * 1.24 - this.half * 0.24 * t - x - 0.07,
        this.rise - 0.07 - v,
        v - 0.02,
      )
      lay(out, this.paint, 1, 1 - clamp01(inside / footprint + 0.5))
      return 1
    }
    set(out, this.paint, this.kind === 'body' ? 0.98 + 0.1 * Math.cos(u * 2.2) : 0.68 + 0.36 * t)
    if (this.kind === 'body') return 1
    const cut = (distance: number) => clamp01(-distance / footprint + 0.5)
    const bumper = cut(v - 0.16)
    lay(out, BLACK, 1.6, bumper * 0.75)
    if (this.kind === 'front') {
      lay(out, BLACK, 1, cut(Math.max(x - this.half * 0.52, Math.abs(t - 0.72) - 0.16)))
      lay(out, CHROME, this.light[1], cut(Math.max(x - 0.09, Math.abs(t - 0.74) - 0.1)) * 0.8)
      const lamp = cut(Math.hypot((x - this.half * 0.76) / 1.5, v - this.rise * 0.74) - 0.11)
      lay(out, this.lights ? [1.3, 1.25, 1] : [0.92, 0.92, 0.9], this.lights ? 1 : this.light[1], lamp)
    } else {
      const lamp = cut(Math.max(Math.abs(x - this.half * 0.82) - 0.12, Math.abs(t - 0.72) - 0.17))
      lay(out, this.lights ? [1.1, 0.12, 0.08] : [0.68, 0.07, 0.06], this.lights ? 1 : this.light[1], lamp)
    }
    const plate = cut(Math.max(x - 0.26, Math.abs(t - 0.38) - 0.09))
    lay(out, [0.88, 0.88, 0.82], this.light[1], plate)
    return 1
  }
}

/** A wheel: u and v from the hub. */
export class Wheel implements Material {
  readonly label = LABEL.car
  constructor(
    private readonly radius: number,
    private readonly light: Rgb,
  ) {}

  shade(u: number, v: number, footprint: number, out: Float32Array): number {
    const r = Math.hypot(u, v)
    const cover = clamp01((this.radius - r) / footprint + 0.5)
    set(out, BLACK, 0.9)
    const rim = clamp01((this.radius * 0.64 - r) / footprint + 0.5)
    const spoke = Math.cos(Math.atan2(v, u) * 5) > -0.25 || r < this.radius * 0.2 ? 0.72 : 0.2
    lay(out, CHROME, spoke * (0.2 + 0.8 * this.light[1]), rim)
    return cover
  }
}
