/**
 * The dense CRF in plain scalar arithmetic, step by step as docs/dense-crf-algorithm.md tells it: vertices in
 * a map by their key, the blur by looking neighbors up. float32 where the bits decide, doubles elsewhere.
 * For correctness only.
 */
import type { CrfProblem, CrfTerm } from '../../lib/native/index.js'

const f32 = Math.fround

interface Lattice {
  dims: number
  /** Vertices of each point, by remainder, and their weights. */
  corners: { vertex: number; weight: number }[][]
  keys: number[][]
  index: Map<string, number>
}

/** Rounds half to even. */
function rint(x: number): number {
  const floor = Math.floor(x)
  const rest = x - floor
  if (rest !== 0.5) return Math.round(x)
  return floor % 2 === 0 ? floor : floor + 1
}

/** Steps 2 to 7: key of the vertex of remainder 0, ranks and weights of one point. */
function findSimplex(features: number[]) {
  const dims = features.length
  const sigma = f32(Math.sqrt(2 / 3) * (dims + 1))
  const inverse = f32(1 / (dims + 1))
  const elevated = Array.from({ length: dims + 1 }, () => 0)
  let sum = 0
  for (let j = dims; j > 0; j--) {
    const scale = f32((1 / Math.sqrt(j * (j + 1))) * sigma)
    const c = f32(features[j - 1]! * scale)
    elevated[j] = f32(sum - f32(j * c))
    sum = f32(sum + c)
  }
  elevated[0] = sum
  const cells = elevated.map((e) => rint(f32(inverse * e)))
  const base = cells.map((v) => v * (dims + 1))
  const total = cells.reduce((a, b) => a + b)
  const rank = elevated.map(() => 0)
  for (let i = 0; i <= dims; i++) {
    for (let j = i + 1; j <= dims; j++) {
      if (f32(elevated[i]! - base[i]!) < f32(elevated[j]! - base[j]!)) rank[i]! += 1
      else rank[j]! += 1
    }
  }
  for (let i = 0; i <= dims; i++) {
    rank[i]! += total
    const turn = rank[i]! < 0 ? dims + 1 : rank[i]! > dims ? -(dims + 1) : 0
    rank[i]! += turn
    base[i]! += turn
  }
  const weights = Array.from({ length: dims + 2 }, () => 0)
  for (let i = 0; i <= dims; i++) {
    const t = f32(f32(elevated[i]! - base[i]!) * inverse)
    weights[dims - rank[i]!] = f32(weights[dims - rank[i]!]! + t)
    weights[dims - rank[i]! + 1] = f32(weights[dims - rank[i]! + 1]! - t)
  }
  weights[0] = f32(weights[0]! + f32(1 + weights[dims + 1]!))
  return { base, rank, weights }
}

function buildLattice(points: number[][]): Lattice {
  const dims = points[0]!.length
  const keys: number[][] = []
  const index = new Map<string, number>()
  const vertexOf = (key: number[]) => {
    const name = key.join()
    if (!index.has(name)) {
      index.set(name, keys.length)
      keys.push(key)
    }
    return index.get(name)!
  }
  const missing = (4 - (points.length % 4)) % 4
  const padding = Array.from({ length: missing }, () => points[0]!.map(() => 0))
  const corners = [...points, ...padding].map((features) => {
    const { base, rank, weights } = findSimplex(features)
    return Array.from({ length: dims + 1 }, (_, q) => ({
      vertex: vertexOf(base.slice(0, dims).map((r, i) => r + (rank[i]! <= dims - q ? q : q - (dims + 1)))),
      weight: weights[q]!,
    }))
  })
  return { dims, corners: corners.slice(0, points.length), keys, index }
}

/** Step 10: K(x) of one channel. */
function filter({ dims, corners, keys, index }: Lattice, x: number[]): number[] {
  let values = keys.map(() => 0)
  for (const [p, simplex] of corners.entries()) {
    for (const { vertex, weight } of simplex) values[vertex]! += weight * x[p]!
  }
  for (let axis = 0; axis <= dims; axis++) {
    const at = (key: number[], step: number) => {
      const place = index.get(key.map((k, i) => k + (i === axis ? -step * dims : step)).join())
      return place === undefined ? 0 : values[place]!
    }
    values = keys.map((key, v) => values[v]! + 0.5 * (at(key, -1) + at(key, 1)))
  }
  const alpha = f32(1 / (1 + 2 ** -dims))
  return corners.map((simplex) =>
    simplex.reduce((sum, { vertex, weight }) => sum + weight * alpha * values[vertex]!, 0),
  )
}

/** Step 11: a filter with its normalization. */
function normalized(lattice: Lattice, kind: CrfTerm['normalization']): (x: number[]) => number[] {
  const counts = filter(
    lattice,
    lattice.corners.map(() => 1),
  )
  const root = counts.map((n) => 1 / Math.sqrt(n + 1e-20))
  const times = (x: number[], y: number[]) => x.map((value, p) => value * y[p]!)
  const inverse = times(root, root)
  switch (kind) {
    case 'symmetric':
      return (x) => times(root, filter(lattice, times(root, x)))
    case 'before':
      return (x) => filter(lattice, times(inverse, x))
    case 'after':
      return (x) => times(inverse, filter(lattice, x))
    case 'none':
      return (x) => filter(lattice, x)
  }
}

/** Step 12: energies [C][N] that one term sends. */
function messages(term: CrfTerm, filtered: number[][]): number[][] {
  const labels = filtered.length
  const { data } = term.compatibility
  if (data.length === 1) return filtered.map((row) => row.map((value) => -data[0]! * value))
  if (data.length === labels) return filtered.map((row, l) => row.map((value) => data[l]! * value))
  const symmetric = (l: number, m: number) => 0.5 * (data[l * labels + m]! + data[m * labels + l]!)
  return filtered.map((row, l) =>
    row.map((_, p) => filtered.reduce((sum, other, m) => sum + symmetric(l, m) * other[p]!, 0)),
  )
}

function softmax(scores: number[][]): number[][] {
  return transpose(
    transpose(scores).map((column) => {
      const highest = Math.max(...column)
      const powers = column.map((score) => Math.exp(score - highest))
      const sum = powers.reduce((a, b) => a + b)
      return powers.map((power) => power / sum)
    }),
  )
}

const transpose = (rows: number[][]) => rows[0]!.map((_, i) => rows.map((row) => row[i]!))

/** Probabilities [C, N] of the problem's first label set, whose scores are unaries, after its iterations. */
export function plainDenseCrf({ image, scores, options }: CrfProblem): number[] {
  const { width, height, data } = image
  const pixels = Array.from({ length: width * height }, (_, p) => p)
  const { data: unary, shape } = scores[0]!.values
  const start = Array.from({ length: shape[0]! }, (_, l) => pixels.map((p) => -unary[l * pixels.length + p]!))
  const filters = options.terms.map(({ xyStd, colorStd, normalization }) => {
    const points = pixels.map((p) => [
      f32((p % width) / f32(xyStd[0]!)),
      f32(Math.floor(p / width) / f32(xyStd[1]!)),
      ...(colorStd ?? []).map((deviation, c) => f32(data[3 * p + c]! / f32(deviation))),
    ])
    return normalized(buildLattice(points), normalization)
  })
  let probabilities = softmax(start)
  for (let iteration = 0; iteration < options.iterations; iteration++) {
    let total = start
    for (const [k, term] of options.terms.entries()) {
      const sent = messages(
        term,
        probabilities.map((row) => filters[k]!(row)),
      )
      total = total.map((row, l) => row.map((value, p) => value - sent[l]![p]!))
    }
    probabilities = softmax(total)
  }
  return probabilities.flat()
}
