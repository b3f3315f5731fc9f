/** What houses look like: their kinds, sizes and colors, drawn at random. */
import type { Stage } from './canvas.js'
import { mix, pickColor, type Rgb, scale } from './color.js'
import { between, chance, pick } from './noise.js'
import type { Facade, Masonry } from './wall.js'

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
  /** Wall with the door: 0 front, then counterclockwise seen from above: right, back, left. */
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
    story: between(random, 2.7, 3.1),
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

/** Draws a house of a kind with random size and look. */
export function drawHouse(stage: Stage, kind: HouseKind, x: number, z: number, yaw: number): House {
  const { random } = stage
  const stories = {
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
    eaves: stories[kind],
    rise: flat ? 0 : (depth / 2) * between(random, 0.6, 1.15),
    facade: drawFacade(stage, kind),
    roof: pickColor(random, TILES, 0.12),
    panels: chance(random, 0.25) ? between(random, 0.3, 0.8) : 0,
    chimney: !flat && kind !== 'barn' && chance(random, 0.7),
    doorWall: 0,
  }
}
