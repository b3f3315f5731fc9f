/** What the outside of houses is made of: walls with windows and doors, and roofs with tiles. */
import { LABEL } from './canvas.js'
import type { Rgb } from './color.js'
import { cell, clamp01, fbm } from './noise.js'
import type { Material } from './surface.js'

/** The masonry of a wall. */
export type Masonry = 'plaster' | 'brick' | 'planks' | 'boards' | 'stone' | 'timber'

/** The look of all walls of a house, in colours without light. */
export interface Facade {
  masonry: Masonry
  wall: Rgb
  joint: Rgb
  frame: Rgb
  shutter: Rgb | null
  glass: Rgb
  reflection: Rgb
  door: Rgb
  lamp: Rgb | null
  /** Height of a storey, width of a bay, and of window and window's height, in metres. */
  storey: number
  bay: number
  windowWidth: number
  windowHeight: number
  /** Shop windows on the ground floor, under an awning of this colour. */
  awning: Rgb | null
  seed: number
}

/** One wall, seen from outside: u from its left end, v from the ground. */
export class Wall implements Material {
  readonly label = LABEL.house
  constructor(
    private readonly look: Facade,
    private readonly light: Rgb,
    private readonly width: number,
    private readonly eaves: number,
    /** Rise of the gable above the eaves, 0 on the long sides. */
    private readonly gable: number,
    private readonly doorBay: number,
    private readonly blind: boolean,
  ) {}

  shade(u: number, v: number, footprint: number, out: Float32Array): number {
    const { look, width } = this
    let cover = 1
    if (v > this.eaves && this.gable > 0) {
      const room = (1 - Math.abs((2 * u) / width - 1)) * this.gable
      cover = clamp01((room - (v - this.eaves)) / footprint + 0.5)
      if (cover === 0) return 0
    }
    this.masonry(u, v, footprint, out)
    // Damp at the foot, shade under the eaves.
    const dirt =
      1 -
      0.25 * clamp01(1 - v / 0.7) -
      0.22 * clamp01((v - this.eaves + 0.7) / 0.7) * (this.gable > 0 ? 0 : 1)
    out[0]! *= dirt
    out[1]! *= dirt
    out[2]! *= dirt
    const glow = this.blind ? 0 : this.openings(u, v, footprint, out)
    out[0]! *= this.light[0] + (1.15 - this.light[0]) * glow
    out[1]! *= this.light[1] + (1.1 - this.light[1]) * glow
    out[2]! *= this.light[2] + (1 - this.light[2]) * glow
    return cover
  }

  private masonry(u: number, v: number, footprint: number, out: Float32Array): void {
    const { look } = this
    const wear =
      1 + (fbm(u * 0.3 + look.seed, v * 0.5) - 0.5) * 0.36 + (fbm(u * 2.1, v * 2.1 + look.seed) - 0.5) * 0.2
    let joint = 0
    let tone = 0
    const fine = clamp01(1.4 - footprint * 8)
    if (look.masonry === 'brick' || look.masonry === 'stone') {
      const h = look.masonry === 'brick' ? 0.17 : 0.42
      const w = look.masonry === 'brick' ? 0.42 : 0.7
      const row = Math.floor(v / h)
      const col = u / w + (row & 1) * 0.5
      tone = (cell(col + look.seed * 50, row) - 0.5) * 0.42 * clamp01(1.6 - footprint * 3)
      const fv = v / h - row
      const fu = col - Math.floor(col)
      joint = (fv < 0.2 || fu < 0.09 ? 1 : 0) * fine * 0.7
    } else if (look.masonry === 'planks' || look.masonry === 'boards') {
      const across = look.masonry === 'planks' ? u / 0.24 : v / 0.22
      tone = (cell(across + look.seed * 50, 3) - 0.5) * 0.3 * clamp01(1.6 - footprint * 4)
      const f = across - Math.floor(across)
      joint = (f < 0.18 ? 0.65 : 0) * clamp01(1.4 - footprint * 5)
    } else if (look.masonry === 'timber') {
      const post = Math.abs(u - Math.round(u / 1.3) * 1.3)
      const beam = Math.abs(v - Math.round(v / 1.4) * 1.4)
      const slant = (u + v * 0.9) / 1.3
      const brace =
        cell(u / 1.3 + look.seed * 40, v / 1.4) < 0.35 ? Math.abs(slant - Math.round(slant)) * 1.3 : 1
      joint = clamp01((0.11 - Math.min(post, beam, brace)) / Math.max(0.03, footprint) + 0.5)
    }
    for (let k = 0; k < 3; k++) {
      const wall = look.wall[k]! * (1 + tone)
      out[k] = (wall + (look.joint[k]! - wall) * joint) * wear
    }
  }

  /** Windows and doors over the masonry; the share of the colour that shines by itself is returned. */
  private openings(u: number, v: number, footprint: number, out: Float32Array): number {
    const { look, width } = this
    const bays = Math.max(1, Math.round(width / look.bay))
    const bay = width / bays
    const n = Math.min(bays - 1, Math.max(0, Math.floor(u / bay)))
    const storey = Math.floor(v / look.storey)
    const du = u - (n + 0.5) * bay
    const base = storey * look.storey
    const dv = v - base
    if (storey === 0 && n === this.doorBay) return this.door(du, dv, footprint, out)
    if (storey === 0 && look.awning !== null) return this.shop(du, dv, bay, footprint, out)
    const half = look.windowWidth / 2
    // No window where the gable leaves no room.
    const top = base + 0.85 + look.windowHeight
    if (top > this.eaves) {
      const room =
        this.gable > 0 ? (1 - Math.abs((2 * (n + 0.5) * bay) / width - 1) - half / width) * this.gable : -1
      if (top > this.eaves + room * 0.9 - 0.3) return 0
    }
    const up = dv - 0.85
    const inside = Math.min(half - Math.abs(du), up, look.windowHeight - up)
    if (look.shutter !== null) {
      const leaf = Math.min(
        Math.abs(du) - half - 0.05,
        half * 1.85 - Math.abs(du),
        up + 0.05,
        look.windowHeight + 0.05 - up,
      )
      paint(
        out,
        look.shutter,
        clamp01(leaf / footprint + 0.5) * (up % 0.16 < 0.05 && footprint < 0.08 ? 0.8 : 1),
      )
    }
    // Sill and surround.
    paint(out, look.frame, clamp01((inside + 0.13) / footprint + 0.5) * 0.9)
    const pane = clamp01((inside - 0.03) / footprint + 0.5)
    if (pane === 0) return 0
    const lit = look.lamp !== null && cell(n + look.seed * 90, storey) < 0.5
    return this.glass(du, up, look.windowHeight, pane, lit, footprint, out)
  }

  private glass(
    du: number,
    up: number,
    high: number,
    pane: number,
    lit: boolean,
    footprint: number,
    out: Float32Array,
  ): number {
    const { look } = this
    const bar = footprint < 0.12 && (Math.abs(du) < 0.035 || Math.abs(up - high * 0.62) < 0.035)
    if (bar) {
      paint(out, look.frame, pane)
      return 0
    }
    if (lit && look.lamp !== null) {
      paint(out, look.lamp, pane)
      return pane * (0.75 + (0.25 * up) / high)
    }
    const sky = clamp01(
      0.12 + (up / high) * 0.55 + (Math.abs(((du + up * 0.6) % 0.9) - 0.3) < 0.1 ? 0.22 : 0),
    )
    for (let k = 0; k < 3; k++) {
      const value = look.glass[k]! + (look.reflection[k]! - look.glass[k]!) * sky
      out[k]! += (value - out[k]!) * pane
    }
    return 0
  }

  private door(du: number, dv: number, footprint: number, out: Float32Array): number {
    const { look } = this
    const inside = Math.min(0.52 - Math.abs(du), 2.15 - dv, dv + 1)
    paint(out, look.frame, clamp01((inside + 0.14) / footprint + 0.5))
    const panel = Math.abs(Math.abs(du) - 0.24) < 0.03 || Math.abs(dv - 1.05) < 0.04 ? 0.8 : 1
    const cover = clamp01(inside / footprint + 0.5)
    for (let k = 0; k < 3; k++) out[k]! += (look.door[k]! * panel - out[k]!) * cover
    return 0
  }

  private shop(du: number, dv: number, bay: number, footprint: number, out: Float32Array): number {
    const { look } = this
    const inside = Math.min(bay / 2 - 0.18 - Math.abs(du), dv - 0.45, 2.35 - dv)
    const pane = clamp01(inside / footprint + 0.5)
    const glow = pane > 0 ? this.glass(du, dv - 0.45, 1.9, pane, look.lamp !== null, footprint, out) : 0
    const awning = clamp01(Math.min(dv - 2.2, 2.95 - dv) / footprint + 0.5)
    if (awning > 0 && look.awning !== null) {
      const stripe = Math.floor((du + 20) / 0.4) & 1
      const color: Rgb = stripe ? look.awning : look.frame
      paint(out, color, awning)
      return glow * (1 - awning)
    }
    return glow
  }
}

function paint(out: Float32Array, color: Rgb, cover: number): void {
  for (let k = 0; k < 3; k++) out[k]! += (color[k]! - out[k]!) * cover
}

/** One side of a roof: u along the eaves, v up the slope. */
export class Roof implements Material {
  readonly label = LABEL.house
  constructor(
    private readonly color: Rgb,
    private readonly light: Rgb,
    private readonly slope: number,
    private readonly seed: number,
    /** Skylights or solar panels, at this share of the places. */
    private readonly panels: number,
  ) {}

  shade(u: number, v: number, footprint: number, out: Float32Array): number {
    const row = Math.floor(v / 0.36)
    const col = u / 0.32 + (row & 1) * 0.5
    const near = clamp01(1.5 - footprint * 3)
    const tile = (cell(col + this.seed * 50, row) - 0.5) * 0.4 * near
    const lip = v / 0.36 - row < 0.24 ? -0.24 * clamp01(1.5 - footprint * 4) : 0
    const moss = (fbm(u * 0.25 + this.seed, v * 0.4) - 0.5) * 0.5
    const edge = v < 0.18 || v > this.slope - 0.16 ? 0.72 : 1
    const gain = (1 + tile + lip + moss) * edge
    out[0] = this.color[0] * gain * this.light[0]
    out[1] = this.color[1] * gain * this.light[1]
    out[2] = this.color[2] * gain * this.light[2]
    if (this.panels > 0) {
      const pu = u / 1.9 - Math.floor(u / 1.9)
      const pv = v / 1.5 - Math.floor(v / 1.5)
      const here = cell(u / 1.9 + this.seed * 70, v / 1.5 + 9) < this.panels
      if (here && pu > 0.25 && pu < 0.75 && pv > 0.2 && pv < 0.85 && v < this.slope - 0.6) {
        const shine = 0.25 + 0.5 * pv
        out[0] = 0.32 * shine + 0.06
        out[1] = 0.42 * shine + 0.08
        out[2] = 0.58 * shine + 0.12
      }
    }
    return 1
  }
}
