/** The ground plane: meadow everywhere, water and roads laid over it, and the shadows that things cast. */
import { hazeAt, LABEL, type Stage } from './canvas.js'
import {
  across,
  columnOf,
  createRow,
  depthOfRow,
  type GroundRow,
  locateRow,
  measureStrip,
  rowOfDepth,
  type Strip,
} from './geometry.js'
import { type Meadow, shadeClouds, shadeGrass } from './grass.js'
import { groundLight } from './mood.js'
import { clamp01, fbm } from './noise.js'
import { type Road, shadeRoad } from './road.js'

/** What lies on the ground of a scene. */
export interface Ground {
  meadow: Meadow
  road: Road
  /** None in dry country. */
  water: Strip | undefined
}

/** Something upright that throws a shadow. */
export interface Caster {
  x: number
  z: number
  height: number
  radius: number
  /** Share of light taken away. */
  depth: number
}

const FARTHEST = 5000
/** A place far from any water. */
const DRY = -1e3

/** Roughly how far a shore strays from its strip. */
function roughness(s: Strip): number {
  return Math.min(3, s.half * 0.25)
}

/** Meters to add to the distance inside the strip, so that the shore is not a straight line. */
function shoreline(rough: number, x: number, z: number): number {
  const broad = fbm(x * 0.045 + 3, z * 0.045) - 0.5
  const fine = fbm(x * 0.3, z * 0.3) - 0.5
  return rough * (4 * broad + 0.5 * fine)
}

/** Distance inside the shore of a water, in meters; negative on land. */
export function insideWater(s: Strip, x: number, z: number): number {
  const inside = s.half - Math.abs(across(s, x, z))
  return inside + shoreline(roughness(s), x, z)
}

/** True if a road or water covers a ground point, within a margin in meters. */
export function isTaken(ground: Ground, x: number, z: number, margin: number): boolean {
  const { road, water } = ground
  if (Math.abs(across(road.strip, x, z)) < road.strip.half + margin) return true
  return water !== undefined && insideWater(water, x, z) > -margin
}

/** Paints the ground from the horizon to the lower edge; water only gets its label. */
export function paintGround(stage: Stage, ground: Ground): void {
  const { canvas, view, mood } = stage
  const { width, height, rgb, labels } = canvas
  const { meadow, road, water } = ground
  const [lr, lg, lb] = groundLight(mood)
  const [hr, hg, hb] = mood.haze
  const wet = mood.wet ? 0.78 : 1
  const row = createRow(width)
  row.inside.fill(DRY)
  for (let y = Math.max(0, Math.ceil(rowOfDepth(view, FARTHEST))); y < height; y++) {
    const start = y * width * 3
    locateRow(row, view, y, road.strip)
    if (water !== undefined) locateWater(row, water)
    shadeGrass(meadow, row, rgb, start)
    shadeRoad(road, row, rgb, start, wet)
    shadeClouds(meadow, row, rgb, start)
    const haze = hazeAt(mood, row.z)
    const clear = 1 - haze
    for (let x = 0; x < width; x++) {
      const p = start + x * 3
      rgb[p] = rgb[p]! * lr * clear + hr * haze
      rgb[p + 1] = rgb[p + 1]! * lg * clear + hg * haze
      rgb[p + 2] = rgb[p + 2]! * lb * clear + hb * haze
      labels[y * width + x] =
        row.cover[x]! >= 0.5 ? LABEL.road : row.inside[x]! > 0 ? LABEL.water : LABEL.grass
    }
  }
}

/** Computes how far inside the shore each column of a row is. */
function locateWater(row: GroundRow, water: Strip): void {
  measureStrip(row, water, row.spare, row.inside)
  const { left, step, z } = row
  const rough = roughness(water)
  // Far from the shore, its exact course does not matter.
  const near = rough * 2.3 + 3
  for (let x = 0; x < row.width; x++) {
    const inside = water.half - Math.abs(row.inside[x]!)
    const close = inside > -near && inside < near
    row.inside[x] = close ? inside + shoreline(rough, left + x * step, z) : inside
  }
}

/** Darkens the ground in the shadow of something: a soft band away from the sun. */
export function paintShadow(stage: Stage, caster: Caster): void {
  const { canvas, view, mood } = stage
  const strength = caster.depth * clamp01((mood.sunlight[0] + mood.sunlight[1]) * 0.7)
  if (strength < 0.05) return
  const length = Math.min(3 * caster.height, (caster.height * 0.75) / Math.max(0.15, mood.sun[1]))
  const dx = -mood.sun[0] * length
  const dz = -mood.sun[2] * length
  const reach = caster.radius * 1.2
  const near = Math.max(1.2, Math.min(caster.z, caster.z + dz) - reach)
  const far = Math.max(caster.z, caster.z + dz) + reach
  const y0 = Math.max(0, Math.floor(rowOfDepth(view, far)))
  const y1 = Math.min(canvas.height - 1, Math.ceil(rowOfDepth(view, near)))
  const square = dx * dx + dz * dz
  const left = Math.min(caster.x, caster.x + dx) - reach
  const right = Math.max(caster.x, caster.x + dx) + reach
  for (let y = y0; y <= y1; y++) {
    const z = depthOfRow(view, y)
    const x0 = Math.max(0, Math.floor(columnOf(view, left, z)))
    const x1 = Math.min(canvas.width - 1, Math.ceil(columnOf(view, right, z)))
    for (let x = x0; x <= x1; x++) {
      const i = y * canvas.width + x
      const label = canvas.labels[i]!
      if (label !== LABEL.grass && label !== LABEL.road) continue
      const wx = ((x - view.center) * z) / view.focal - caster.x
      const wz = z - caster.z
      const t = square > 0 ? clamp01((wx * dx + wz * dz) / square) : 0
      const ex = wx - t * dx
      const ez = wz - t * dz
      const d = Math.sqrt(ex * ex + ez * ez)
      const ragged = (fbm((wx + caster.x) * 0.8, z * 0.8) - 0.5) * 0.9
      const dark = clamp01((1.05 + ragged - d / caster.radius) * 2.2) * strength * (1 - 0.35 * t)
      if (dark <= 0) continue
      const p = i * 3
      canvas.rgb[p]! *= 1 - dark
      canvas.rgb[p + 1]! *= 1 - dark * 0.94
      canvas.rgb[p + 2]! *= 1 - dark * 0.84
    }
  }
}
