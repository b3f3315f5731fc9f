/** The settings scenes are laid in: each decides where the camera is and what stands on the ground. */
import type { Stage } from './canvas.js'
import { type Strip, strip } from './geometry.js'
import { drawMeadow } from './grass.js'
import type { HouseKind } from './house.js'
import { between, chance, pick } from './noise.js'
import {
  type Plan,
  placeAvenue,
  placeFraming,
  placeHouses,
  placeInBays,
  placeParked,
  placeTraffic,
  placeTrees,
  placeWood,
} from './placing.js'
import { drawRoad } from './road.js'

const QUARTER = Math.PI / 2
const RURAL: readonly HouseKind[] = ['cottage', 'cottage', 'barn', 'modern']
const SUBURB: readonly HouseKind[] = ['cottage', 'cottage', 'modern', 'town']
const TOWN: readonly HouseKind[] = ['town', 'town', 'block', 'cottage']

/** Sets the camera: height in metres, horizon as a share of the picture from above. */
function look(stage: Stage, eye: readonly [number, number], horizon: readonly [number, number]): void {
  const { view, random } = stage
  view.eye = between(random, eye[0], eye[1])
  view.horizon = view.height * between(random, horizon[0], horizon[1])
  view.focal = view.width * between(random, 0.78, 1.15)
  view.centre = view.width * between(random, 0.4, 0.6)
}

function createPlan(stage: Stage): Plan {
  const { random } = stage
  return {
    ground: { meadow: drawMeadow(stage), roads: [], waters: [] },
    houses: [],
    cars: [],
    trees: [],
    ranges: chance(random, 0.88) ? 1 + random.integer(3) : 0,
    peak: between(random, 0.14, 0.34),
    hills: chance(random, 0.6) ? between(random, 0.01, 0.06) : 0,
    shore: 0,
  }
}

/** A lake across the view between two depths. */
function lake(stage: Stage, near: number, far: number): Strip {
  const { random } = stage
  const angle = QUARTER + between(random, -0.12, 0.12)
  return {
    ...strip(0, (near + far) / 2, angle, (far - near) / 2),
    swing: between(random, 0, 0.12) * (far - near),
    wave: between(random, 40, 120),
    phase: between(random, 0, 6),
  }
}

/** A street that leads away between houses, sometimes along a canal. */
function street(stage: Stage): Plan {
  const { random } = stage
  look(stage, [1.6, 4.5], [0.32, 0.46])
  const plan = createPlan(stage)
  const canal = chance(random, 0.45)
  const canalSide = chance(random, 0.5) ? 1 : -1
  const axis = strip(
    between(random, -2, 2) - (canal ? canalSide * 1.5 : 0),
    0,
    between(random, -0.16, 0.16),
    between(random, 3, 4.6),
  )
  axis.bend = between(random, -0.0012, 0.0012)
  const road = drawRoad(stage, axis, chance(random, 0.8) ? 2 : 3, between(random, 1.2, 2.6))
  plan.ground.roads.push(road)
  const kinds = pick(random, [SUBURB, TOWN, SUBURB])
  const gap = kinds === TOWN ? pick(random, [0, 3, 6]) : between(random, 3, 12)
  const setback = kinds === TOWN ? between(random, 0.3, 3) : between(random, 2.5, 7)
  for (const side of [-1, 1]) {
    const canalHere = canal && side === canalSide
    const edge = road.strip.half
    if (canalHere) {
      const half = between(random, 3.5, 7)
      plan.ground.waters.push({
        ...road.strip,
        x: axis.x + side * (edge + 1.6 + half) * axis.cos,
        z: axis.z - side * (edge + 1.6 + half) * axis.sin,
        half,
      })
      placeHouses(
        stage,
        plan,
        road.strip,
        side,
        1.6 + half * 2 + between(random, 2, 6),
        14,
        110,
        kinds,
        gap + 3,
      )
    } else placeHouses(stage, plan, road.strip, side, setback, between(random, 5, 10), 120, kinds, gap)
    if (chance(random, 0.75))
      placeParked(stage, plan, road, side, between(random, 5, 9), 70, between(random, 0.35, 0.9))
    if (chance(random, 0.75))
      placeAvenue(
        stage,
        plan,
        road.strip,
        side * (edge + (canalHere ? 0.7 : Math.min(1.5, setback * 0.5))),
        between(random, 7, 14),
        90,
        between(random, 9, 16),
        between(random, 4.5, 8),
      )
  }
  placeTraffic(stage, plan, road, between(random, 7, 12), 90, between(random, 14, 40))
  placeTrees(stage, plan, 20, 8, 60, 6, 0.15)
  return plan
}

/** A road through open country, with farms, groves, a lake or a river. */
function country(stage: Stage): Plan {
  const { random } = stage
  look(stage, [2.2, 6], [0.28, 0.4])
  const plan = createPlan(stage)
  const axis = strip(between(random, -3, 3), 0, between(random, -0.4, 0.4), between(random, 2.8, 4.2))
  axis.swing = between(random, 0, 5)
  axis.wave = between(random, 50, 120)
  axis.phase = between(random, 0, 6)
  const road = drawRoad(stage, axis, 2, between(random, 0, 0.5))
  plan.ground.roads.push(road)
  const near = between(random, 22, 40)
  if (chance(random, 0.8)) {
    plan.ground.waters.push(
      chance(random, 0.55)
        ? lake(stage, near, near * between(random, 2, 4))
        : {
            ...strip(
              between(random, 10, 18) * (axis.sin > 0 ? -1 : 1),
              20,
              between(random, -0.3, 0.3),
              between(random, 3.5, 6),
            ),
            swing: 4,
            wave: 45,
            phase: between(random, 0, 6),
          },
    )
  }
  plan.shore = near
  for (const side of [-1, 1])
    if (chance(random, 0.75))
      placeHouses(
        stage,
        plan,
        road.strip,
        side,
        between(random, 2, 7),
        between(random, 10, 18),
        60,
        RURAL,
        between(random, 8, 30),
      )
  placeTraffic(stage, plan, road, between(random, 6.5, 9), 60, between(random, 11, 26))
  placeTrees(stage, plan, 12, 9, 40, 6, 0.4)
  placeWood(stage, plan, between(random, 70, 160), 9, 0.5, between(random, 0.4, 0.9))
  if (chance(random, 0.5)) placeFraming(stage, plan, 6)
  return plan
}

/** A road along a lake, seen from the landward side: traffic in profile, the other shore beyond. */
function lakeside(stage: Stage): Plan {
  const { random } = stage
  look(stage, [2, 4.5], [0.26, 0.38])
  const plan = createPlan(stage)
  const z = between(random, 8, 11)
  const axis = strip(0, z, QUARTER + between(random, -0.22, 0.22), between(random, 2.8, 3.8))
  const road = drawRoad(stage, axis, 2, between(random, 0, 1.4))
  plan.ground.roads.push(road)
  const near = z + between(random, 7, 12)
  const far = near * between(random, 2.2, 5)
  plan.ground.waters.push(lake(stage, near, far))
  plan.shore = near
  placeTraffic(stage, plan, road, -14, 16, between(random, 9, 16))
  const bank = strip(0, far + 3, QUARTER, 0)
  placeHouses(
    stage,
    plan,
    bank,
    -1,
    between(random, 2, 5),
    -far * 0.6,
    far * 0.6,
    RURAL,
    between(random, 2, 14),
  )
  if (chance(random, 0.6)) {
    const by = chance(random, 0.5) ? -1 : 1
    placeHouses(
      stage,
      plan,
      axis,
      -1,
      between(random, 2, 4),
      by > 0 ? between(random, 2, 6) : -14,
      by > 0 ? 9 : -6,
      RURAL,
      6,
    )
  }
  placeWood(stage, plan, far * 1.25, 9, 0.6, between(random, 0.5, 1))
  placeTrees(stage, plan, 10, z + 4, near, 5, 0.2)
  placeTrees(stage, plan, 5, 4.5, z - 3, 2.4, 0)
  if (chance(random, 0.55)) placeFraming(stage, plan, 5.5)
  return plan
}

/** A village on the far bank of a river or harbour: water in front, then road, cars and houses. */
function waterfront(stage: Stage): Plan {
  const { random } = stage
  look(stage, [2, 4.5], [0.27, 0.4])
  const plan = createPlan(stage)
  const shore = between(random, 8.5, 12)
  const angle = QUARTER + between(random, -0.1, 0.1)
  plan.ground.waters.push({
    ...lake(stage, -30, shore),
    sin: Math.sin(angle),
    cos: Math.cos(angle),
    swing: between(random, 0, 1.2),
  })
  plan.shore = 0
  const axis = strip(0, shore + between(random, 5, 7), angle, between(random, 2.8, 4))
  const road = drawRoad(stage, axis, 2, between(random, 0.8, 2))
  plan.ground.roads.push(road)
  placeTraffic(stage, plan, road, -22, 22, between(random, 8, 13))
  placeHouses(
    stage,
    plan,
    road.strip,
    -1,
    between(random, 1.5, 6),
    -36,
    36,
    pick(random, [RURAL, SUBURB, SUBURB, TOWN]),
    between(random, 2, 9),
  )
  if (chance(random, 0.5))
    placeAvenue(
      stage,
      plan,
      road.strip,
      road.strip.half + 1,
      -20,
      20,
      between(random, 6, 10),
      between(random, 3.5, 6),
    )
  placeTrees(stage, plan, 16, shore + 1, 40, 6, 0.3)
  placeWood(stage, plan, between(random, 50, 90), 9, 0.5, between(random, 0.3, 0.8))
  return plan
}

/** A parking place with a view. */
function carPark(stage: Stage): Plan {
  const { random } = stage
  look(stage, [2, 4], [0.28, 0.4])
  const plan = createPlan(stage)
  const half = between(random, 6.5, 8)
  const axis = strip(0, between(random, 7, 10) + 3, QUARTER + between(random, -0.3, 0.3), half)
  const road = drawRoad(stage, axis, 1, between(random, 0.3, 1.5), between(random, 2.5, 2.9))
  plan.ground.roads.push(road)
  placeInBays(stage, plan, road, -1, -20, 20, between(random, 0.5, 0.9))
  if (chance(random, 0.45)) placeInBays(stage, plan, road, 1, -8, 8, between(random, 0.2, 0.5))
  const edge = axis.z + half
  const near = edge + between(random, 5, 12)
  const far = near * between(random, 2, 4)
  if (chance(random, 0.75)) plan.ground.waters.push(lake(stage, near, far))
  plan.shore = near
  const place = between(random, -16, 4)
  if (chance(random, 0.7))
    placeHouses(
      stage,
      plan,
      road.strip,
      -1,
      between(random, 1.5, 3),
      place,
      place + between(random, 8, 18),
      SUBURB,
      3,
    )
  placeHouses(
    stage,
    plan,
    strip(0, far + 2, QUARTER, 0),
    -1,
    2,
    -far * 0.5,
    far * 0.5,
    RURAL,
    between(random, 4, 20),
  )
  placeTrees(stage, plan, 14, edge + 1, near + 2, 5.5, 0.25)
  placeWood(stage, plan, far * 1.3, 9, 0.5, between(random, 0.5, 1))
  return plan
}

/** Houses with gardens across a road, seen from the lawn on this side, with a pond. */
function suburb(stage: Stage): Plan {
  const { random } = stage
  look(stage, [1.8, 4], [0.28, 0.42])
  const plan = createPlan(stage)
  const z = between(random, 8.5, 12)
  const axis = strip(0, z, QUARTER + between(random, -0.3, 0.3), between(random, 2.6, 3.6))
  const road = drawRoad(stage, axis, 2, between(random, 0.8, 1.8))
  plan.ground.roads.push(road)
  placeTraffic(stage, plan, road, -16, 16, between(random, 8, 14))
  placeHouses(stage, plan, road.strip, -1, between(random, 3, 8), -30, 34, SUBURB, between(random, 4, 12))
  if (chance(random, 0.6))
    plan.ground.waters.push(lake(stage, -10, z - road.strip.half - between(random, 1, 2)))
  placeTrees(stage, plan, 12, z + 5, 34, 6, 0.3)
  placeTrees(stage, plan, 6, 4.5, z - 4, 2, 0)
  placeWood(stage, plan, between(random, 45, 80), 9, 0.5, between(random, 0.5, 1))
  if (chance(random, 0.5)) placeFraming(stage, plan, 5.5)
  return plan
}

/** A river that leads away, a road on one bank, houses and trees on both. */
function riverside(stage: Stage): Plan {
  const { random } = stage
  look(stage, [2.4, 6], [0.28, 0.42])
  const plan = createPlan(stage)
  const side = chance(random, 0.5) ? 1 : -1
  const half = between(random, 4.5, 7.5)
  const river = {
    ...strip(-side * between(random, 1.5, 3.5), 0, between(random, -0.2, 0.2), half),
    swing: between(random, 0, 3),
    wave: between(random, 60, 120),
    phase: between(random, 0, 6),
  }
  plan.ground.waters.push(river)
  const roadHalf = between(random, 2.6, 3.6)
  const shift = side * (half + between(random, 2, 4) + roadHalf)
  const axis = { ...river, x: river.x + shift * river.cos, z: river.z - shift * river.sin, half: roadHalf }
  const road = drawRoad(stage, axis, 2, between(random, 0.6, 1.6))
  plan.ground.roads.push(road)
  placeTraffic(stage, plan, road, between(random, 6, 10), 80, between(random, 9, 22))
  placeHouses(
    stage,
    plan,
    road.strip,
    side,
    between(random, 2, 6),
    between(random, 9, 14),
    100,
    pick(random, [SUBURB, TOWN, RURAL]),
    between(random, 1, 9),
  )
  placeHouses(
    stage,
    plan,
    river,
    -side,
    between(random, 4, 9),
    between(random, 12, 20),
    100,
    pick(random, [SUBURB, RURAL]),
    between(random, 4, 16),
  )
  if (chance(random, 0.7))
    placeAvenue(
      stage,
      plan,
      river,
      -side * (half + 2.2),
      between(random, 9, 14),
      90,
      between(random, 8, 14),
      between(random, 4.5, 7.5),
    )
  placeTrees(stage, plan, 14, 8, 50, 6, 0.25)
  return plan
}

const SETTINGS: readonly ((stage: Stage) => Plan)[] = [
  street,
  country,
  lakeside,
  waterfront,
  carPark,
  suburb,
  riverside,
]

/** Chooses a setting and lays out a scene in it. */
export function drawPlan(stage: Stage): Plan {
  return pick(stage.random, SETTINGS)(stage)
}
