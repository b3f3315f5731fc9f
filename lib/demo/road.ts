/** Roads: asphalt grain, repairs and wheel tracks, lane marks, kerbs and pavements. */
import type { Stage } from './canvas.js'
import { pickColor, type Rgb } from './color.js'
import type { GroundRow, Strip } from './geometry.js'
import { between, cell, chance, clamp01, fbm, grain } from './noise.js'

/** Colour of the pixel being shaded. */
const shade = new Float32Array(3)

/** A road: where it lies and how it is made. */
export interface Road {
  strip: Strip
  /** Half width of the carriageway; the strip's half width includes kerb and pavement. */
  half: number
  asphalt: Rgb
  pavement: Rgb
  paint: Rgb
  /** Dashes along the middle: length of a dash and its gap, 0 for an unbroken line, -1 for none. */
  dash: number
  edgeLines: boolean
  /** Width of parking bays marked along both sides, 0 for none. */
  bays: number
  lanes: number
  worn: number
  offset: number
}

const ASPHALT: readonly Rgb[] = [
  [0.36, 0.36, 0.38],
  [0.28, 0.29, 0.31],
  [0.45, 0.44, 0.44],
  [0.42, 0.4, 0.37],
  [0.52, 0.52, 0.53],
]
const PAVEMENT: readonly Rgb[] = [
  [0.62, 0.6, 0.57],
  [0.54, 0.53, 0.53],
  [0.6, 0.52, 0.46],
  [0.68, 0.66, 0.62],
]

/** A road along a strip whose half width is that of the carriageway; `pavement` metres are added each side. */
export function drawRoad(stage: Stage, strip: Strip, lanes: number, pavement: number, bays = 0): Road {
  const { random } = stage
  const yellow = chance(random, 0.2)
  return {
    strip: { ...strip, half: strip.half + pavement },
    half: strip.half,
    asphalt: pickColor(random, ASPHALT, 0.1),
    pavement: pickColor(random, PAVEMENT, 0.08),
    paint: yellow ? [0.9, 0.74, 0.26] : [0.9, 0.9, 0.88],
    dash: bays > 0 ? -1 : chance(random, 0.75) ? between(random, 2, 4) : chance(random, 0.6) ? 0 : -1,
    edgeLines: chance(random, 0.55),
    bays,
    lanes,
    worn: between(random, 0, 1),
    offset: between(random, 0, 8),
  }
}

/** Share of a pixel under a painted line of a width, `distance` metres from its middle. */
function line(distance: number, width: number, footprint: number): number {
  const d = clamp01((width / 2 - Math.abs(distance)) / footprint + 0.5)
  return d * Math.min(1, width / footprint)
}

/** Lays the colours of a road, unlit, over one row of ground, `rgb` from `start` on; `wet` darkens them. */
export function shadeRoad(road: Road, row: GroundRow, rgb: Float32Array, start: number, wet: number): void {
  for (let x = 0; x < row.width; x++) {
    const cover = row.cover[x]!
    if (cover === 0) continue
    if (Math.abs(row.across[x]!) > road.half) shadePavement(road, row, x)
    else shadeAsphalt(road, row, x)
    const p = start + x * 3
    rgb[p]! += (shade[0]! * wet - rgb[p]!) * cover
    rgb[p + 1]! += (shade[1]! * wet - rgb[p + 1]!) * cover
    rgb[p + 2]! += (shade[2]! * wet - rgb[p + 2]!) * cover
  }
}

/** A kerb stone, its face in the shade, then slabs. */
function shadePavement(road: Road, row: GroundRow, x: number): void {
  const a = row.along[x]!
  const side = Math.abs(row.across[x]!)
  const speck = grain(x, row.y) - 0.5
  const slab = cell(a / 1.2 + 100, row.across[x]! / 0.9) - 0.5
  const seam = line(a - Math.round(a / 1.2) * 1.2, 0.06, row.stepAlong)
  const joint = Math.max(seam, line(side - road.half - 0.9, 0.06, row.stepAcross))
  const kerb = side < road.half + 0.16 ? 0.72 : side < road.half + 0.4 ? 1.14 : 1
  const near = 1 / (1 + (row.stepAlong + row.stepAcross) * 1.5)
  const gain = kerb * (1 + slab * 0.16 * near - joint * 0.22) * (1 + speck * 0.12)
  for (let k = 0; k < 3; k++) shade[k] = road.pavement[k]! * gain
}

function shadeAsphalt(road: Road, row: GroundRow, x: number): void {
  const a = row.along[x]!
  const c = row.across[x]!
  const coarse = row.stepAlong + row.stepAcross
  const broad = fbm(a * 0.05 + road.offset, c * 0.22) - 0.5
  const stain = fbm(a * 0.35, c * 0.6 + road.offset) - 0.5
  const lane = (2 * road.half) / road.lanes
  const inLane = c + road.half - Math.floor((c + road.half) / lane) * lane - lane / 2
  // Wheels polish two tracks in each lane.
  const track = clamp01(1 - Math.abs(Math.abs(inLane) - 0.85) / 0.55)
  const tracks = road.bays > 0 ? 0 : track * 0.1 * road.worn
  const speck = (grain(x, row.y) - 0.5) * (0.1 + 0.22 / (1 + coarse * 4))
  let gain = 1 + broad * 0.45 + stain * 0.3 - tracks + speck
  // Repairs: darker rectangles here and there. Cracks: where a noise passes its middle.
  if (cell(a / 6 + road.offset * 9, c / 2.4 + 40) < 0.1 * road.worn) gain *= 0.8
  const seam = Math.abs(fbm(a * 0.22 + 5, c * 0.22 + road.offset) - 0.5)
  if (coarse < 0.25 && seam < 0.012 * road.worn) gain *= 0.75
  const paint = marking(road, a, c, lane, row) * (0.92 - 0.35 * road.worn * clamp01(stain + 0.6))
  for (let k = 0; k < 3; k++) {
    const asphalt = road.asphalt[k]! * gain
    shade[k] = asphalt + (road.paint[k]! - asphalt) * paint
  }
}

/** Share of a pixel under painted marks. */
function marking(road: Road, a: number, c: number, lane: number, row: GroundRow): number {
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
