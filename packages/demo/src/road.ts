/** Roads: asphalt grain, repairs and wheel tracks, lane marks, curbs and sidewalks. */
import type { Stage } from './canvas.js'
import { pickColor, type Rgb } from './color.js'
import type { GroundRow, Strip } from './geometry.js'
import { between, cell, chance, clamp01, fbm, grain } from './noise.js'

/** A road: where it is and how it is built. */
export interface Road {
  strip: Strip
  /** Half width of the carriageway; the strip's half width includes curb and sidewalk. */
  half: number
  asphalt: Rgb
  sidewalk: Rgb
  paint: Rgb
  /** Dashes along the middle: the length of a dash and of its gap, 0 for a solid line, -1 for none. */
  dash: number
  edgeLines: boolean
  /** Width of parking bays marked along both sides, 0 for none. */
  bays: number
  lanes: number
  worn: number
  offset: number
}

const ASPHALT: readonly Rgb[] = [
  [0.38, 0.38, 0.4],
  [0.3, 0.31, 0.33],
  [0.45, 0.45, 0.46],
  [0.42, 0.41, 0.41],
  [0.5, 0.5, 0.52],
]
const SIDEWALK: readonly Rgb[] = [
  [0.6, 0.59, 0.58],
  [0.54, 0.54, 0.55],
  [0.58, 0.55, 0.52],
  [0.64, 0.63, 0.62],
]

/** A road along a strip whose half width is that of the carriageway; `sidewalk` meters are added each side. */
export function drawRoad(stage: Stage, strip: Strip, lanes: number, sidewalk: number, bays = 0): Road {
  const { random } = stage
  const yellow = chance(random, 0.2)
  return {
    strip: { ...strip, half: strip.half + sidewalk },
    half: strip.half,
    asphalt: pickColor(random, ASPHALT, 0.1),
    sidewalk: pickColor(random, SIDEWALK, 0.08),
    paint: yellow ? [0.9, 0.74, 0.26] : [0.9, 0.9, 0.88],
    dash: bays > 0 ? -1 : chance(random, 0.75) ? between(random, 2, 4) : chance(random, 0.6) ? 0 : -1,
    edgeLines: chance(random, 0.55),
    bays,
    lanes,
    worn: between(random, 0, 1),
    offset: between(random, 0, 8),
  }
}

/** How much of a pixel a painted line covers, `distance` meters from the line's middle. */
function line(distance: number, width: number, footprint: number): number {
  const d = clamp01((width / 2 - Math.abs(distance)) / footprint + 0.5)
  return d * Math.min(1, width / footprint)
}

/** Writes the unlit colors of a road over one row of ground, `rgb` from `start` on; `wet` darkens them. */
export function shadeRoad(road: Road, row: GroundRow, rgb: Float32Array, start: number, wet: number): void {
  shadeSidewalk(road, row, rgb, start, wet)
  shadeAsphalt(road, row, rgb, start, wet)
}

/** A curbstone, its face in the shade, then slabs. */
function shadeSidewalk(road: Road, row: GroundRow, rgb: Float32Array, start: number, wet: number): void {
  const { half } = road
  const { y, stepAlong, stepAcross } = row
  const [r, g, b] = road.sidewalk
  const near = 1 / (1 + (stepAlong + stepAcross) * 1.5)
  for (let x = 0; x < row.width; x++) {
    const cover = row.cover[x]!
    const c = row.across[x]!
    const side = Math.abs(c)
    if (cover === 0 || side <= half) continue
    const a = row.along[x]!
    const slab = cell(a / 1.2 + 100, c / 0.9) - 0.5
    const seam = line(a - Math.round(a / 1.2) * 1.2, 0.06, stepAlong)
    const joint = Math.max(seam, line(side - half - 0.9, 0.06, stepAcross))
    const curb = side < half + 0.16 ? 0.72 : side < half + 0.4 ? 1.14 : 1
    const speck = 1 + (grain(x, y) - 0.5) * 0.12
    const gain = curb * (1 + slab * 0.16 * near - joint * 0.22) * speck * wet
    const p = start + x * 3
    rgb[p]! += (r * gain - rgb[p]!) * cover
    rgb[p + 1]! += (g * gain - rgb[p + 1]!) * cover
    rgb[p + 2]! += (b * gain - rgb[p + 2]!) * cover
  }
}

function shadeAsphalt(road: Road, row: GroundRow, rgb: Float32Array, start: number, wet: number): void {
  const { half, offset, worn } = road
  const { y } = row
  const [r, g, b] = road.asphalt
  const [pr, pg, pb] = road.paint
  const coarse = row.stepAlong + row.stepAcross
  const lane = (2 * half) / road.lanes
  const polish = road.bays > 0 ? 0 : 0.1 * worn
  const rough = 0.1 + 0.22 / (1 + coarse * 4)
  const cracked = coarse < 0.25 ? 0.012 * worn : 0
  for (let x = 0; x < row.width; x++) {
    const cover = row.cover[x]!
    const c = row.across[x]!
    if (cover === 0 || Math.abs(c) > half) continue
    const a = row.along[x]!
    const broad = fbm(a * 0.05 + offset, c * 0.22) - 0.5
    const stain = fbm(a * 0.35, c * 0.6 + offset) - 0.5
    // Wheels polish two tracks in each lane.
    const inLane = c + half - Math.floor((c + half) / lane) * lane - lane / 2
    const track = clamp01(1 - Math.abs(Math.abs(inLane) - 0.85) / 0.55)
    let gain = 1 + broad * 0.3 + stain * 0.22 - track * polish + (grain(x, y) - 0.5) * rough
    // Repairs: darker rectangles here and there. Cracks: where a noise crosses its middle.
    if (cell(a / 6 + offset * 9, c / 2.4 + 40) < 0.1 * worn) gain *= 0.8
    if (cracked > 0 && Math.abs(fbm(a * 0.22 + 5, c * 0.22 + offset) - 0.5) < cracked) gain *= 0.75
    const paint = marking(road, row, x, lane) * (0.92 - 0.35 * worn * clamp01(stain + 0.6))
    const dull = gain * wet * (1 - paint)
    const bright = paint * wet
    const p = start + x * 3
    rgb[p]! += (r * dull + pr * bright - rgb[p]!) * cover
    rgb[p + 1]! += (g * dull + pg * bright - rgb[p + 1]!) * cover
    rgb[p + 2]! += (b * dull + pb * bright - rgb[p + 2]!) * cover
  }
}

/** How much of a pixel painted marks cover. */
function marking(road: Road, row: GroundRow, x: number, lane: number): number {
  const a = row.along[x]!
  const c = row.across[x]!
  const side = Math.abs(c)
  if (road.bays > 0) {
    const end = line(side - (road.half - 5), 0.13, row.stepAcross) * 0.8
    if (side < road.half - 5) return end
    return Math.max(end, line(a - Math.round(a / road.bays) * road.bays, 0.13, row.stepAlong))
  }
  const edge = road.edgeLines ? line(side - (road.half - 0.25), 0.16, row.stepAcross) : 0
  if (road.dash < 0 || road.lanes < 2) return edge
  const turn = road.dash > 0 ? a / (road.dash * 2.2) : 0
  if (turn - Math.floor(turn) > 0.46) return edge
  const nearest = Math.min(road.lanes - 1, Math.max(1, Math.round((c + road.half) / lane)))
  return Math.max(edge, line(c + road.half - nearest * lane, 0.17, row.stepAcross))
}
