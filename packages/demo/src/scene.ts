/** Synthetic photographs of landscapes and streets with a label for every pixel, drawn from a seed. */
import { createRandom } from '../../../lib/random/random.js'
import { develop, type Photograph } from './camera.js'
import { createCanvas, type Stage } from './canvas.js'
import { paintCar } from './car.js'
import { paintBlades } from './grass.js'
import { paintGround, paintShadow } from './ground.js'
import { paintHills } from './hills.js'
import { paintHouse } from './house.js'
import { drawMood } from './mood.js'
import { paintMountains } from './mountain.js'
import { chance } from './noise.js'
import type { Plan } from './placing.js'
import { drawPlan } from './settings.js'
import { paintSky } from './sky.js'
import { paintTree } from './tree.js'
import { paintWater } from './water.js'

/** What the labels mean. */
export const SCENE_CLASSES: readonly string[] = [
  'sky',
  'mountain',
  'grass',
  'water',
  'road',
  'tree',
  'house',
  'car',
]

/** A picture and, for each of its pixels, the index of its class in `SCENE_CLASSES`. */
export type Scene = Photograph

/** Draws scene `index` of the series for `seed`; the same arguments give the same bytes. */
export function renderScene(seed: number, index: number, size = { width: 320, height: 240 }): Scene {
  const random = createRandom(seed, index)
  const { width, height } = size
  const stage: Stage = {
    canvas: createCanvas(width, height),
    view: {
      width,
      height,
      center: width / 2,
      horizon: height * 0.4,
      focal: width,
      eye: 2,
      unit: height / 240,
    },
    mood: drawMood(random),
    random,
  }
  const plan = drawPlan(stage)
  paintSky(stage, stage.view.horizon + 2)
  paintMountains(stage, plan.ranges, plan.peak * stage.view.horizon)
  paintGround(stage, plan.ground)
  if (plan.hills > 0) paintHills(stage, plan.ground.meadow, plan.hills * height)
  paintShadows(stage, plan)
  paintThings(stage, plan)
  return develop(stage.canvas, random)
}

function paintShadows(stage: Stage, plan: Plan): void {
  for (const h of plan.houses)
    paintShadow(stage, {
      x: h.x,
      z: h.z,
      height: h.eaves + h.rise / 2,
      radius: Math.min(h.width, h.depth) * 0.6,
      depth: 0.45,
    })
  for (const t of plan.trees)
    if (t.z < 60)
      paintShadow(stage, { x: t.x, z: t.z, height: t.height * 0.8, radius: t.height * 0.28, depth: 0.42 })
  for (const c of plan.cars) paintShadow(stage, { x: c.x, z: c.z, height: 1.3, radius: 1.5, depth: 0.45 })
}

/** Paints whatever stands on the ground, farthest first, and the water once everything it reflects is there. */
function paintThings(stage: Stage, plan: Plan): void {
  const things = [
    ...plan.houses.map((house) => ({ z: house.z, paint: () => paintHouse(stage, house) })),
    ...plan.cars.map((car) => ({ z: car.z, paint: () => paintCar(stage, car) })),
    ...plan.trees.map((tree) => ({ z: tree.z, paint: () => paintTree(stage, tree) })),
  ].sort((a, b) => b.z - a.z)
  const near = things.findIndex((thing) => thing.z < plan.shore)
  const split = near < 0 ? things.length : near
  for (const thing of things.slice(0, split)) thing.paint()
  paintWater(stage)
  if (chance(stage.random, 0.8)) paintBlades(stage, plan.ground.meadow)
  for (const thing of things.slice(split)) thing.paint()
}
