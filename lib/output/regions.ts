/** The larger regions of a label map, and where a word fits into them. */
import type { LabelMap } from '../native/index.js'

/** The middle of the largest square inside a region. */
export interface RegionCenter {
  label: number
  x: number
  y: number
  /** Pixels from the middle to the sides of the square. */
  reach: number
}

/** Finds the connected regions into which a square with at least this reach fits, and its middle in each. */
export function regionCenters(map: LabelMap, leastReach: number): RegionCenter[] {
  const { data, width } = map
  const distances = borderDistances(map)
  const seen = new Uint8Array(data.length)
  const centers: RegionCenter[] = []
  for (let start = 0; start < data.length; start++) {
    if (seen[start]) continue
    let center = start
    seen[start] = 1
    const waiting = [start]
    while (waiting.length > 0) {
      const pixel = waiting.pop()!
      if (distances[pixel]! > distances[center]!) center = pixel
      for (const next of neighborsOf(pixel, map)) {
        if (seen[next] || data[next] !== data[pixel]) continue
        seen[next] = 1
        waiting.push(next)
      }
    }
    const reach = distances[center]!
    if (reach < leastReach) continue
    centers.push({ label: data[center]!, x: center % width, y: Math.floor(center / width), reach })
  }
  return centers
}

function neighborsOf(pixel: number, { data, width }: LabelMap): number[] {
  const x = pixel % width
  return [
    ...(x > 0 ? [pixel - 1] : []),
    ...(x + 1 < width ? [pixel + 1] : []),
    ...(pixel >= width ? [pixel - width] : []),
    ...(pixel + width < data.length ? [pixel + width] : []),
  ]
}

/** Steps from each pixel, diagonal ones included, to the nearest pixel of another label or outside the map. */
function borderDistances({ data, width, height }: LabelMap): Float64Array {
  const distances = new Float64Array(data.length).fill(Number.POSITIVE_INFINITY)
  const visit = (x: number, y: number, offsets: readonly (readonly [number, number])[]) => {
    const pixel = y * width + x
    for (const [dx, dy] of offsets) {
      const outside = x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height
      const other = pixel + dy * width + dx
      const distance = outside || data[other] !== data[pixel] ? 1 : distances[other]! + 1
      distances[pixel] = Math.min(distances[pixel]!, distance)
    }
  }
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) visit(x, y, BEFORE)
  for (let y = height - 1; y >= 0; y--) for (let x = width - 1; x >= 0; x--) visit(x, y, AFTER)
  return distances
}

const BEFORE = [
  [-1, 0],
  [-1, -1],
  [0, -1],
  [1, -1],
] as const
const AFTER = BEFORE.map(([dx, dy]) => [-dx, -dy] as const)
