/** Flat faces in space: convex polygons on a plane, filled pixel by pixel with a material. */
import { hazeAt, type Stage } from './canvas.js'
import { normalize, type Vector, type View } from './geometry.js'

/**
 * A run of pixels on one row of a face: where each lies on the plane, and what the material makes of it. Materials
 * work on runs, not single pixels: a call per pixel would cost more than the painting.
 */
export interface Span {
  length: number
  /** Meters along the axes of the plane. */
  u: Float32Array
  v: Float32Array
  /** Width of a pixel in meters. */
  footprint: Float32Array
  /** Red, green and blue, interleaved. */
  rgb: Float32Array
  /** Share of the pixel that the polygon covers; a material with its own outline lowers it. */
  cover: Float32Array
}

/** Fills in the colors of a face. */
export interface Material {
  label: number
  paint(span: Span): void
}

const NEAR = 0.6
const LONGEST = 8192
const span: Span = {
  length: 0,
  u: new Float32Array(LONGEST),
  v: new Float32Array(LONGEST),
  footprint: new Float32Array(LONGEST),
  rgb: new Float32Array(3 * LONGEST),
  cover: new Float32Array(LONGEST),
}
/** Edge lines of the polygon being filled: a x + b y + c, one after another. */
const edges = new Float64Array(3 * 12)

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/** The part of a polygon in front of the camera. */
function clipNear(points: Vector[]): Vector[] {
  const kept: Vector[] = []
  for (let i = 0; i < points.length; i++) {
    const a = points[i]!
    const b = points[(i + 1) % points.length]!
    if (a[2] >= NEAR) kept.push(a)
    if (a[2] >= NEAR !== b[2] >= NEAR) {
      const t = (NEAR - a[2]) / (b[2] - a[2])
      kept.push([a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, NEAR])
    }
  }
  return kept
}

/** Corners of a face, in meters along its axes. */
export type Outline = readonly (readonly [number, number])[]

/** The outline of a rectangle. */
export function rectangle(u0: number, v0: number, u1: number, v1: number): Outline {
  return trapezium(u0, u1, v0, u0, u1, v1)
}

/** The outline from `left0`..`right0` at height `v0` to `left1`..`right1` at height `v1`. */
export function trapezium(
  left0: number,
  right0: number,
  v0: number,
  left1: number,
  right1: number,
  v1: number,
): Outline {
  return [
    [left0, v0],
    [right0, v0],
    [right1, v1],
    [left1, v1],
  ]
}

/** True if the face is seen from the side on which `u` runs to the right and `v` up. */
export function facesCamera(origin: Vector, u: Vector, v: Vector): boolean {
  return dot(cross(u, v), origin) > 0
}

/** The unit normal of that side. */
export function normalOf(u: Vector, v: Vector): Vector {
  return normalize(cross(v, u))
}

/**
 * Fills the polygon with corners `uv` on the plane through `origin` with unit axes `u` and `v`. Coordinates are
 * relative to the camera. `grow` widens it by that many pixels, so that faces sharing an edge overlap and leave no
 * gap.
 */
export function fillFace(
  stage: Stage,
  origin: Vector,
  u: Vector,
  v: Vector,
  uv: Outline,
  material: Material,
  grow = 0.35,
): void {
  const { canvas, view, mood } = stage
  const corners = uv.map(
    ([a, b]): Vector => [
      origin[0] + a * u[0] + b * v[0],
      origin[1] + a * u[1] + b * v[1],
      origin[2] + a * u[2] + b * v[2],
    ],
  )
  const points = clipNear(corners)
  if (points.length < 3) return
  let area = 0
  let left = Infinity
  let right = -Infinity
  let top = Infinity
  let bottom = -Infinity
  const xs: number[] = []
  const ys: number[] = []
  for (const p of points) {
    const x = view.center + (view.focal * p[0]) / p[2]
    const y = view.horizon - (view.focal * p[1]) / p[2]
    xs.push(x)
    ys.push(y)
    left = Math.min(left, x)
    right = Math.max(right, x)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y)
  }
  for (let i = 0, j = xs.length - 1; i < xs.length; j = i++) area += xs[j]! * ys[i]! - xs[i]! * ys[j]!
  const turn = area < 0 ? -1 : 1
  let count = 0
  for (let i = 0; i < xs.length; i++) {
    const j = (i + 1) % xs.length
    const dx = xs[j]! - xs[i]!
    const dy = ys[j]! - ys[i]!
    const length = Math.hypot(dx, dy)
    if (length < 1e-6) continue
    edges[count] = (-dy / length) * turn
    edges[count + 1] = (dx / length) * turn
    edges[count + 2] = ((dy * xs[i]! - dx * ys[i]!) / length) * turn + 0.5 + grow
    count += 3
  }
  const a = cross(v, origin)
  const b = cross(origin, u)
  const n = cross(u, v)
  const plane = dot(origin, n)
  const haze = hazeAt(mood, corners.reduce((sum, p) => sum + p[2], 0) / corners.length)
  const [hr, hg, hb] = mood.haze
  const x0 = Math.max(0, Math.floor(left - 1))
  const x1 = Math.min(canvas.width - 1, Math.ceil(right + 1))
  const y0 = Math.max(0, Math.floor(top - 1))
  const y1 = Math.min(canvas.height - 1, Math.ceil(bottom + 1))
  for (let y = y0; y <= y1; y++) {
    const start = measure(view, y, x0, x1, count, a, b, n, plane)
    if (span.length === 0) continue
    material.paint(span)
    const first = y * canvas.width + start
    const rgb = canvas.rgb
    for (let k = 0; k < span.length; k++) {
      const cover = span.cover[k]!
      if (cover <= 0.02) continue
      const p = (first + k) * 3
      const r = span.rgb[k * 3]!
      const g = span.rgb[k * 3 + 1]!
      const l = span.rgb[k * 3 + 2]!
      rgb[p]! += (r + (hr - r) * haze - rgb[p]!) * cover
      rgb[p + 1]! += (g + (hg - g) * haze - rgb[p + 1]!) * cover
      rgb[p + 2]! += (l + (hb - l) * haze - rgb[p + 2]!) * cover
      if (cover >= 0.5) canvas.labels[first + k] = material.label
    }
  }
}

/** Fills the span with the part of a row that the polygon covers; returns its first column. */
function measure(
  view: View,
  y: number,
  x0: number,
  x1: number,
  count: number,
  a: Vector,
  b: Vector,
  n: Vector,
  plane: number,
): number {
  // Each edge leaves a half line of the row.
  let from = x0
  let to = x1
  for (let e = 0; e < count; e += 3) {
    const slope = edges[e]!
    const rest = edges[e + 1]! * y + edges[e + 2]!
    if (slope > 1e-9) from = Math.max(from, Math.ceil(-rest / slope))
    else if (slope < -1e-9) to = Math.min(to, Math.floor(-rest / slope))
    else if (rest <= 0) to = from - 1
  }
  span.length = Math.max(0, Math.min(LONGEST, to - from + 1))
  const ry = (view.horizon - y) / view.focal
  for (let k = 0; k < span.length; k++) {
    const x = from + k
    let cover = 1
    for (let e = 0; e < count; e += 3) {
      const d = edges[e]! * x + edges[e + 1]! * y + edges[e + 2]!
      if (d < cover) cover = d
    }
    const rx = (x - view.center) / view.focal
    const scale = 1 / (rx * n[0] + ry * n[1] + n[2])
    span.u[k] = (rx * a[0] + ry * a[1] + a[2]) * scale
    span.v[k] = (rx * b[0] + ry * b[1] + b[2]) * scale
    span.footprint[k] = (plane * scale) / view.focal
    span.cover[k] = cover
  }
  return from
}
