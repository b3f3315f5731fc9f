/** Trees and shrubs, painted as a painter does: branches, dark mass, then leaves in the light, dab by dab. */
import { createBrush, dab, hazeAt, LABEL, type Stage, stroke } from './canvas.js'
import { mix, pickColor, type Rgb, scale, vary } from './color.js'
import { columnOf, normalize, rowOfDepth } from './geometry.js'
import { illuminate } from './mood.js'
import { between, chance, grainAt, pick } from './noise.js'

const brush = createBrush()

/** The kinds of plants. */
export type TreeKind = 'broad' | 'tall' | 'conifer' | 'bush'

/** A tree on the ground. */
export interface Tree {
  kind: TreeKind
  x: number
  z: number
  /** Meters. */
  height: number
  leaf: Rgb
  bark: Rgb
}

const BARKS: readonly Rgb[] = [
  [0.36, 0.28, 0.21],
  [0.3, 0.26, 0.23],
  [0.46, 0.4, 0.34],
  [0.78, 0.76, 0.72],
]

/** A tree with the leaves of the season. */
export function drawTree(stage: Stage, kind: TreeKind, x: number, z: number, height: number): Tree {
  const { mood, random } = stage
  const palette = kind === 'conifer' ? mood.needles : mood.leaves
  return { kind, x, z, height, leaf: pickColor(random, palette, 0.14), bark: pickColor(random, BARKS, 0.1) }
}

/** Picks a random kind, with the mixture of a place. */
export function drawKind(stage: Stage, conifers: number): TreeKind {
  if (chance(stage.random, conifers)) return 'conifer'
  return pick(stage.random, ['broad', 'broad', 'tall', 'bush'])
}

/** A light color mixed with the haze in front of the tree. */
function seen(stage: Stage, color: Rgb, haze: number): Rgb {
  return mix(color, stage.mood.haze, haze)
}

/** Paints a tree where it stands. */
export function paintTree(stage: Stage, tree: Tree): void {
  const { view } = stage
  const size = (tree.height * view.focal) / tree.z
  const x = columnOf(view, tree.x, tree.z)
  const y = rowOfDepth(view, tree.z)
  if (size < 2 || x + size < 0 || x - size > view.width || y - size > view.height) return
  if (tree.kind === 'conifer') paintConifer(stage, tree, x, y, size)
  else paintCrown(stage, tree, x, y, size)
}

function paintTrunk(
  stage: Stage,
  tree: Tree,
  x: number,
  y: number,
  width: number,
  top: number,
  haze: number,
): void {
  const { canvas, mood } = stage
  const lit = illuminate(mood, normalize([mood.sun[0], 0.2, -1]))
  const steps = Math.max(2, Math.round(width / 1.5))
  for (let n = 0; n < steps; n++) {
    // Strips of bark from the shaded side to the lit one.
    const t = (n + 0.5) / steps - 0.5
    const side =
      0.62 + 0.42 * (mood.sun[0] > 0 ? t + 0.5 : 0.5 - t) + (grainAt(n * 7 + Math.floor(x)) - 0.5) * 0.2
    const color = seen(
      stage,
      [tree.bark[0] * lit[0] * side, tree.bark[1] * lit[1] * side, tree.bark[2] * lit[2] * side],
      haze,
    )
    const w = width / steps + 0.6
    stroke(canvas, x + t * width * 1.25, y, x + t * width * 0.7, top, w, w * 0.7, color, LABEL.tree)
  }
}

function paintCrown(stage: Stage, tree: Tree, x: number, y: number, size: number): void {
  const { canvas, mood, random, view } = stage
  const haze = hazeAt(mood, tree.z)
  const bush = tree.kind === 'bush'
  const slim =
    tree.kind === 'tall'
      ? between(random, 0.2, 0.28)
      : bush
        ? between(random, 0.55, 0.9)
        : between(random, 0.34, 0.5)
  const bare = bush ? 0 : between(random, 0.14, 0.3)
  const middle = y - size * (bare + (1 - bare) / 2)
  const tallness = (size * (1 - bare)) / 2
  const breadth = size * slim
  const foot = rowOfDepth(view, tree.z)
  if (!bush) {
    const width = Math.max(0.8, size * between(random, 0.035, 0.06))
    paintTrunk(stage, tree, x, foot, width, middle, haze)
    if (size > 40) {
      const dark = seen(stage, scale(tree.bark, 0.5), haze)
      for (let n = 0; n < 5; n++) {
        const reach = (n % 2 === 0 ? 1 : -1) * breadth * between(random, 0.3, 0.7)
        const from = foot - size * bare * between(random, 0.75, 1.2)
        stroke(
          canvas,
          x,
          from,
          x + reach,
          from - tallness * between(random, 0.35, 0.8),
          width * 0.45,
          width * 0.15,
          dark,
          LABEL.tree,
        )
      }
    }
  }
  const clumps = size < 12 ? 3 : size < 40 ? 7 : Math.min(17, 9 + Math.round(size / 14))
  for (const clump of layOutClumps(stage, clumps, x, middle, breadth, tallness, bush)) {
    paintClump(stage, clump, vary(random, tree.leaf, 0.1), haze, x, middle, breadth, tallness)
  }
}

interface Clump {
  x: number
  y: number
  rx: number
  ry: number
  /** Toward the viewer: 0 behind, 1 in front. */
  front: number
}

/** Spreads clumps in a spiral: large ones inside, small loose ones at the rim. */
function layOutClumps(
  stage: Stage,
  count: number,
  x: number,
  y: number,
  breadth: number,
  tallness: number,
  low: boolean,
): Clump[] {
  const { random } = stage
  const lopsided = between(random, -0.22, 0.22)
  const clumps: Clump[] = []
  for (let n = 0; n < count; n++) {
    const angle = n * 2.4 + between(random, -0.5, 0.5)
    const out = Math.sqrt((n + 0.3) / count)
    const away = out * between(random, 0.62, 0.92)
    const r = (0.52 - 0.24 * out) * between(random, 0.75, 1.25)
    const round = r * Math.min(1.6, Math.sqrt(tallness / breadth))
    clumps.push({
      x: x + (Math.cos(angle) * away + lopsided * Math.sin(angle)) * breadth,
      y: y + Math.sin(angle) * away * tallness * (low ? 0.8 : 1),
      rx: breadth * Math.min(0.62, round * 1.1),
      ry: tallness * r * (low ? 1 : 0.9),
      front: random.next(),
    })
  }
  return clumps.sort((a, b) => a.front - b.front)
}

/** One clump: a dark mass, then leaves from the shade to the light. */
function paintClump(
  stage: Stage,
  clump: Clump,
  leaf: Rgb,
  haze: number,
  cx: number,
  cy: number,
  breadth: number,
  tallness: number,
): void {
  const { canvas, mood, random, view } = stage
  const span = Math.min(clump.rx, clump.ry)
  const leafSize = Math.max(0.75, Math.min(3.2 * view.unit, span * 0.2))
  const start = random.integer(65_536)
  const mass = illuminate(mood, [0, -0.4, -0.8], 0)
  const core = 0.62 + 0.16 * clump.front
  const dark = seen(
    stage,
    [leaf[0] * mass[0] * core, leaf[1] * mass[1] * core, leaf[2] * mass[2] * core],
    haze,
  )
  brush.x = clump.x
  brush.y = clump.y
  brush.rx = clump.rx * 0.72
  brush.ry = clump.ry * 0.72
  brush.cos = 1
  brush.sin = 0
  brush.cover = 0.96
  load(dark)
  if (span > 2.5) dab(canvas, brush, LABEL.tree)
  brush.cover = 0.9
  const count = Math.max(6, Math.min(900, Math.round((clump.rx * clump.ry * 2.5) / (leafSize * leafSize))))
  const [ar, ag, ab] = mood.ambient
  const [lr, lg, lb] = mood.sunlight
  const clear = 1 - haze
  for (let n = 0; n < count; n++) {
    const key = start + n * 6
    const angle = grainAt(key) * 2 * Math.PI
    const r = Math.sqrt(grainAt(key + 1)) * 1.06
    const dx = Math.cos(angle) * r
    const dy = Math.sin(angle) * r
    brush.x = clump.x + dx * clump.rx
    brush.y = clump.y + dy * clump.ry
    // The normal of the clump there, bent toward that of the whole crown, with the disorder of leaves.
    const nx = dx * 0.7 + ((brush.x - cx) / breadth) * 0.6 + (grainAt(key + 2) - 0.5) * 0.7
    const ny = -dy * 0.7 - ((brush.y - cy) / tallness) * 0.6 + (grainAt(key + 3) - 0.5) * 0.7 + 0.15
    const facing = nx * mood.sun[0] + ny * mood.sun[1] - 0.6 * mood.sun[2] * (1 - r)
    const late = n / count
    const open = facing > 0 ? Math.min(1, facing) * late * 1.3 : 0
    const sky = 0.6 + 0.2 * ny + 0.3 * late
    const tone = (0.84 + 0.36 * grainAt(key + 4)) * clear
    const warm = 1 + open * 0.14
    brush.r = leaf[0] * warm * (ar * sky + lr * open) * tone + mood.haze[0] * haze
    brush.g = leaf[1] * warm * (ag * sky + lg * open) * tone + mood.haze[1] * haze
    brush.b = leaf[2] * (ab * sky + lb * open * 0.9) * tone + mood.haze[2] * haze
    brush.rx = leafSize * (0.65 + 0.7 * grainAt(key + 5))
    brush.ry = leafSize * 0.62
    brush.cos = Math.cos(angle * 3)
    brush.sin = Math.sqrt(1 - brush.cos * brush.cos)
    dab(canvas, brush, LABEL.tree)
  }
}

function load(color: Rgb): void {
  brush.r = color[0]
  brush.g = color[1]
  brush.b = color[2]
}

function paintConifer(stage: Stage, tree: Tree, x: number, y: number, size: number): void {
  const { canvas, mood, random, view } = stage
  const haze = hazeAt(mood, tree.z)
  const slim = between(random, 0.16, 0.26)
  const bare = between(random, 0.04, 0.12)
  paintTrunk(stage, tree, x, y, Math.max(0.8, size * 0.035), y - size * 0.8, haze)
  const tiers = Math.max(5, Math.min(48, Math.round(size / (3.4 * view.unit))))
  const start = random.integer(65_536)
  const lit = illuminate(mood, normalize([mood.sun[0], 0.6, -0.6]))
  for (let tier = 0; tier < tiers; tier++) {
    const t = tier / tiers
    const level = y - size * (bare + (1 - bare) * t)
    const reach = size * slim * (1 - t) ** 0.85 * (0.8 + 0.4 * grainAt(start + tier * 31)) + 0.6
    const thick = Math.max(0.8, (size / tiers) * 0.62)
    const twigs = Math.max(3, Math.min(30, Math.round((reach / thick) * 2.6)))
    for (let n = 0; n < twigs; n++) {
      const key = start + tier * 101 + n * 4
      const side = (2 * (n + grainAt(key))) / twigs - 1
      const sun = Math.max(0, 0.55 + 0.6 * side * Math.sign(mood.sun[0]) - 0.35 * grainAt(key + 1))
      const tone = (0.36 + 0.6 * sun) * (0.75 + 0.5 * grainAt(key + 2))
      brush.r = tree.leaf[0] * lit[0] * tone * 1.45 * (1 - haze) + mood.haze[0] * haze
      brush.g = tree.leaf[1] * lit[1] * tone * 1.45 * (1 - haze) + mood.haze[1] * haze
      brush.b = tree.leaf[2] * lit[2] * tone * 1.45 * (1 - haze) + mood.haze[2] * haze
      // Twigs hang to both sides.
      brush.x = x + side * reach
      brush.y = level + Math.abs(side) * reach * 0.38 + thick * (grainAt(key + 3) - 0.3)
      brush.rx = thick * 1.5
      brush.ry = thick * 0.72
      brush.cos = 1 / Math.sqrt(1 + side * side * 0.25)
      brush.sin = side * 0.5 * brush.cos
      brush.cover = 0.94
      dab(canvas, brush, LABEL.tree)
    }
  }
}
