/** Houses: boxes with a pitched or flat roof, at any angle to the camera, of many kinds of masonry. */
import type { Stage } from './canvas.js'
import { mix, pickColor, type Rgb, scale } from './color.js'
import type { Vector } from './geometry.js'
import { illuminate } from './mood.js'
import { between, chance, pick } from './noise.js'
import { facesCamera, fillFace, normalOf } from './surface.js'
import { type Facade, type Masonry, Roof, Wall } from './wall.js'

/** What kind of building. */
export type HouseKind = 'cottage' | 'barn' | 'town' | 'block' | 'modern'

/** A house on the ground; its ridge runs along its width. */
export interface House {
  x: number
  z: number
  /** Direction its back points to: 0 away from the camera, so that its front is seen straight on. */
  yaw: number
  width: number
  depth: number
  eaves: number
  rise: number
  facade: Facade
  roof: Rgb
  panels: number
  chimney: boolean
  /** Wall with the door: 0 front, then anticlockwise seen from above: right, back, left. */
  doorWall: number
}

const PLASTER: readonly Rgb[] = [
  [0.9, 0.84, 0.7],
  [0.88, 0.7, 0.42],
  [0.84, 0.56, 0.4],
  [0.9, 0.76, 0.62],
  [0.78, 0.46, 0.36],
  [0.92, 0.88, 0.8],
  [0.82, 0.62, 0.34],
]
const BRICK: readonly Rgb[] = [
  [0.62, 0.32, 0.23],
  [0.55, 0.27, 0.2],
  [0.7, 0.48, 0.33],
  [0.5, 0.3, 0.24],
]
const WOOD: readonly Rgb[] = [
  [0.58, 0.17, 0.13],
  [0.48, 0.3, 0.18],
  [0.62, 0.42, 0.2],
  [0.5, 0.22, 0.14],
  [0.84, 0.76, 0.6],
]
const STONE: readonly Rgb[] = [
  [0.68, 0.58, 0.44],
  [0.72, 0.62, 0.48],
  [0.6, 0.5, 0.42],
]
const TILES: readonly Rgb[] = [
  [0.64, 0.28, 0.17],
  [0.72, 0.38, 0.24],
  [0.5, 0.25, 0.18],
  [0.44, 0.3, 0.25],
  [0.6, 0.34, 0.2],
  [0.56, 0.22, 0.18],
]
const DOORS: readonly Rgb[] = [
  [0.45, 0.14, 0.12],
  [0.14, 0.28, 0.4],
  [0.16, 0.34, 0.22],
  [0.36, 0.24, 0.14],
  [0.2, 0.2, 0.22],
  [0.8, 0.66, 0.2],
]
const SHUTTERS: readonly Rgb[] = [
  [0.2, 0.38, 0.28],
  [0.2, 0.32, 0.48],
  [0.5, 0.2, 0.16],
  [0.46, 0.36, 0.26],
]
const UP: Vector = [0, 1, 0]

function wallColor(stage: Stage, masonry: Masonry): Rgb {
  const palette =
    masonry === 'brick'
      ? BRICK
      : masonry === 'stone'
        ? STONE
        : masonry === 'planks' || masonry === 'boards'
          ? WOOD
          : PLASTER
  return pickColor(stage.random, palette, 0.1)
}

function drawFacade(stage: Stage, kind: HouseKind): Facade {
  const { random, mood } = stage
  const choices: Record<HouseKind, readonly Masonry[]> = {
    cottage: ['plaster', 'plaster', 'brick', 'timber', 'stone', 'boards'],
    barn: ['planks', 'planks', 'stone', 'boards'],
    town: ['plaster', 'plaster', 'brick', 'timber'],
    block: ['plaster', 'brick', 'plaster'],
    modern: ['plaster', 'boards', 'planks'],
  }
  const masonry = pick(random, choices[kind])
  const wall = wallColor(stage, masonry)
  const brown: Rgb = [0.24, 0.17, 0.12]
  const modern = kind === 'modern'
  return {
    masonry,
    wall: masonry === 'timber' ? mix(wall, [0.92, 0.89, 0.82], 0.6) : wall,
    joint:
      masonry === 'timber'
        ? brown
        : masonry === 'brick' || masonry === 'stone'
          ? [0.7, 0.67, 0.62]
          : scale(wall, 0.6),
    frame: chance(random, 0.7) ? [0.92, 0.92, 0.9] : scale(brown, 1.2),
    shutter:
      (kind === 'cottage' || kind === 'town') && chance(random, 0.4) ? pickColor(random, SHUTTERS) : null,
    glass: [0.1, 0.13, 0.17],
    reflection: mix(mood.zenith, mood.horizon, 0.6),
    door: pickColor(random, DOORS, 0.15),
    lamp: mood.lamps ? [1, 0.78, 0.42] : null,
    storey: between(random, 2.7, 3.1),
    bay: modern ? between(random, 2.2, 2.8) : between(random, 1.7, 2.2),
    windowWidth: modern ? between(random, 1.5, 1.9) : between(random, 0.85, 1.1),
    windowHeight: modern ? between(random, 1.3, 1.6) : between(random, 1.15, 1.5),
    awning:
      (kind === 'town' || kind === 'block') && chance(random, 0.45)
        ? pickColor(random, [...DOORS, [0.9, 0.88, 0.84]])
        : null,
    seed: random.next(),
  }
}

/** A house of a kind with its size and look drawn at random. */
export function drawHouse(stage: Stage, kind: HouseKind, x: number, z: number, yaw: number): House {
  const { random } = stage
  const storeys = {
    cottage: between(random, 2.5, 4.6),
    barn: between(random, 3.5, 5),
    town: between(random, 6, 11),
    block: between(random, 9, 17),
    modern: between(random, 3.2, 6.2),
  }
  const flat = kind === 'modern' || (kind === 'block' && chance(random, 0.7))
  const depth = between(random, 7, 11)
  return {
    x,
    z,
    yaw,
    depth,
    width:
      kind === 'barn'
        ? between(random, 11, 18)
        : kind === 'block'
          ? between(random, 11, 20)
          : between(random, 7, 12),
    eaves: storeys[kind],
    rise: flat ? 0 : (depth / 2) * between(random, 0.6, 1.15),
    facade: drawFacade(stage, kind),
    roof: pickColor(random, TILES, 0.12),
    panels: chance(random, 0.25) ? between(random, 0.3, 0.8) : 0,
    chimney: !flat && kind !== 'barn' && chance(random, 0.7),
    doorWall: 0,
  }
}

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
  // Walls away from the camera are hidden; of two that show, neither covers the other.
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
      wall: scale(BRICK[1]!, 1.1),
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

/** The top of a flat roof, where the camera is above it, and a cornice where it is not. */
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

/** Radius of the circle around the ground plan. */
export function houseRadius(house: House): number {
  return Math.hypot(house.width, house.depth) / 2
}
