/** Things that stand in a scene, and ways to spread them: rows of houses, traffic, groves. */
import type { Stage } from './canvas.js'
import { type Car, drawCar } from './carshape.js'
import { heading, onStrip, type Strip } from './geometry.js'
import { type Ground, insideWater, isTaken } from './ground.js'
import { drawHouse, type House, type HouseKind } from './houselook.js'
import { between, chance, pick } from './noise.js'
import type { Road } from './road.js'
import { drawKind, drawTree, type Tree, type TreeKind } from './tree.js'

/** Everything a scene is made of. */
export interface Plan {
  ground: Ground
  houses: House[]
  cars: Car[]
  trees: Tree[]
  /** Number of mountain ranges, and the highest one's height as a share of the horizon's. */
  ranges: number
  peak: number
  /** Height of the hills at the horizon as a share of the picture's height. */
  hills: number
  /** Things beyond this depth are reflected in the water; nearer ones stand in front of it. */
  shore: number
}

/** True if a house stands within `margin` meters of a place. */
function isBuilt(plan: Plan, x: number, z: number, margin: number): boolean {
  return plan.houses.some((h) => {
    const dx = x - h.x
    const dz = z - h.z
    const u = Math.abs(dx * Math.cos(h.yaw) - dz * Math.sin(h.yaw))
    const v = Math.abs(dx * Math.sin(h.yaw) + dz * Math.cos(h.yaw))
    return u < h.width / 2 + margin && v < h.depth / 2 + margin
  })
}

/**
 * Houses along one side of a strip (1 right, -1 left), facing it, `setback` meters from its edge, with gaps of about
 * `gap` meters.
 */
export function placeHouses(
  stage: Stage,
  plan: Plan,
  s: Strip,
  side: number,
  setback: number,
  from: number,
  to: number,
  kinds: readonly HouseKind[],
  gap: number,
): void {
  const { random } = stage
  let a = from
  while (a < to) {
    const house = drawHouse(stage, pick(random, kinds), 0, 0, 0)
    const gableFront = house.rise > 0 && chance(random, 0.35)
    const wide = gableFront ? house.depth : house.width
    const deep = gableFront ? house.width : house.depth
    a += wide / 2
    const [x, z] = onStrip(s, a, side * (s.half + setback + deep / 2))
    house.x = x
    house.z = z
    house.yaw = heading(s, a) + (side * Math.PI) / 2
    if (gableFront) {
      house.yaw += Math.PI / 2
      house.doorWall = 1
    }
    const clear = gap === 0 ? -0.5 : 1
    if (
      z > 6 &&
      !isFlooded(plan.ground, house) &&
      !plan.houses.some((h) => Math.hypot(h.x - x, h.z - z) < (clear * (h.width + house.width)) / 3)
    )
      plan.houses.push(house)
    a += wide / 2 + between(random, 0.6, 1.4) * gap
  }
}

/** True if a corner of a house would be in water. */
function isFlooded(ground: Ground, house: House): boolean {
  const { water } = ground
  if (water === undefined) return false
  const reach = Math.min(house.width, house.depth) / 2
  const corners: [number, number][] = [
    [-reach, -reach],
    [reach, -reach],
    [reach, reach],
    [-reach, reach],
  ]
  return corners.some(([dx, dz]) => insideWater(water, house.x + dx, house.z + dz) > -0.5)
}

/** Cars driving along a road in both directions, on the right, about `gap` meters apart. */
export function placeTraffic(
  stage: Stage,
  plan: Plan,
  road: Road,
  from: number,
  to: number,
  gap: number,
): void {
  const { random } = stage
  const lane = (2 * road.half) / road.lanes
  for (let n = 0; n < road.lanes; n++) {
    const c = -road.half + (n + 0.5) * lane
    const back = c < 0 ? Math.PI : 0
    let a = from + between(random, 0, gap)
    while (a < to) {
      const [x, z] = onStrip(road.strip, a, c + between(random, -0.25, 0.25))
      plan.cars.push(drawCar(stage, x, z, heading(road.strip, a) + back + between(random, -0.03, 0.03)))
      a += Math.max(6.5, between(random, 0.6, 1.6) * gap)
    }
  }
}

/** Cars parked at the curb on one side of a road, at `share` of the places. */
export function placeParked(
  stage: Stage,
  plan: Plan,
  road: Road,
  side: number,
  from: number,
  to: number,
  share: number,
): void {
  const { random } = stage
  for (let a = from; a < to; a += between(random, 5.6, 6.8)) {
    if (!chance(random, share)) continue
    const [x, z] = onStrip(road.strip, a, side * (road.half - 1.05))
    const back = chance(random, 0.2) !== side < 0 ? Math.PI : 0
    plan.cars.push(drawCar(stage, x, z, heading(road.strip, a) + back))
  }
}

/** Cars side by side in the bays of a parking lot, facing in or out. */
export function placeInBays(
  stage: Stage,
  plan: Plan,
  road: Road,
  side: number,
  from: number,
  to: number,
  share: number,
): void {
  const { random } = stage
  const bay = road.bays
  for (let n = Math.ceil(from / bay); (n + 1) * bay < to; n++) {
    if (!chance(random, share)) continue
    const a = (n + 0.5) * bay
    const [x, z] = onStrip(road.strip, a, side * (road.half - 2.7 + between(random, -0.2, 0.2)))
    const out = chance(random, 0.5) ? Math.PI : 0
    plan.cars.push(
      drawCar(stage, x, z, heading(road.strip, a) + Math.PI / 2 + out + between(random, -0.04, 0.04)),
    )
  }
}

/** Trees spread between two depths across the view, off roads and water; `share` are conifers. */
export function placeTrees(
  stage: Stage,
  plan: Plan,
  count: number,
  near: number,
  far: number,
  tall: number,
  conifers: number,
): void {
  const { random, view } = stage
  for (let n = 0; n < count; n++) {
    const z = near * (far / near) ** random.next()
    const x = ((between(random, -0.1, 1.1) * view.width - view.center) * z) / view.focal
    const kind = drawKind(stage, conifers)
    const height =
      (kind === 'bush' ? 0.25 : kind === 'tall' || kind === 'conifer' ? 1.25 : 1) *
      tall *
      between(random, 0.7, 1.3)
    if (isTaken(plan.ground, x, z, 0.8) || isBuilt(plan, x, z, height * 0.12)) continue
    plan.trees.push(drawTree(stage, kind, x, z, height))
  }
}

/** A row of similar trees along a strip. */
export function placeAvenue(
  stage: Stage,
  plan: Plan,
  s: Strip,
  c: number,
  from: number,
  to: number,
  gap: number,
  tall: number,
): void {
  const { random } = stage
  const kind: TreeKind = pick(random, ['broad', 'broad', 'tall'])
  for (let a = from; a < to; a += gap * between(random, 0.85, 1.15)) {
    const [x, z] = onStrip(s, a, c)
    if (z < 4 || isBuilt(plan, x, z, 0.3)) continue
    plan.trees.push(drawTree(stage, kind, x, z, tall * between(random, 0.85, 1.15)))
  }
}

/** A wood of small trees across the view at about the same depth, with openings. */
export function placeWood(
  stage: Stage,
  plan: Plan,
  z: number,
  tall: number,
  conifers: number,
  share: number,
): void {
  const { random, view } = stage
  const step = Math.max(3 * view.unit, (tall * 0.42 * view.focal) / z)
  const phase = between(random, 0, 6)
  const kind = chance(random, conifers) ? 'conifer' : 'broad'
  for (let px = -step; px < view.width + step; px += step * between(random, 0.6, 1.2)) {
    const wave = 0.5 + 0.5 * Math.sin((px / view.width) * 7 + phase)
    if (wave > share) continue
    const depth = z * between(random, 0.9, 1.15)
    const x = ((px - view.center) * depth) / view.focal
    if (isTaken(plan.ground, x, depth, 0.5) || isBuilt(plan, x, depth, 1)) continue
    plan.trees.push(
      drawTree(stage, chance(random, 0.8) ? kind : 'broad', x, depth, tall * between(random, 0.7, 1.25)),
    )
  }
}

/** One large tree at the side of the picture, close to the camera, its crown hanging into the frame. */
export function placeFraming(stage: Stage, plan: Plan, near: number): void {
  const { random, view } = stage
  const side = chance(random, 0.5) ? 0.06 : 0.94
  const z = near * between(random, 0.9, 1.3)
  const x = ((side + between(random, -0.08, 0.08)) * view.width - view.center) * (z / view.focal)
  if (isTaken(plan.ground, x, z, 0) || isBuilt(plan, x, z, 0.5)) return
  const kind: TreeKind = chance(random, 0.75) ? 'broad' : 'conifer'
  plan.trees.push(drawTree(stage, kind, x, z, between(random, 5.5, 9)))
}
