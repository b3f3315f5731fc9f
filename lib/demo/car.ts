/** Cars, vans and buses: a side profile drawn out to a body, with glass, wheels and lamps, at any angle. */
import { blend, type Stage } from './canvas.js'
import { BodySide, Cabin, Panel, Wheel } from './carparts.js'
import { mix, pickColor, type Rgb } from './color.js'
import { columnOf, depthOfRow, normalize, rowOfDepth, type Vector } from './geometry.js'
import { illuminate, type Mood } from './mood.js'
import { between, clamp01, pick } from './noise.js'
import { facesCamera, fillFace, normalOf } from './surface.js'

/** Lengths from the tail and heights from the ground, in metres. */
export interface CarShape {
  length: number
  width: number
  wheel: number
  rearAxle: number
  frontAxle: number
  belt: number
  nose: number
  tail: number
  /** Where the windscreen meets the bonnet and the roof, and the rear window the roof and the boot. */
  cowl: number
  roofFront: number
  roofRear: number
  deck: number
  roof: number
}

const SHAPES: readonly CarShape[] = [
  // hatchback
  {
    length: 3.9,
    width: 1.72,
    wheel: 0.31,
    rearAxle: 0.7,
    frontAxle: 3.15,
    belt: 0.93,
    nose: 0.7,
    tail: 0.9,
    cowl: 2.95,
    roofFront: 2.1,
    roofRear: 0.5,
    deck: 0.06,
    roof: 1.47,
  },
  // saloon
  {
    length: 4.6,
    width: 1.8,
    wheel: 0.32,
    rearAxle: 0.95,
    frontAxle: 3.7,
    belt: 0.92,
    nose: 0.68,
    tail: 0.9,
    cowl: 3.35,
    roofFront: 2.55,
    roofRear: 1.35,
    deck: 0.75,
    roof: 1.43,
  },
  // estate
  {
    length: 4.7,
    width: 1.8,
    wheel: 0.33,
    rearAxle: 0.95,
    frontAxle: 3.75,
    belt: 0.94,
    nose: 0.7,
    tail: 0.95,
    cowl: 3.4,
    roofFront: 2.6,
    roofRear: 0.35,
    deck: 0.05,
    roof: 1.48,
  },
  // off-roader
  {
    length: 4.5,
    width: 1.88,
    wheel: 0.38,
    rearAxle: 0.85,
    frontAxle: 3.6,
    belt: 1.1,
    nose: 0.95,
    tail: 1.1,
    cowl: 3.3,
    roofFront: 2.65,
    roofRear: 0.3,
    deck: 0.06,
    roof: 1.75,
  },
  // sports car
  {
    length: 4.3,
    width: 1.82,
    wheel: 0.33,
    rearAxle: 0.8,
    frontAxle: 3.5,
    belt: 0.85,
    nose: 0.6,
    tail: 0.88,
    cowl: 2.95,
    roofFront: 2.1,
    roofRear: 1.45,
    deck: 0.35,
    roof: 1.26,
  },
  // van
  {
    length: 5,
    width: 1.95,
    wheel: 0.34,
    rearAxle: 0.95,
    frontAxle: 4.05,
    belt: 1.2,
    nose: 0.98,
    tail: 1.2,
    cowl: 4.35,
    roofFront: 3.6,
    roofRear: 0.12,
    deck: 0.04,
    roof: 2.1,
  },
]

const PAINTS: readonly Rgb[] = [
  [0.72, 0.12, 0.1],
  [0.12, 0.26, 0.56],
  [0.86, 0.86, 0.85],
  [0.62, 0.64, 0.67],
  [0.12, 0.12, 0.14],
  [0.88, 0.7, 0.12],
  [0.14, 0.38, 0.26],
  [0.85, 0.42, 0.1],
  [0.28, 0.5, 0.66],
  [0.76, 0.7, 0.58],
  [0.4, 0.12, 0.16],
  [0.1, 0.48, 0.5],
]

/** A car on the ground; it heads along `yaw`, 0 away from the camera, clockwise seen from above. */
export interface Car {
  x: number
  z: number
  yaw: number
  shape: CarShape
  paint: Rgb
  lights: boolean
}

/** A car with shape and colour drawn at random. */
export function drawCar(stage: Stage, x: number, z: number, yaw: number): Car {
  const { random } = stage
  const stretch = between(random, 0.95, 1.06)
  const base = pick(random, SHAPES)
  const shape = { ...base, width: base.width * stretch, roof: base.roof * between(random, 0.97, 1.04) }
  return { x, z, yaw, shape, paint: pickColor(random, PAINTS, 0.12), lights: stage.mood.lamps }
}

/** Light on varnish: what the surface gets, and the sky it mirrors the more it looks up. */
function varnish(mood: Mood, normal: Vector, paint: Rgb): Rgb {
  const light = illuminate(mood, normal)
  const sky = mix(mood.horizon, mood.zenith, 0.5)
  const mirror = 0.08 + 0.26 * Math.max(0, normal[1])
  return mix([paint[0] * light[0], paint[1] * light[1], paint[2] * light[2]], sky, mirror)
}

/** Paints a car and the dark under it. */
export function paintCar(stage: Stage, car: Car): void {
  const { view, mood } = stage
  const s = car.shape
  const ahead: Vector = [Math.sin(car.yaw), 0, Math.cos(car.yaw)]
  const right: Vector = [Math.cos(car.yaw), 0, -Math.sin(car.yaw)]
  const at = (l: number, r: number, y: number): Vector => [
    car.x + (l - s.length / 2) * ahead[0] + r * right[0],
    y - view.eye,
    car.z + (l - s.length / 2) * ahead[2] + r * right[2],
  ]
  paintUnderside(stage, car)
  const half = s.width / 2
  const top = half * 0.76
  const glassTint = mix(mood.zenith, mood.horizon, 0.5)
  // A face between two levels of the profile, from (l0, y0) low to (l1, y1) high, seen along its outer side.
  const panel = (
    kind: 'front' | 'rear' | 'glass' | 'body',
    l0: number,
    y0: number,
    h0: number,
    l1: number,
    y1: number,
    h1: number,
    turned: number,
  ): void => {
    const low = at(l0, 0, y0)
    const rise = Math.hypot(l1 - l0, y1 - y0)
    const u: Vector = [right[0] * turned, 0, right[2] * turned]
    const v: Vector = normalize([ahead[0] * (l1 - l0), y1 - y0, ahead[2] * (l1 - l0)])
    if (!facesCamera(low, u, v)) return
    const normal = normalOf(u, v)
    const face = new Panel(
      kind,
      varnish(mood, normal, car.paint),
      illuminate(mood, normal),
      glassTint,
      Math.min(h0, h1),
      rise,
      car.lights,
    )
    fillFace(
      stage,
      low,
      u,
      v,
      [
        [-h0, 0],
        [h0, 0],
        [h1, rise],
        [-h1, rise],
      ],
      face,
    )
  }
  const sides = (): void => {
    for (const side of [1, -1]) {
      const u: Vector = side > 0 ? ahead : [-ahead[0], 0, -ahead[2]]
      const origin = at(side > 0 ? 0 : s.length, half * side, 0)
      if (!facesCamera(origin, u, [0, 1, 0])) continue
      const normal: Vector = [right[0] * side, 0.1, right[2] * side]
      const body = new BodySide(
        s,
        side < 0,
        varnish(mood, normal, car.paint),
        illuminate(mood, normal),
        mix(mood.horizon, mood.zenith, 0.4),
      )
      fillFace(
        stage,
        origin,
        u,
        [0, 1, 0],
        [
          [0, 0.12],
          [s.length, 0.12],
          [s.length, s.belt + 0.06],
          [0, s.belt + 0.06],
        ],
        body,
      )
      for (const axle of [s.rearAxle, s.frontAxle]) {
        const r = s.wheel
        const hub = at(axle, (half + 0.02) * side, r)
        const wheel = new Wheel(r, illuminate(mood, normal))
        fillFace(
          stage,
          hub,
          u,
          [0, 1, 0],
          [
            [-r, -r],
            [r, -r],
            [r, r],
            [-r, r],
          ],
          wheel,
        )
      }
    }
  }
  const cabin = (): void => {
    for (const side of [1, -1]) {
      const u: Vector = side > 0 ? ahead : [-ahead[0], 0, -ahead[2]]
      const foot = at(side > 0 ? 0 : s.length, half * 0.96 * side, s.belt)
      const lean = half * 0.96 - top
      const high = s.roof - s.belt
      const v = normalize([-right[0] * side * lean, high, -right[2] * side * lean])
      if (!facesCamera(foot, u, v)) continue
      const rise = Math.hypot(lean, high)
      const place = (l: number) => (side > 0 ? l : s.length - l)
      const quad: [number, number][] = [
        [place(s.deck), 0],
        [place(s.cowl), 0],
        [place(s.roofFront), rise],
        [place(s.roofRear), rise],
      ]
      const normal = normalOf(u, v)
      fillFace(
        stage,
        foot,
        u,
        v,
        quad,
        new Cabin(s, side < 0, rise, varnish(mood, normal, car.paint), illuminate(mood, normal), glassTint),
      )
    }
  }
  // Low body first, then what stands on it.
  panel('front', s.length, 0.2, half * 0.97, s.length - 0.06, s.nose, half * 0.93, -1)
  panel('rear', 0, 0.24, half * 0.97, 0.06, s.tail, half * 0.93, 1)
  sides()
  panel('body', s.length - 0.06, s.nose, half * 0.93, s.cowl, s.belt + 0.03, half * 0.96, -1)
  if (s.deck > 0.15) panel('body', 0.06, s.tail, half * 0.93, s.deck, s.belt + 0.04, half * 0.96, 1)
  cabin()
  panel('glass', s.cowl, s.belt, half * 0.94, s.roofFront, s.roof, top, -1)
  panel('glass', s.deck, s.belt, half * 0.94, s.roofRear, s.roof, top, 1)
  roofTop(stage, car, at, ahead, right, top)
}

function roofTop(
  stage: Stage,
  car: Car,
  at: (l: number, r: number, y: number) => Vector,
  ahead: Vector,
  right: Vector,
  half: number,
): void {
  const s = car.shape
  const origin = at(s.roofRear, 0, s.roof)
  if (!facesCamera(origin, right, ahead)) return
  const long = s.roofFront - s.roofRear
  const paint = varnish(stage.mood, [0, 1, 0], car.paint)
  const roof = new Panel('body', paint, illuminate(stage.mood, [0, 1, 0]), paint, half, long, false)
  fillFace(
    stage,
    origin,
    right,
    ahead,
    [
      [-half, 0],
      [half, 0],
      [half, long],
      [-half, long],
    ],
    roof,
  )
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
      const dx = ((x - view.centre) * z) / view.focal - car.x
      const dz = z - car.z
      const l = Math.max(0, Math.abs(dx * sin + dz * cos) - s.length / 2 + 0.25)
      const r = Math.max(0, Math.abs(dx * cos - dz * sin) - s.width / 2 + 0.2)
      const dark = clamp01(1 - Math.hypot(l, r) / 0.5) * 0.8
      const i = y * canvas.width + x
      if (dark > 0) blend(canvas, i, 0.04, 0.04, 0.05, dark, canvas.labels[i]!)
    }
  }
}
