/** Shared by the scene settings: the camera, the empty plan, lakes, and which houses stand where. */
import type { Stage } from './canvas.js'
import { type Strip, strip } from './geometry.js'
import { drawMeadow } from './grass.js'
import type { HouseKind } from './houselook.js'
import { between, chance, type Random } from './noise.js'
import type { Plan } from './placing.js'
import type { Road } from './road.js'

/** The angle of strips that cross the view. */
export const QUARTER = Math.PI / 2
/** The houses of farmland, of the edge of a town and of its middle. */
export const RURAL: readonly HouseKind[] = ['cottage', 'cottage', 'barn', 'modern']
export const SUBURB: readonly HouseKind[] = ['cottage', 'cottage', 'modern', 'town']
export const TOWN: readonly HouseKind[] = ['town', 'town', 'block', 'cottage']

type Span = readonly [number, number]

/** Sets the camera: its height in meters, and the horizon as a share of the picture from the top. */
export function look(stage: Stage, eye: Span, horizon: Span): void {
  const { view, random } = stage
  view.eye = between(random, eye[0], eye[1])
  view.horizon = view.height * between(random, horizon[0], horizon[1])
  view.focal = view.width * between(random, 0.85, 1.3)
  view.center = view.width * between(random, 0.4, 0.6)
}

/** A plan with nothing on its ground yet. */
export function createPlan(stage: Stage, road: Road, water: Strip | undefined): Plan {
  const { random } = stage
  return {
    ground: { meadow: drawMeadow(stage), road, water },
    houses: [],
    cars: [],
    trees: [],
    ranges: 1 + random.integer(3),
    peak: between(random, 0.62, 1.1),
    hills: chance(random, 0.5) ? between(random, 0.01, 0.05) : 0,
    shore: 0,
  }
}

/** Makes a strip wind. */
export function winding(random: Random, s: Strip, swing: number, wave: number): Strip {
  return {
    ...s,
    swing: between(random, 0.2, 1) * swing,
    wave: wave * between(random, 0.7, 1.4),
    phase: between(random, 0, 6),
  }
}

/** A lake across the view between two depths. */
export function lake(random: Random, near: number, far: number): Strip {
  const angle = QUARTER + between(random, -0.1, 0.1)
  return winding(random, strip(0, (near + far) / 2, angle, (far - near) / 2), 0.1 * (far - near), 80)
}
