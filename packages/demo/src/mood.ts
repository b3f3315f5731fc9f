/** The light of a scene: where the sun is, the color of the air, and the season's plant colors. */
import { mix, multiply, pickColor, type Rgb, scale, vary } from './color.js'
import { normalize, type Vector } from './geometry.js'
import { between, chance, pick, type Random } from './noise.js'

/** Everything about light, weather and season that the painters share. */
export interface Mood {
  /** Unit vector toward the sun: x to the right, y up, z away from the camera. */
  sun: Vector
  sunlight: Rgb
  ambient: Rgb
  zenith: Rgb
  horizon: Rgb
  haze: Rgb
  /** Share of light lost to haze in 100 meters. */
  hazeDensity: number
  /** Share of the sky under clouds. */
  clouds: number
  /** How sharp the clouds' edges are: 0 for a veil, 1 for cumulus. */
  crispness: number
  /** True after sunset: windows and lamps are lit. */
  lamps: boolean
  wet: boolean
  grass: readonly [Rgb, Rgb]
  leaves: readonly Rgb[]
  needles: readonly Rgb[]
  rock: readonly [Rgb, Rgb]
  water: Rgb
  /** Share of the mountains' height above which there is snow; 1 for none. */
  snowline: number
}

interface Hour {
  zenith: Rgb
  horizon: Rgb
  sunlight: Rgb
  ambient: Rgb
  /** Sine of the sun's height. */
  height: number
  haze: number
  clouds: number
}

const HOURS: readonly Hour[] = [
  // clear noon
  {
    zenith: [0.2, 0.42, 0.78],
    horizon: [0.68, 0.82, 0.94],
    sunlight: [0.78, 0.74, 0.64],
    ambient: [0.5, 0.54, 0.6],
    height: 0.8,
    haze: 0.06,
    clouds: 0.35,
  },
  // deep blue afternoon
  {
    zenith: [0.12, 0.33, 0.7],
    horizon: [0.6, 0.76, 0.9],
    sunlight: [0.85, 0.77, 0.6],
    ambient: [0.44, 0.48, 0.56],
    height: 0.55,
    haze: 0.05,
    clouds: 0.45,
  },
  // milky morning
  {
    zenith: [0.45, 0.6, 0.8],
    horizon: [0.94, 0.89, 0.8],
    sunlight: [0.72, 0.6, 0.44],
    ambient: [0.52, 0.53, 0.56],
    height: 0.35,
    haze: 0.2,
    clouds: 0.3,
  },
  // golden hour
  {
    zenith: [0.33, 0.47, 0.72],
    horizon: [1, 0.8, 0.52],
    sunlight: [0.95, 0.64, 0.32],
    ambient: [0.46, 0.45, 0.5],
    height: 0.3,
    haze: 0.12,
    clouds: 0.45,
  },
  // sunset
  {
    zenith: [0.27, 0.28, 0.52],
    horizon: [1, 0.55, 0.3],
    sunlight: [0.88, 0.54, 0.34],
    ambient: [0.44, 0.41, 0.48],
    height: 0.16,
    haze: 0.12,
    clouds: 0.6,
  },
  // dusk
  {
    zenith: [0.17, 0.23, 0.44],
    horizon: [0.62, 0.48, 0.55],
    sunlight: [0.42, 0.34, 0.38],
    ambient: [0.43, 0.43, 0.54],
    height: 0.14,
    haze: 0.1,
    clouds: 0.5,
  },
  // overcast
  {
    zenith: [0.58, 0.62, 0.68],
    horizon: [0.8, 0.82, 0.84],
    sunlight: [0.2, 0.19, 0.18],
    ambient: [0.72, 0.74, 0.77],
    height: 0.75,
    haze: 0.14,
    clouds: 0.95,
  },
  // storm with a gap in the clouds
  {
    zenith: [0.25, 0.29, 0.37],
    horizon: [0.64, 0.65, 0.62],
    sunlight: [0.72, 0.64, 0.42],
    ambient: [0.42, 0.44, 0.5],
    height: 0.4,
    haze: 0.08,
    clouds: 0.85,
  },
  // fog
  {
    zenith: [0.68, 0.71, 0.74],
    horizon: [0.8, 0.81, 0.82],
    sunlight: [0.22, 0.2, 0.17],
    ambient: [0.68, 0.69, 0.71],
    height: 0.5,
    haze: 0.6,
    clouds: 0.7,
  },
]

interface Season {
  grass: readonly [Rgb, Rgb]
  leaves: readonly Rgb[]
}

const SEASONS: readonly Season[] = [
  // spring
  {
    grass: [
      [0.36, 0.56, 0.16],
      [0.52, 0.66, 0.24],
    ],
    leaves: [
      [0.3, 0.5, 0.13],
      [0.38, 0.56, 0.18],
      [0.9, 0.72, 0.78],
      [0.22, 0.42, 0.12],
      [0.26, 0.46, 0.14],
    ],
  },
  // summer
  {
    grass: [
      [0.34, 0.52, 0.16],
      [0.5, 0.62, 0.24],
    ],
    leaves: [
      [0.2, 0.38, 0.12],
      [0.27, 0.44, 0.14],
      [0.34, 0.47, 0.18],
    ],
  },
  // late summer, dry
  {
    grass: [
      [0.52, 0.53, 0.22],
      [0.7, 0.62, 0.34],
    ],
    leaves: [
      [0.27, 0.38, 0.13],
      [0.36, 0.42, 0.16],
      [0.38, 0.42, 0.15],
    ],
  },
  // autumn
  {
    grass: [
      [0.4, 0.46, 0.18],
      [0.56, 0.52, 0.26],
    ],
    leaves: [
      [0.74, 0.44, 0.08],
      [0.78, 0.58, 0.12],
      [0.46, 0.44, 0.12],
      [0.32, 0.38, 0.12],
    ],
  },
  // early winter
  {
    grass: [
      [0.44, 0.46, 0.3],
      [0.6, 0.6, 0.48],
    ],
    leaves: [
      [0.32, 0.33, 0.16],
      [0.36, 0.35, 0.17],
      [0.22, 0.3, 0.16],
    ],
  },
]

const NEEDLES: readonly Rgb[] = [
  [0.1, 0.24, 0.15],
  [0.14, 0.28, 0.14],
  [0.12, 0.26, 0.22],
  [0.2, 0.3, 0.14],
]

const ROCKS: readonly (readonly [Rgb, Rgb])[] = [
  [
    [0.3, 0.32, 0.4],
    [0.5, 0.52, 0.6],
  ],
  [
    [0.34, 0.33, 0.42],
    [0.56, 0.54, 0.62],
  ],
  [
    [0.26, 0.33, 0.42],
    [0.46, 0.53, 0.6],
  ],
  [
    [0.36, 0.34, 0.38],
    [0.58, 0.54, 0.56],
  ],
  [
    [0.28, 0.34, 0.36],
    [0.48, 0.54, 0.54],
  ],
]

const WATERS: readonly Rgb[] = [
  [0.06, 0.28, 0.46],
  [0.03, 0.36, 0.46],
  [0.08, 0.24, 0.44],
  [0.05, 0.42, 0.52],
  [0.1, 0.33, 0.42],
]

/** Draws the light, the weather and the season of one scene. */
export function drawMood(random: Random): Mood {
  const hour = pick(random, HOURS)
  const other = pick(random, HOURS)
  const t = chance(random, 0.5) ? between(random, 0, 0.35) : 0
  const season = pick(random, SEASONS)
  const height = hour.height + (other.height - hour.height) * t
  const side = chance(random, 0.5) ? -1 : 1
  const depth = between(random, -0.9, 0.6)
  const tint = vary(random, [1, 1, 1], 0.05)
  const zenith = multiply(mix(hour.zenith, other.zenith, t), tint)
  const horizon = multiply(mix(hour.horizon, other.horizon, t), tint)
  const gray = between(random, 0, 0.35)
  const dull = (color: Rgb): Rgb => {
    const light = 0.3 * color[0] + 0.59 * color[1] + 0.11 * color[2]
    return mix(color, [light, light, light], gray)
  }
  const clouds = hour.clouds + (other.clouds - hour.clouds) * t + between(random, -0.2, 0.2)
  return {
    sun: normalize([side * between(random, 0.35, 1), height + between(random, 0, 0.15), depth]),
    sunlight: multiply(mix(hour.sunlight, other.sunlight, t), tint),
    ambient: multiply(mix(hour.ambient, other.ambient, t), tint),
    zenith,
    horizon,
    haze: mix(horizon, zenith, 0.3),
    hazeDensity: (hour.haze + (other.haze - hour.haze) * t) * between(random, 0.5, 1.3),
    clouds: Math.max(0.08, Math.min(1, clouds)),
    crispness: between(random, 0.1, 1),
    lamps: hour.zenith[2] === 0.44 && t < 0.3 && hour.sunlight[0] < 0.5,
    wet: hour.clouds > 0.8 && chance(random, 0.5),
    grass: [dull(vary(random, season.grass[0], 0.08)), dull(vary(random, season.grass[1], 0.08))],
    leaves: season.leaves.map((leaf) => dull(vary(random, leaf, 0.1))),
    needles: NEEDLES.map((needle) => vary(random, needle, 0.12)),
    rock: pick(random, ROCKS),
    water: pickColor(random, WATERS, 0.15),
    snowline: chance(random, 0.55) ? between(random, 0.25, 0.8) : 1,
  }
}

/** The light on a surface that faces `normal`; `open` is the share of sunlight that reaches it. */
export function illuminate(mood: Mood, normal: Vector, open = 1): Rgb {
  const facing = normal[0] * mood.sun[0] + normal[1] * mood.sun[1] + normal[2] * mood.sun[2]
  const direct = facing > 0 ? facing * open : 0
  const sky = 0.78 + 0.22 * normal[1]
  return [
    mood.ambient[0] * sky + mood.sunlight[0] * direct,
    mood.ambient[1] * sky + mood.sunlight[1] * direct,
    mood.ambient[2] * sky + mood.sunlight[2] * direct,
  ]
}

/** The light on flat open ground. */
export function groundLight(mood: Mood): Rgb {
  return scale(illuminate(mood, [0, 1, 0]), 1.02)
}
