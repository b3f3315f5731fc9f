/** Flat faces in space: a convex polygon on a plane, filled pixel by pixel by a material. */
import { blend, hazeAt, type Stage } from './canvas.js'
import { normalize, type Vector } from './geometry.js'

/** Answers for the colour of a face at a point of its plane. */
export interface Material {
  label: number
  /**
   * Colour at (u, v) metres along the axes of the plane into `out`; a pixel is `footprint` metres wide there.
   * Returns the share of the pixel that is covered.
   */
  shade(u: number, v: number, footprint: number, out: Float32Array): number
}

const NEAR = 0.6
const out = new Float32Array(3)
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

/** True where a face is seen from the side from which `u` runs to the right and `v` up. */
export function facesCamera(origin: Vector, u: Vector, v: Vector): boolean {
  return dot(cross(u, v), origin) > 0
}

/** The unit normal of that side. */
export function normalOf(u: Vector, v: Vector): Vector {
  return normalize(cross(v, u))
}

/**
 * Fills the polygon with corners `uv` (pairs of metres along the unit axes `u` and `v` from `origin`).
 * Coordinates are relative to the camera. `grow` widens it by so many pixels: faces that share an edge overlap
 * and let nothing through.
 */
export function fillFace(
  stage: Stage,
  origin: Vector,
  u: Vector,
  v: Vector,
  uv: readonly (readonly [number, number])[],
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
    const x = view.centre + (view.focal * p[0]) / p[2]
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
    const ry = (view.horizon - y) / view.focal
    for (let x = x0; x <= x1; x++) {
      let cover = 1
      for (let e = 0; e < count; e += 3) {
        const d = edges[e]! * x + edges[e + 1]! * y + edges[e + 2]!
        if (d < cover) cover = d
      }
      if (cover <= 0.02) continue
      const rx = (x - view.centre) / view.focal
      const scale = rx * n[0] + ry * n[1] + n[2]
      const pu = (rx * a[0] + ry * a[1] + a[2]) / scale
      const pv = (rx * b[0] + ry * b[1] + b[2]) / scale
      cover *= material.shade(pu, pv, plane / scale / view.focal, out)
      if (cover <= 0.02) continue
      const r = out[0]! + (hr - out[0]!) * haze
      const g = out[1]! + (hg - out[1]!) * haze
      blend(canvas, y * canvas.width + x, r, g, out[2]! + (hb - out[2]!) * haze, cover, material.label)
    }
  }
}
