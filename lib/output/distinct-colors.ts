/** Colors that can be told apart: each next one is the farthest from all before it, in CIELAB. */
import { type Color, type Lab, squaredDistance, toLab } from './color.js'

/** Steps between the red, green and blue values of candidates. */
const STEP = 15
/** Lightness of candidates: neither black nor white, which pictures and sheets are full of. */
const LIGHTNESS = { least: 25, most: 90 }
/** Chroma of candidates: the most garish colors are left out. */
const MOST_CHROMA = 80

/**
 * Extends a list of colors to `count`.
 * @param start the first colors
 * @param avoided colors that are not in the list, but that it must keep away from too
 */
export function extendDistinct(start: readonly Color[], avoided: readonly Color[], count: number): Color[] {
  const candidates = candidateColors()
  const distances = candidates.map(() => Number.POSITIVE_INFINITY)
  const keepAway = (lab: Lab) => {
    for (const [i, candidate] of candidates.entries()) {
      distances[i] = Math.min(distances[i]!, squaredDistance(candidate.lab, lab))
    }
  }
  for (const color of [...start, ...avoided]) keepAway(toLab(color))
  const colors = [...start]
  while (colors.length < count) {
    const { color, lab } = candidates[indexOfLargest(distances)]!
    colors.push(color)
    keepAway(lab)
  }
  return colors
}

function candidateColors(): { color: Color; lab: Lab }[] {
  const values = Array.from({ length: Math.floor(255 / STEP) + 1 }, (_, i) => i * STEP)
  return values
    .flatMap((red) => values.flatMap((green) => values.map((blue): Color => [red, green, blue])))
    .map((color) => ({ color, lab: toLab(color) }))
    .filter(({ lab: [lightness, a, b] }) => {
      const fits = lightness >= LIGHTNESS.least && lightness <= LIGHTNESS.most
      return fits && Math.hypot(a, b) <= MOST_CHROMA
    })
}

function indexOfLargest(values: number[]): number {
  let best = 0
  for (let i = 1; i < values.length; i++) {
    if (values[i]! > values[best]!) best = i
  }
  return best
}
