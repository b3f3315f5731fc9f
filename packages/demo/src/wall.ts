/** The outside of houses: walls with windows and doors, and tiled roofs. */
import { LABEL } from './canvas.js'
import type { Rgb } from './color.js'
import { cell, clamp01, fbm } from './noise.js'
import type { Material, Span } from './surface.js'

/** The masonry of a wall. */
export type Masonry = 'plaster' | 'brick' | 'planks' | 'boards' | 'stone' | 'timber'

/** The look of all walls of a house, in unlit colors. */
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
  /** Height of a story, width of a bay, and of window and window's height, in meters. */
  story: number
  bay: number
  windowWidth: number
  windowHeight: number
  /** Shop windows on the ground floor, under an awning of this color. */
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
    /** Place of the door, counted in bays from the left; -1 none. */
    private readonly doorBay: number,
    /** Without windows. */
    private readonly blind: boolean,
  ) {}

  paint(span: Span): void {
    const { look, width, eaves, gable, light } = this
    const { rgb } = span
    const bays = Math.max(1, Math.round(width / look.bay))
    const bay = width / bays
    this.masonry(span)
    for (let i = 0; i < span.length; i++) {
      const u = span.u[i]!
      const v = span.v[i]!
      if (v > eaves && gable > 0) {
        const room = (1 - Math.abs((2 * u) / width - 1)) * gable
        span.cover[i]! *= clamp01((room - (v - eaves)) / span.footprint[i]! + 0.5)
      }
      // Damp at the foot, shade under the eaves.
      const gain = 1 - 0.25 * clamp01(1 - v / 0.7) - (gable > 0 ? 0 : 0.22 * clamp01((v - eaves + 0.7) / 0.7))
      const p = i * 3
      // Most of a wall is bare: look for openings only where there may be one.
      const n = Math.min(bays - 1, Math.max(0, Math.floor(u / bay)))
      const du = Math.abs(u - (n + 0.5) * bay)
      const bare = this.blind || span.cover[i] === 0 || (v >= look.story && du > look.windowWidth + 0.2)
      const glow = bare ? 0 : this.openings(u, v, span.footprint[i]!, rgb, p)
      rgb[p]! *= gain * (light[0] + (1.15 - light[0]) * glow)
      rgb[p + 1]! *= gain * (light[1] + (1.1 - light[1]) * glow)
      rgb[p + 2]! *= gain * (light[2] + (1 - light[2]) * glow)
    }
  }

  private masonry(span: Span): void {
    const { look } = this
    const kind = look.masonry
    const coursed = kind === 'brick' || kind === 'stone'
    const boarded = kind === 'planks' || kind === 'boards'
    const high = kind === 'brick' ? 0.17 : 0.42
    const long = kind === 'brick' ? 0.42 : 0.7
    const shift = look.seed * 50
    const { rgb } = span
    for (let i = 0; i < span.length; i++) {
      const u = span.u[i]!
      const v = span.v[i]!
      const footprint = span.footprint[i]!
      let joint = 0
      let tone = 0
      if (coursed) {
        const row = Math.floor(v / high)
        const col = u / long + (row & 1) * 0.5
        tone = (cell(col + shift, row) - 0.5) * 0.42 * clamp01(1.6 - footprint * 3)
        if (v / high - row < 0.2 || col - Math.floor(col) < 0.09) joint = clamp01(1.4 - footprint * 8) * 0.7
      } else if (boarded) {
        const across = kind === 'planks' ? u / 0.24 : v / 0.22
        tone = (cell(across + shift, 3) - 0.5) * 0.3 * clamp01(1.6 - footprint * 4)
        if (across - Math.floor(across) < 0.18) joint = 0.65 * clamp01(1.4 - footprint * 5)
      } else if (kind === 'timber') {
        const post = Math.abs(u - Math.round(u / 1.3) * 1.3)
        const beam = Math.abs(v - Math.round(v / 1.4) * 1.4)
        let nearest = Math.min(post, beam)
        if (cell(u / 1.3 + shift, v / 1.4) < 0.3) {
          const slant = u / 1.3 - Math.floor(u / 1.3) - (v / 1.4 - Math.floor(v / 1.4))
          nearest = Math.min(nearest, Math.abs(slant) * 0.95)
        }
        joint = clamp01((0.1 - nearest) / Math.max(0.03, footprint) + 0.5) * Math.min(1, 0.25 / footprint)
      }
      const stain = (fbm(u * 0.3 + look.seed, v * 0.5) - 0.5) * 0.36
      const wear = 1 + stain + (footprint < 0.12 ? (fbm(u * 2.1, v * 2.1 + look.seed) - 0.5) * 0.2 : 0)
      for (let k = 0; k < 3; k++) {
        const wall = look.wall[k]! * (1 + tone)
        rgb[i * 3 + k] = (wall + (look.joint[k]! - wall) * joint) * wear
      }
    }
  }

  /** Paints windows and doors over the masonry of one pixel; returns the share of its color that glows on its own. */
  private openings(u: number, v: number, footprint: number, rgb: Float32Array, p: number): number {
    const { look, width } = this
    const bays = Math.max(1, Math.round(width / look.bay))
    const bay = width / bays
    const n = Math.min(bays - 1, Math.max(0, Math.floor(u / bay)))
    const story = Math.floor(v / look.story)
    const du = u - (n + 0.5) * bay
    const base = story * look.story
    const dv = v - base
    if (story === 0 && n === this.doorBay) return this.door(du, dv, footprint, rgb, p)
    if (story === 0 && look.awning !== null) return this.shop(du, dv, bay, footprint, rgb, p)
    const half = look.windowWidth / 2
    if (Math.abs(du) > half * 2 + 0.2 || dv < 0.6) return 0
    const top = base + 0.85 + look.windowHeight
    if (top > this.eaves) {
      // No window where the gable leaves no room.
      const room =
        this.gable > 0 ? (1 - Math.abs((2 * (n + 0.5) * bay) / width - 1) - half / width) * this.gable : -1
      if (top > this.eaves + room * 0.9 - 0.3) return 0
    }
    const up = dv - 0.85
    const inside = Math.min(half - Math.abs(du), up, look.windowHeight - up)
    if (look.shutter !== null) {
      const beside = Math.min(Math.abs(du) - half - 0.05, half * 1.85 - Math.abs(du))
      const leaf = Math.min(beside, up + 0.05, look.windowHeight + 0.05 - up)
      const slat = up % 0.16 < 0.05 && footprint < 0.08 ? 0.8 : 1
      lay(rgb, p, look.shutter, clamp01(leaf / footprint + 0.5) * slat)
    }
    lay(rgb, p, look.frame, clamp01((inside + 0.13) / footprint + 0.5) * 0.9)
    const pane = clamp01((inside - 0.03) / footprint + 0.5)
    if (pane === 0) return 0
    const lit = look.lamp !== null && cell(n + look.seed * 90, story) < 0.5
    return this.glass(du, up, look.windowHeight, pane, lit, footprint, rgb, p)
  }

  private glass(
    du: number,
    up: number,
    high: number,
    pane: number,
    lit: boolean,
    footprint: number,
    rgb: Float32Array,
    p: number,
  ): number {
    const { look } = this
    if (footprint < 0.12 && (Math.abs(du) < 0.035 || Math.abs(up - high * 0.62) < 0.035)) {
      lay(rgb, p, look.frame, pane)
      return 0
    }
    if (lit && look.lamp !== null) {
      lay(rgb, p, look.lamp, pane)
      return pane * (0.75 + (0.25 * up) / high)
    }
    const streak = Math.abs(((du + up * 0.6) % 0.9) - 0.3) < 0.1 ? 0.22 : 0
    const sky = clamp01(0.12 + (up / high) * 0.55 + streak)
    for (let k = 0; k < 3; k++) {
      const value = look.glass[k]! + (look.reflection[k]! - look.glass[k]!) * sky
      rgb[p + k]! += (value - rgb[p + k]!) * pane
    }
    return 0
  }

  private door(du: number, dv: number, footprint: number, rgb: Float32Array, p: number): number {
    const { look } = this
    const inside = Math.min(0.52 - Math.abs(du), 2.15 - dv)
    lay(rgb, p, look.frame, clamp01((inside + 0.14) / footprint + 0.5))
    const panel = Math.abs(Math.abs(du) - 0.24) < 0.03 || Math.abs(dv - 1.05) < 0.04 ? 0.8 : 1
    lay(rgb, p, look.door, clamp01(inside / footprint + 0.5) * panel)
    return 0
  }

  private shop(du: number, dv: number, bay: number, footprint: number, rgb: Float32Array, p: number): number {
    const { look } = this
    const inside = Math.min(bay / 2 - 0.18 - Math.abs(du), dv - 0.45, 2.35 - dv)
    const pane = clamp01(inside / footprint + 0.5)
    const glow = pane > 0 ? this.glass(du, dv - 0.45, 1.9, pane, look.lamp !== null, footprint, rgb, p) : 0
    const awning = clamp01(Math.min(dv - 2.2, 2.95 - dv) / footprint + 0.5)
    if (awning === 0 || look.awning === null) return glow
    lay(rgb, p, Math.floor((du + 20) / 0.4) & 1 ? look.awning : look.frame, awning)
    return glow * (1 - awning)
  }
}

function lay(rgb: Float32Array, p: number, color: Rgb, cover: number): void {
  rgb[p]! += (color[0] - rgb[p]!) * cover
  rgb[p + 1]! += (color[1] - rgb[p + 1]!) * cover
  rgb[p + 2]! += (color[2] - rgb[p + 2]!) * cover
}

/** One side of a roof: u along the eaves, v up the slope. */
export class Roof implements Material {
  readonly label = LABEL.house
  constructor(
    private readonly color: Rgb,
    private readonly light: Rgb,
    private readonly slope: number,
    private readonly seed: number,
    /** Solar panels, at this share of the places. */
    private readonly panels: number,
  ) {}

  paint(span: Span): void {
    const { color, light, slope, seed } = this
    for (let i = 0; i < span.length; i++) {
      const u = span.u[i]!
      const v = span.v[i]!
      const footprint = span.footprint[i]!
      const row = Math.floor(v / 0.36)
      const col = u / 0.32 + (row & 1) * 0.5
      const tile = (cell(col + seed * 50, row) - 0.5) * 0.4 * clamp01(1.5 - footprint * 3)
      const lip = v / 0.36 - row < 0.24 ? -0.24 * clamp01(1.5 - footprint * 4) : 0
      const moss = (fbm(u * 0.25 + seed, v * 0.4) - 0.5) * 0.5
      const gain = (1 + tile + lip + moss) * (v < 0.18 || v > slope - 0.16 ? 0.72 : 1)
      const p = i * 3
      span.rgb[p] = color[0] * gain * light[0]
      span.rgb[p + 1] = color[1] * gain * light[1]
      span.rgb[p + 2] = color[2] * gain * light[2]
      if (this.panels > 0) this.panel(u, v, span.rgb, p)
    }
  }

  private panel(u: number, v: number, rgb: Float32Array, p: number): void {
    const pu = u / 1.9 - Math.floor(u / 1.9)
    const pv = v / 1.5 - Math.floor(v / 1.5)
    if (pu < 0.25 || pu > 0.75 || pv < 0.2 || pv > 0.85 || v > this.slope - 0.6) return
    if (cell(u / 1.9 + this.seed * 70, v / 1.5 + 9) > this.panels) return
    const shine = 0.25 + 0.5 * pv
    rgb[p] = 0.32 * shine + 0.06
    rgb[p + 1] = 0.42 * shine + 0.08
    rgb[p + 2] = 0.58 * shine + 0.12
  }
}
