/** Paints cars: a side profile extruded into a body, face by face, at any angle to the camera. */
import { blend, type Stage } from './canvas.js'
import { BodySide, Cabin, End, Screen, Varnish, Wheel } from './carparts.js'
import type { Car, CarShape } from './carshape.js'
import { mix, type Rgb } from './color.js'
import { columnOf, depthOfRow, normalize, rowOfDepth, type Vector } from './geometry.js'
import { illuminate, type Mood } from './mood.js'
import { clamp01 } from './noise.js'
import { facesCamera, fillFace, type Material, normalOf, rectangle, trapezium } from './surface.js'

const UP: Vector = [0, 1, 0]

/** A car in place: its axes, and the point at `l` meters from its tail, `r` right of its middle, `y` up. */
interface Frame {
  stage: Stage
  car: Car
  ahead: Vector
  right: Vector
  at(l: number, r: number, y: number): Vector
}

/** A line across the car: meters from the tail, height, half width. */
type Rib = readonly [number, number, number]

/** Light on car paint: what the surface gets, and the sky it mirrors the more it looks up. */
function varnish(mood: Mood, normal: Vector, paint: Rgb): Rgb {
  const light = illuminate(mood, normal)
  const sky = mix(mood.horizon, mood.zenith, 0.5)
  const mirror = 0.08 + 0.26 * Math.max(0, normal[1])
  return mix([paint[0] * light[0], paint[1] * light[1], paint[2] * light[2]], sky, mirror)
}

/** What tinted glass mirrors. */
function glassSky(mood: Mood): Rgb {
  return mix(mix(mood.zenith, mood.horizon, 0.6), [0.5, 0.5, 0.5], 0.6)
}

/** Paints a car and the shadow under it. */
export function paintCar(stage: Stage, car: Car): void {
  const { view, mood } = stage
  const s = car.shape
  const ahead: Vector = [Math.sin(car.yaw), 0, Math.cos(car.yaw)]
  const right: Vector = [Math.cos(car.yaw), 0, -Math.sin(car.yaw)]
  const frame: Frame = {
    stage,
    car,
    ahead,
    right,
    at: (l, r, y) => [
      car.x + (l - s.length / 2) * ahead[0] + r * right[0],
      y - view.eye,
      car.z + (l - s.length / 2) * ahead[2] + r * right[2],
    ],
  }
  const half = s.width / 2
  const top = half * 0.76
  const sky = glassSky(mood)
  const end = (front: boolean) => (normal: Vector, rise: number) =>
    new End(front, varnish(mood, normal, car.paint), illuminate(mood, normal), half * 0.93, rise, car.lights)
  const lid = (normal: Vector) => new Varnish(varnish(mood, normal, car.paint))
  const screen = (normal: Vector, rise: number) =>
    new Screen(varnish(mood, normal, car.paint), illuminate(mood, normal), sky, half * 0.94, top, rise)
  paintUnderside(stage, car)
  // The low body first, then what stands on it.
  paintAcross(frame, -1, [s.length, 0.2, half * 0.97], [s.length - 0.06, s.nose, half * 0.93], end(true))
  paintAcross(frame, 1, [0, 0.24, half * 0.97], [0.06, s.tail, half * 0.93], end(false))
  paintSides(frame)
  paintAcross(frame, -1, [s.length - 0.06, s.nose, half * 0.93], [s.cowl, s.belt + 0.03, half * 0.96], lid)
  if (s.deck > 0.15)
    paintAcross(frame, 1, [0.06, s.tail, half * 0.93], [s.deck, s.belt + 0.04, half * 0.96], lid)
  paintCabin(frame, half * 0.96, top)
  paintAcross(frame, -1, [s.cowl, s.belt, half * 0.94], [s.roofFront, s.roof, top], screen)
  paintAcross(frame, 1, [s.deck, s.belt, half * 0.94], [s.roofRear, s.roof, top], screen)
  paintAcross(frame, 1, [s.roofRear, s.roof, top], [s.roofFront, s.roof, top], lid)
}

/** A face across the car between two ribs; `turned` is -1 if its outer side faces forward. */
function paintAcross(
  frame: Frame,
  turned: number,
  low: Rib,
  high: Rib,
  make: (normal: Vector, rise: number) => Material,
): void {
  const { ahead, right } = frame
  const [l0, y0, h0] = low
  const [l1, y1, h1] = high
  const origin = frame.at(l0, 0, y0)
  const u: Vector = [right[0] * turned, 0, right[2] * turned]
  const v = normalize([ahead[0] * (l1 - l0), y1 - y0, ahead[2] * (l1 - l0)])
  if (!facesCamera(origin, u, v)) return
  const rise = Math.hypot(l1 - l0, y1 - y0)
  fillFace(frame.stage, origin, u, v, trapezium(-h0, h0, 0, -h1, h1, rise), make(normalOf(u, v), rise))
}

/** The sides below the windows, and the wheels. */
function paintSides(frame: Frame): void {
  const { stage, car, ahead, right } = frame
  const { mood } = stage
  const s: CarShape = car.shape
  for (const side of [1, -1]) {
    const u: Vector = [ahead[0] * side, 0, ahead[2] * side]
    const origin = frame.at(side > 0 ? 0 : s.length, (s.width / 2) * side, 0)
    if (!facesCamera(origin, u, UP)) continue
    const normal: Vector = [right[0] * side, 0.1, right[2] * side]
    const light = illuminate(mood, normal)
    const paint = varnish(mood, normal, car.paint)
    const body = new BodySide(s, side < 0, paint, light, mix(mood.horizon, mood.zenith, 0.4))
    fillFace(stage, origin, u, UP, rectangle(0, 0.12, s.length, s.belt + 0.06), body)
    for (const axle of [s.rearAxle, s.frontAxle]) {
      const r = s.wheel
      const hub = frame.at(axle, (s.width / 2 + 0.02) * side, r)
      fillFace(stage, hub, u, UP, rectangle(-r, -r, r, r), new Wheel(r, light))
    }
  }
}

/** The side windows, leaning in from the belt to the roof. */
function paintCabin(frame: Frame, belt: number, top: number): void {
  const { stage, car, ahead, right } = frame
  const { mood } = stage
  const s = car.shape
  const lean = belt - top
  const rise = Math.hypot(lean, s.roof - s.belt)
  for (const side of [1, -1]) {
    const u: Vector = [ahead[0] * side, 0, ahead[2] * side]
    const v = normalize([-right[0] * side * lean, s.roof - s.belt, -right[2] * side * lean])
    const origin = frame.at(side > 0 ? 0 : s.length, belt * side, s.belt)
    if (!facesCamera(origin, u, v)) continue
    const place = (l: number) => (side > 0 ? l : s.length - l)
    const outline = trapezium(place(s.deck), place(s.cowl), 0, place(s.roofRear), place(s.roofFront), rise)
    const normal = normalOf(u, v)
    const sky = glassSky(mood)
    const paint = varnish(mood, normal, car.paint)
    fillFace(stage, origin, u, v, outline, new Cabin(s, side < 0, rise, paint, illuminate(mood, normal), sky))
  }
}

/** The shadow that clings to the ground beneath a car. */
function paintUnderside(stage: Stage, car: Car): void {
  const { canvas, view } = stage
  const s = car.shape
  const reach = s.length / 2 + 0.5
  const y0 = Math.max(0, Math.floor(rowOfDepth(view, car.z + reach)))
  const y1 = Math.min(canvas.height - 1, Math.ceil(rowOfDepth(view, Math.max(1, car.z - reach))))
  const sin = Math.sin(car.yaw)
  const cos = Math.cos(car.yaw)
  for (let y = y0; y <= y1; y++) {
    const z = depthOfRow(view, y)
    const x0 = Math.max(0, Math.floor(columnOf(view, car.x - reach, z)))
    const x1 = Math.min(canvas.width - 1, Math.ceil(columnOf(view, car.x + reach, z)))
    for (let x = x0; x <= x1; x++) {
      const dx = ((x - view.center) * z) / view.focal - car.x
      const dz = z - car.z
      const l = Math.max(0, Math.abs(dx * sin + dz * cos) - s.length / 2 + 0.25)
      const r = Math.max(0, Math.abs(dx * cos - dz * sin) - s.width / 2 + 0.2)
      const dark = clamp01(1 - Math.sqrt(l * l + r * r) / 0.5) * 0.8
      const i = y * canvas.width + x
      if (dark > 0) blend(canvas, i, 0.04, 0.04, 0.05, dark, canvas.labels[i]!)
    }
  }
}
