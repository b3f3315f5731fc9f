/** The settings that scenes take place in: each decides where the camera is and what stands on the ground. */
import type { Stage } from './canvas.js'
import { strip } from './geometry.js'
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
import { createPlan, lake, look, QUARTER, RURAL, SUBURB, TOWN, winding } from './staging.js'

/** A street that leads away between houses, sometimes along a canal. */
function street(stage: Stage): Plan {
  const { random } = stage
  look(stage, [1.8, 5], [0.3, 0.42])
  const canal = chance(random, 0.4) ? pick(random, [-1, 1]) : 0
  const axis = strip(
    between(random, -2, 2) - canal * 2,
    0,
    between(random, -0.18, 0.18),
    between(random, 2.8, 4.2),
  )
  axis.bend = between(random, -0.0012, 0.0012)
  const road = drawRoad(stage, axis, 2, between(random, 1, 2.4))
  const edge = road.strip.half
  const half = between(random, 4, 8)
  const shift = canal * (edge + 1.6 + half)
  const water = { ...road.strip, x: axis.x + shift * axis.cos, z: axis.z - shift * axis.sin, half }
  const plan = createPlan(stage, road, canal === 0 ? undefined : water)
  const kinds = pick(random, [SUBURB, TOWN])
  const gap = kinds === TOWN ? pick(random, [0, 4, 8]) : between(random, 4, 14)
  const setback = kinds === TOWN ? between(random, 0.5, 4) : between(random, 3, 8)
  for (const side of [-1, 1]) {
    const wet = side === canal
    const room = wet ? 1.6 + half * 2 + between(random, 2, 6) : setback
    placeHouses(stage, plan, road.strip, side, room, wet ? 14 : between(random, 5, 12), 75, kinds, gap)
    if (chance(random, 0.7))
      placeParked(stage, plan, road, side, between(random, 5, 9), 50, between(random, 0.3, 0.8))
    const row = side * (edge + (wet ? 0.7 : Math.min(1.8, setback * 0.5)))
    if (chance(random, 0.55))
      placeAvenue(
        stage,
        plan,
        road.strip,
        row,
        between(random, 9, 16),
        90,
        between(random, 11, 20),
        between(random, 4, 7),
      )
  }
  placeTraffic(stage, plan, road, between(random, 7, 12), 55, between(random, 12, 24))
  placeTrees(stage, plan, 14, 10, 60, 6, 0.2)
  return plan
}

/** A road through open country toward mountains, with farms and groves, past a lake or along a stream. */
function country(stage: Stage): Plan {
  const { random } = stage
  look(stage, [3, 8], [0.32, 0.46])
  const turn = pick(random, [-1, 1])
  const axis = winding(
    random,
    strip(between(random, -2, 2), 0, turn * between(random, 0, 0.4), between(random, 2.8, 4)),
    5,
    80,
  )
  const road = drawRoad(stage, axis, 2, between(random, 0, 0.5))
  const near = between(random, 18, 32)
  const stream = winding(
    random,
    strip(-turn * between(random, 9, 15), 15, -turn * between(random, 0, 0.5), between(random, 4, 7)),
    4,
    50,
  )
  const kind = random.next()
  const water =
    kind < 0.5 ? lake(random, near, near * between(random, 2.5, 5)) : kind < 0.85 ? stream : undefined
  const plan = createPlan(stage, road, water)
  plan.shore = kind < 0.5 ? near : 0
  for (const side of [-1, 1])
    if (chance(random, 0.6))
      placeHouses(
        stage,
        plan,
        road.strip,
        side,
        between(random, 2, 7),
        between(random, 12, 20),
        60,
        RURAL,
        between(random, 10, 30),
      )
  placeTraffic(stage, plan, road, between(random, 7, 11), 40, between(random, 8, 15))
  placeTrees(stage, plan, 12, 10, 50, 5.5, 0.45)
  placeWood(stage, plan, between(random, 60, 110), 12, 0.6, between(random, 0.2, 0.6))
  if (chance(random, 0.25)) placeFraming(stage, plan, 6.5)
  return plan
}

/** A road along a lake, seen from the landward side: traffic in profile, the other shore beyond. */
function lakeside(stage: Stage): Plan {
  const { random } = stage
  look(stage, [3, 6.5], [0.3, 0.42])
  const z = between(random, 9, 13)
  const axis = strip(0, z, QUARTER + between(random, -0.25, 0.25), between(random, 2.6, 3.4))
  const road = drawRoad(stage, axis, 2, between(random, 0, 1.2))
  const near = z + between(random, 6, 9)
  const far = near * between(random, 2.5, 5)
  const plan = createPlan(stage, road, lake(random, near, far))
  plan.shore = near
  placeTraffic(stage, plan, road, -16, 16, between(random, 8, 14))
  placeHouses(
    stage,
    plan,
    strip(0, far + 3, QUARTER, 0),
    -1,
    between(random, 2, 5),
    -far * 0.6,
    far * 0.6,
    RURAL,
    between(random, 3, 20),
  )
  if (chance(random, 0.5)) {
    const by = chance(random, 0.5) ? between(random, 1, 6) : between(random, -15, -9)
    placeHouses(stage, plan, axis, -1, between(random, 2, 4), by, by + 3, RURAL, 6)
  }
  if (chance(random, 0.5)) placeWood(stage, plan, far * 1.2, 12, 0.6, between(random, 0.3, 0.7))
  placeTrees(stage, plan, 8, z + 4, near, 5, 0.3)
  placeTrees(stage, plan, 4, 5.5, z - 3, 2.4, 0)
  if (chance(random, 0.3)) placeFraming(stage, plan, 6)
  return plan
}

/** A village on the far bank of a river or harbor: water in front, then road, cars and houses. */
function waterfront(stage: Stage): Plan {
  const { random } = stage
  look(stage, [2.4, 6], [0.28, 0.4])
  const shore = between(random, 9, 13)
  const water = winding(random, strip(0, shore - 20, QUARTER + between(random, -0.16, 0.16), 20), 1.2, 40)
  const axis = {
    ...strip(0, shore + between(random, 4.5, 6.5), 0, between(random, 2.6, 3.6)),
    sin: water.sin,
    cos: water.cos,
  }
  const road = drawRoad(stage, axis, 2, between(random, 0.6, 1.8))
  const plan = createPlan(stage, road, water)
  placeTraffic(stage, plan, road, -24, 24, between(random, 7, 12))
  placeHouses(
    stage,
    plan,
    road.strip,
    -1,
    between(random, 1.5, 7),
    -36,
    36,
    pick(random, [RURAL, SUBURB, TOWN]),
    between(random, 3, 14),
  )
  if (chance(random, 0.35))
    placeAvenue(
      stage,
      plan,
      road.strip,
      road.strip.half + 1,
      -20,
      20,
      between(random, 8, 14),
      between(random, 3, 5),
    )
  placeTrees(stage, plan, 12, shore + 1, 40, 5.5, 0.35)
  if (chance(random, 0.5)) placeWood(stage, plan, between(random, 40, 70), 10, 0.5, between(random, 0.2, 0.6))
  return plan
}

/** A parking lot with a view. */
function carPark(stage: Stage): Plan {
  const { random } = stage
  look(stage, [2.4, 5.5], [0.3, 0.42])
  const half = between(random, 5.6, 7)
  const axis = strip(0, between(random, 9, 12), QUARTER + between(random, -0.3, 0.3), half)
  const road = drawRoad(stage, axis, 1, between(random, 0.3, 1.5), between(random, 2.5, 2.9))
  const near = axis.z + half + between(random, 5, 9)
  const far = near * between(random, 2.5, 5)
  const plan = createPlan(stage, road, chance(random, 0.7) ? lake(random, near, far) : undefined)
  plan.shore = near
  placeInBays(stage, plan, road, -1, -20, 20, between(random, 0.5, 0.9))
  if (chance(random, 0.6)) placeInBays(stage, plan, road, 1, -8, 8, between(random, 0.2, 0.6))
  const place = between(random, -16, 4)
  if (chance(random, 0.6))
    placeHouses(
      stage,
      plan,
      road.strip,
      -1,
      between(random, 1.5, 3),
      place,
      place + between(random, 6, 14),
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
  placeTrees(stage, plan, 10, axis.z + half + 1, near + 2, 5, 0.3)
  if (chance(random, 0.5)) placeWood(stage, plan, far * 1.2, 12, 0.5, between(random, 0.3, 0.7))
  return plan
}

/** Houses with gardens across a road, seen from the lawn on this side. */
function suburb(stage: Stage): Plan {
  const { random } = stage
  look(stage, [2.2, 5], [0.28, 0.4])
  const z = between(random, 9, 13)
  const axis = strip(0, z, QUARTER + between(random, -0.35, 0.35), between(random, 2.6, 3.4))
  const road = drawRoad(stage, axis, 2, between(random, 0.6, 1.6))
  const plan = createPlan(stage, road, undefined)
  placeTraffic(stage, plan, road, -18, 18, between(random, 8, 13))
  placeHouses(stage, plan, road.strip, -1, between(random, 3, 9), -32, 36, SUBURB, between(random, 5, 16))
  placeTrees(stage, plan, 10, z + 5, 34, 5.5, 0.35)
  placeTrees(stage, plan, 5, 5.5, z - 4, 2, 0)
  if (chance(random, 0.6)) placeWood(stage, plan, between(random, 40, 60), 10, 0.5, between(random, 0.3, 0.7))
  if (chance(random, 0.25)) placeFraming(stage, plan, 6)
  return plan
}

/** A river that leads away, a road on one bank, houses and trees on both. */
function riverside(stage: Stage): Plan {
  const { random } = stage
  look(stage, [3.5, 8], [0.32, 0.44])
  const side = chance(random, 0.5) ? 1 : -1
  const half = between(random, 4, 6.5)
  const river = winding(
    random,
    strip(-side * between(random, 2.5, 5), 0, between(random, -0.25, 0.25), half),
    3,
    90,
  )
  const roadHalf = between(random, 2.8, 3.8)
  const shift = side * (half + between(random, 1.2, 2.5) + roadHalf)
  const axis = { ...river, x: river.x + shift * river.cos, z: river.z - shift * river.sin, half: roadHalf }
  const road = drawRoad(stage, axis, 2, between(random, 0.4, 1.4))
  const plan = createPlan(stage, road, river)
  placeTraffic(stage, plan, road, between(random, 8, 12), 45, between(random, 7, 12))
  placeHouses(
    stage,
    plan,
    road.strip,
    side,
    between(random, 2, 7),
    between(random, 10, 15),
    100,
    pick(random, [SUBURB, TOWN, RURAL]),
    between(random, 2, 12),
  )
  placeHouses(
    stage,
    plan,
    river,
    -side,
    between(random, 4, 10),
    between(random, 12, 22),
    100,
    pick(random, [SUBURB, RURAL]),
    between(random, 6, 20),
  )
  if (chance(random, 0.6))
    placeAvenue(
      stage,
      plan,
      river,
      -side * (half + 2.2),
      between(random, 11, 16),
      90,
      between(random, 9, 16),
      between(random, 4, 6.5),
    )
  placeTrees(stage, plan, 12, 10, 50, 5.5, 0.3)
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
