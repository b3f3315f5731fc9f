/** The camera and the ground: meters in the world, pixels on the canvas. */

/** x to the right, y up, z away from the camera; meters from the camera. */
export type Vector = readonly [number, number, number]

/** A level camera with a shifted image plane, so that upright things stay upright. */
export interface View {
  width: number
  height: number
  /** Column of the vanishing point. */
  center: number
  /** Row of the horizon. */
  horizon: number
  /** Focal length in pixels. */
  focal: number
  /** Height of the camera above the ground in meters. */
  eye: number
  /** Pixels of this canvas per pixel of a canvas 240 high. */
  unit: number
}

/** The vector scaled to length 1. */
export function normalize(v: Vector): Vector {
  const length = Math.hypot(v[0], v[1], v[2])
  return [v[0] / length, v[1] / length, v[2] / length]
}

/** Depth of the ground visible at a row below the horizon. */
export function depthOfRow(view: View, row: number): number {
  return (view.focal * view.eye) / (row - view.horizon)
}

/** Row where ground at this depth appears. */
export function rowOfDepth(view: View, depth: number): number {
  return view.horizon + (view.focal * view.eye) / depth
}

/** Column of a point. */
export function columnOf(view: View, x: number, depth: number): number {
  return view.center + (view.focal * x) / depth
}

/**
 * A winding band on the ground: a road, a river or, when wide, a lake. Its axis passes through (x, z) with
 * `angle` between it and the line of sight: 0 leads away from the camera, a quarter turn crosses the view.
 */
export interface Strip {
  x: number
  z: number
  sin: number
  cos: number
  half: number
  /** Sideways swing in meters, its wavelength along the axis, and phase. */
  swing: number
  wave: number
  phase: number
  /** Constant bend: meters sideways per square meter along. */
  bend: number
}

/** A straight strip. */
export function strip(x: number, z: number, angle: number, half: number): Strip {
  return { x, z, sin: Math.sin(angle), cos: Math.cos(angle), half, swing: 0, wave: 60, phase: 0, bend: 0 }
}

/** Meters along the axis. */
export function along(s: Strip, x: number, z: number): number {
  return (x - s.x) * s.sin + (z - s.z) * s.cos
}

/** How far the axis is displaced sideways at a position along it. */
function sway(s: Strip, a: number): number {
  const bent = s.bend * a * a
  return s.swing === 0 ? bent : bent + s.swing * Math.sin((a / s.wave) * 2 * Math.PI + s.phase)
}

/** Meters right of the axis. */
export function across(s: Strip, x: number, z: number): number {
  return (x - s.x) * s.cos - (z - s.z) * s.sin - sway(s, along(s, x, z))
}

/** The ground point at a position along and across a strip: x and z. */
export function onStrip(s: Strip, a: number, c: number): readonly [number, number] {
  const side = c + sway(s, a)
  return [s.x + a * s.sin + side * s.cos, s.z + a * s.cos - side * s.sin]
}

/** Direction of the strip at a position along it, as an angle from the line of sight, clockwise from above. */
export function heading(s: Strip, a: number): number {
  const slope = (sway(s, a + 0.5) - sway(s, a - 0.5)) / 1
  return Math.atan2(s.sin, s.cos) + Math.atan(slope)
}

/** One canvas row on the ground, column by column, as the painters of meadows and roads need it. */
export interface GroundRow {
  y: number
  width: number
  /** Depth, and meters right of the camera at column 0. */
  z: number
  left: number
  /**
   * Meters from column to column and from this row to the next, and what a pixel covers along and across the road.
   */
  step: number
  deep: number
  stepAlong: number
  stepAcross: number
  /** Position along and across the road, and how much of the pixel the road covers. */
  along: Float32Array
  across: Float32Array
  cover: Float32Array
  /** Meters inside the shore of the water; negative on land. */
  inside: Float32Array
  /** Scratch space. */
  spare: Float32Array
}

/** Creates a reusable row. */
export function createRow(width: number): GroundRow {
  const column = () => new Float32Array(width)
  const columns = { along: column(), across: column(), cover: column(), inside: column(), spare: column() }
  return { y: 0, width, z: 0, left: 0, step: 0, deep: 0, stepAlong: 0, stepAcross: 0, ...columns }
}

/** Computes where a row lies on the ground, and where the road does. */
export function locateRow(row: GroundRow, view: View, y: number, road: Strip): void {
  const z = depthOfRow(view, y)
  row.y = y
  row.z = z
  row.step = z / view.focal
  row.left = -view.center * row.step
  row.deep = (z * z) / (view.focal * view.eye)
  row.stepAcross = Math.abs(row.step * road.cos) + Math.abs(row.deep * road.sin)
  row.stepAlong = Math.abs(row.step * road.sin) + Math.abs(row.deep * road.cos)
  measureStrip(row, road, row.along, row.across)
  for (let x = 0; x < row.width; x++) {
    const cover = (road.half - Math.abs(row.across[x]!)) / row.stepAcross + 0.5
    row.cover[x] = cover < 0 ? 0 : cover > 1 ? 1 : cover
  }
}

/** Positions along and across a strip for every column of a row: `along` and `across` for many points. */
export function measureStrip(row: GroundRow, s: Strip, alongs: Float32Array, acrosses: Float32Array): void {
  const { left, step, width } = row
  const { sin, cos, bend, swing, phase } = s
  const rate = (2 * Math.PI) / s.wave
  const dz = row.z - s.z
  for (let x = 0; x < width; x++) {
    const dx = left + x * step - s.x
    const a = dx * sin + dz * cos
    alongs[x] = a
    acrosses[x] = dx * cos - dz * sin - bend * a * a
  }
  if (swing === 0) return
  for (let x = 0; x < width; x++) acrosses[x]! -= swing * Math.sin(alongs[x]! * rate + phase)
}
