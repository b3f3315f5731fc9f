/** The shapes and colors of cars. */
import type { Stage } from './canvas.js'
import { pickColor, type Rgb } from './color.js'
import { between, pick } from './noise.js'

/** Lengths from the tail and heights from the ground, in meters. */
export interface CarShape {
  length: number
  width: number
  wheel: number
  rearAxle: number
  frontAxle: number
  belt: number
  nose: number
  tail: number
  /** Where the windshield meets the hood and the roof, and the rear window the roof and the trunk. */
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
  // sedan
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
  // station wagon
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
  [0.92, 0.92, 0.9],
  [0.92, 0.92, 0.9],
  [0.74, 0.75, 0.77],
  [0.66, 0.68, 0.7],
  [0.86, 0.84, 0.78],
  [0.8, 0.1, 0.09],
  [0.95, 0.76, 0.1],
  [0.95, 0.45, 0.08],
  [0.55, 0.8, 0.3],
  [0.14, 0.14, 0.16],
  [0.3, 0.5, 0.85],
]

/** A car on the ground, heading along `yaw`: 0 points away from the camera, clockwise seen from above. */
export interface Car {
  x: number
  z: number
  yaw: number
  shape: CarShape
  paint: Rgb
  lights: boolean
}

/** Draws a car with random shape and color. */
export function drawCar(stage: Stage, x: number, z: number, yaw: number): Car {
  const { random } = stage
  const stretch = between(random, 0.95, 1.06)
  const base = pick(random, SHAPES)
  const shape = { ...base, width: base.width * stretch, roof: base.roof * between(random, 0.97, 1.04) }
  return { x, z, yaw, shape, paint: pickColor(random, PAINTS, 0.12), lights: stage.mood.lamps }
}
