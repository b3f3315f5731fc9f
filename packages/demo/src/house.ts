/** Paints houses: boxes with a pitched or flat roof, at any angle to the camera. */
import type { Stage } from './canvas.js'
import { mix, type Rgb, scale } from './color.js'
import type { Vector } from './geometry.js'
import type { House } from './houselook.js'
import { illuminate } from './mood.js'
import { between } from './noise.js'
import { facesCamera, fillFace, normalOf } from './surface.js'
import { type Facade, Roof, Wall } from './wall.js'

const UP: Vector = [0, 1, 0]
/** Bricks of chimneys. */
const CHIMNEY: Rgb = [0.55, 0.27, 0.2]

/** Paints a house where it stands. */
export function paintHouse(stage: Stage, house: House): void {
  const { view, mood, random } = stage
  const { width: w, depth: d, eaves, rise, facade } = house
  const right: Vector = [Math.cos(house.yaw), 0, -Math.sin(house.yaw)]
  const back: Vector = [Math.sin(house.yaw), 0, Math.cos(house.yaw)]
  const at = (r: number, b: number, y: number): Vector => [
    house.x + r * right[0] + b * back[0],
    y - view.eye,
    house.z + r * right[2] + b * back[2],
  ]
  const flip = (v: Vector): Vector => [-v[0], -v[1], -v[2]]
  const corners = [at(-w / 2, -d / 2, 0), at(w / 2, -d / 2, 0), at(w / 2, d / 2, 0), at(-w / 2, d / 2, 0)]
  const directions = [right, back, flip(right), flip(back)]
  const door = random.integer(Math.max(1, Math.round(w / facade.bay)))
  // Walls facing away from the camera are hidden; two visible walls never cover each other.
  for (let n = 0; n < 4; n++) {
    const origin = corners[n]!
    const u = directions[n]!
    if (!facesCamera(origin, u, UP)) continue
    const long = n % 2 === 0 ? w : d
    const gable = n % 2 === 1 ? rise : 0
    const light = illuminate(mood, normalOf(u, UP))
    const wall = new Wall(facade, light, long, eaves, gable, n === house.doorWall ? door : -1, false)
    const top = eaves + gable
    fillFace(
      stage,
      origin,
      u,
      UP,
      [
        [0, 0],
        [long, 0],
        [long, eaves],
        [gable > 0 ? long / 2 : long, top],
        [gable > 0 ? long / 2 : 0, top],
        [0, eaves],
      ],
      wall,
    )
  }
  if (rise > 0) paintRoof(stage, house, at, right, back)
  else paintFlatTop(stage, house, at, right, back)
}

type Place = (r: number, b: number, y: number) => Vector

function paintRoof(stage: Stage, house: House, at: Place, right: Vector, back: Vector): void {
  const { mood, random } = stage
  const { width: w, depth: d, eaves, rise } = house
  const over = 0.4
  const slope = Math.hypot(d / 2, rise) + over
  const cos = d / 2 / (slope - over)
  const sin = rise / (slope - over)
  for (const side of [1, -1]) {
    const u: Vector = [right[0] * side, 0, right[2] * side]
    const v: Vector = [back[0] * side * cos, sin, back[2] * side * cos]
    const origin = at((-w / 2 - over) * side, (-d / 2 - over * cos) * side, eaves - over * sin)
    if (!facesCamera(origin, u, v)) continue
    const light = illuminate(mood, normalOf(u, v))
    const long = w + 2 * over
    fillFace(
      stage,
      origin,
      u,
      v,
      [
        [0, 0],
        [long, 0],
        [long, slope],
        [0, slope],
      ],
      new Roof(house.roof, light, slope, house.facade.seed, side > 0 ? house.panels : 0),
    )
  }
  if (house.chimney) {
    const place = between(random, -0.35, 0.35) * w
    const look: Facade = {
      ...house.facade,
      masonry: 'brick',
      wall: scale(CHIMNEY, 1.1),
      joint: [0.5, 0.46, 0.42],
    }
    const size = 0.9
    const low = eaves + rise * 0.72
    const high = eaves + rise + 1
    const corners = [
      at(place, -0.45, low),
      at(place + size, -0.45, low),
      at(place + size, 0.45, low),
      at(place, 0.45, low),
    ]
    const directions: Vector[] = [right, back, [-right[0], 0, -right[2]], [-back[0], 0, -back[2]]]
    for (let n = 0; n < 4; n++) {
      const u = directions[n]!
      if (!facesCamera(corners[n]!, u, UP)) continue
      const brick = new Wall(look, illuminate(mood, normalOf(u, UP)), size, high, 0, -1, true)
      fillFace(
        stage,
        corners[n]!,
        u,
        UP,
        [
          [0, 0],
          [size, 0],
          [size, high - low],
          [0, high - low],
        ],
        brick,
      )
    }
  }
}

/** The top of a flat roof if the camera is above it, otherwise a cornice. */
function paintFlatTop(stage: Stage, house: House, at: Place, right: Vector, back: Vector): void {
  const { mood } = stage
  const { width: w, depth: d, eaves, facade } = house
  const over = 0.25
  const corners = [
    at(-w / 2 - over, -d / 2 - over, eaves),
    at(w / 2 + over, -d / 2 - over, eaves),
    at(w / 2 + over, d / 2 + over, eaves),
    at(-w / 2 - over, d / 2 + over, eaves),
  ]
  const directions: Vector[] = [right, back, [-right[0], 0, -right[2]], [-back[0], 0, -back[2]]]
  const trim: Facade = {
    ...facade,
    masonry: 'plaster',
    wall: scale(mix(facade.wall, facade.frame, 0.5), 0.95),
  }
  if (facesCamera(corners[0]!, right, back)) {
    const top = new Roof([0.5, 0.5, 0.5], illuminate(mood, UP), d + 2 * over, facade.seed, 0)
    fillFace(
      stage,
      corners[0]!,
      right,
      back,
      [
        [0, 0],
        [w + 2 * over, 0],
        [w + 2 * over, d + 2 * over],
        [0, d + 2 * over],
      ],
      top,
    )
  }
  for (let n = 0; n < 4; n++) {
    const u = directions[n]!
    const long = (n % 2 === 0 ? w : d) + 2 * over
    if (!facesCamera(corners[n]!, u, UP)) continue
    const edge = new Wall(trim, illuminate(mood, normalOf(u, UP)), long, 9, 0, -1, true)
    fillFace(
      stage,
      corners[n]!,
      u,
      UP,
      [
        [0, -0.1],
        [long, -0.1],
        [long, 0.4],
        [0, 0.4],
      ],
      edge,
    )
  }
}
