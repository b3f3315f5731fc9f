/**
 * The figure of correspondences: query points and what corresponds to them, with a color for each
 * (plot_dino_correspondence.py).
 */
import type { OverlayOptions } from 'sharp'
import { StegoError } from '../errors.js'
import { sharp } from '../images/sharp.js'
import type { Pixels, Tensor } from '../native/index.js'
import type { Color } from '../output/palette.js'
import { type Cell, fitText, hasFont, rectangle, svgLayer, text, textWidth } from '../output/svg.js'

/** Contents of the figure; heat has the size of its image, [points, height, width]. */
export interface CorrespondenceFigure {
  image: Pixels
  /** Points of the image as [x, y] from -1 to 1. */
  at: readonly (readonly [x: number, y: number])[]
  /** Heat over the image. */
  self: Tensor
  /** Another image and the heat over it. */
  other: { image: Pixels; heat: Tensor } | null
  /** A line of text below. */
  caption?: string
}

/** Red, green, blue, yellow; further points repeat them. */
export const POINT_COLORS: readonly Color[] = [
  [255, 64, 64],
  [48, 222, 96],
  [72, 128, 255],
  [255, 221, 51],
]
/** Share of the image's brightness that is kept below the heat. */
const DIM = 0.8
/** Share of the point's color where its heat is greatest. */
const STRONGEST = 0.75
const GREY: Color = [0.2989, 0.587, 0.114]

// Distances in pixels.
const PANEL = 480
const MARGIN = 32
const GAP = 16
const TITLE_HEIGHT = 34
const LEGEND_LINE = 26
const BACKGROUND = '#101216'
const BRIGHT = '#f4f5f7'
const SOFT = '#a9b0bb'
/**
 * Half the size of the diagonal cross at a query point, and its strokes: the dark one below makes it visible
 * on any image.
 */
const CROSS = 11
const STROKES = [
  { width: 9, color: () => '#000000' },
  { width: 5, color: (color: string) => color },
]

interface Panel {
  title: string
  image: Pixels
  heat: Tensor | null
}

/**
 * Draws the panels "Image and Query Points", "Self Correspondence" and, if there is another image, "Neighbor
 * Correspondence": gray images with a ramp of the point's color, scaled to the greatest heat of each point
 * and panel. On a machine without fonts, text is omitted.
 * @returns a PNG
 *
 * Rejects with `ERR_STEGO_ARGUMENT` if heat does not match the number of points and the size of its image.
 */
export async function drawCorrespondences(figure: CorrespondenceFigure): Promise<Buffer> {
  const { image, at, self, other, caption } = figure
  const panels: Panel[] = [
    { title: 'Image and Query Points', image, heat: null },
    { title: 'Self Correspondence', image, heat: self },
  ]
  if (other) panels.push({ title: 'Neighbor Correspondence', ...other })
  for (const panel of panels) checkHeat(panel, at.length)
  const words = await hasFont()
  const top = MARGIN + (words ? TITLE_HEIGHT : 0)
  const cells = panels.map(({ image }, i): Cell => {
    return { left: MARGIN + i * (PANEL + GAP), top, ...fitInside(image) }
  })
  const width = 2 * MARGIN + panels.length * (PANEL + GAP) - GAP
  const bottom = top + Math.max(...cells.map((cell) => cell.height))

  const svg = at.map((point, i) => cross(point, cells[0]!, rgb(colorOf(i))))
  let height = bottom + MARGIN
  if (words) {
    for (const [i, { title }] of panels.entries()) {
      svg.push(text(title, cells[i]!.left, MARGIN + 18, 18, BRIGHT, 600))
    }
    height = drawLegend(svg, at, caption, width, bottom + GAP) + MARGIN
  }
  const pictures = await Promise.all(panels.map((panel, i) => drawPanel(panel, cells[i]!)))
  return sharp({ create: { width, height, channels: 3, background: BACKGROUND } })
    .composite([...pictures, { input: svgLayer(svg, width, height), left: 0, top: 0 }])
    .png()
    .toBuffer()
}

function checkHeat({ image, heat }: Panel, points: number): void {
  const { width, height } = image
  const [count, rows, columns] = heat?.shape ?? [points, height, width]
  if (count !== points || rows !== height || columns !== width) {
    throw new StegoError(
      'ERR_STEGO_ARGUMENT',
      `a heat map needs the shape [${points}, ${height}, ${width}] of its points and picture, got ` +
        `[${heat!.shape.join(', ')}]. Draw heat over the picture that it was computed for.`,
    )
  }
}

/** Dims an image to gray and blends in each point's color according to its heat; changes `pixels`. */
function paintHeat(pixels: Uint8Array, heat: Tensor, { width, height }: Cell): void {
  const [points, rows, columns] = heat.shape as [number, number, number]
  const painted = new Float32Array(pixels.length)
  for (let i = 0; i < painted.length; i += 3) {
    const gray = GREY[0] * pixels[i]! + GREY[1] * pixels[i + 1]! + GREY[2] * pixels[i + 2]!
    painted.fill(DIM * gray, i, i + 3)
  }
  const x = samplesOf(columns, width)
  const y = samplesOf(rows, height)
  for (let point = 0; point < points; point++) {
    const values = heat.data.subarray(point * rows * columns, (point + 1) * rows * columns)
    const greatest = values.reduce((a, b) => Math.max(a, b), 0)
    if (greatest === 0) continue
    const color = colorOf(point)
    for (let i = 0; i < width * height; i++) {
      const column = x[i % width]!
      const row = y[Math.floor(i / width)]!
      const above = between(values, row.first * columns, column)
      const value = above + row.share * (between(values, row.second * columns, column) - above)
      const share = (STRONGEST * Math.max(0, value)) / greatest
      for (let c = 3 * i; c < 3 * i + 3; c++) {
        painted[c] = (1 - share) * painted[c]! + share * color[c - 3 * i]!
      }
    }
  }
  for (const [i, value] of painted.entries()) pixels[i] = Math.round(value)
}

/** Where a pixel of a panel is along one side of an image: between two pixels, and how near the second. */
interface Sample {
  first: number
  second: number
  share: number
}

function samplesOf(from: number, to: number): Sample[] {
  return Array.from({ length: to }, (_, i) => {
    const place = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1)
    const first = Math.floor(place)
    return { first, second: Math.min(first + 1, from - 1), share: place - first }
  })
}

function between(values: Float32Array, row: number, { first, second, share }: Sample): number {
  return (1 - share) * values[row + first]! + share * values[row + second]!
}

function colorOf(point: number): Color {
  return POINT_COLORS[point % POINT_COLORS.length]!
}

const rgb = (color: Color) => `rgb(${color.join(',')})`

function fitInside({ width, height }: Pixels): { width: number; height: number } {
  const scale = PANEL / Math.max(width, height)
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  }
}

async function drawPanel({ image, heat }: Panel, cell: Cell): Promise<OverlayOptions> {
  const { left, top, width, height } = cell
  const raw = { width: image.width, height: image.height, channels: 3 } as const
  const input = await sharp(image.data, { raw })
    .resize(width, height, { fit: 'fill', kernel: 'mitchell' })
    .raw()
    .toBuffer()
  if (heat) paintHeat(input, heat, cell)
  return { input, raw: { width, height, channels: 3 }, left, top }
}

/** A diagonal cross at a point of the image in this cell. */
function cross([x, y]: readonly [number, number], { left, top, width, height }: Cell, color: string): string {
  const column = left + 0.5 + ((x + 1) / 2) * (width - 1)
  const row = top + 0.5 + ((y + 1) / 2) * (height - 1)
  const path =
    `M${column - CROSS} ${row - CROSS}L${column + CROSS} ${row + CROSS}` +
    `M${column - CROSS} ${row + CROSS}L${column + CROSS} ${row - CROSS}`
  return STROKES.map(({ width: stroke, color: paint }) => {
    return `<path d="${path}" stroke="${paint(color)}" stroke-width="${stroke}" stroke-linecap="round"/>`
  }).join('')
}

/**
 * Draws the points with their colors in as many lines as needed, then the caption; returns where the legend
 * ends.
 */
function drawLegend(
  svg: string[],
  at: CorrespondenceFigure['at'],
  caption: string | undefined,
  width: number,
  top: number,
): number {
  let x = MARGIN
  let y = top
  for (const [i, point] of at.entries()) {
    const name = `(${point.map((part) => Number(part.toFixed(3))).join(', ')})`
    const entry = 22 + textWidth(name, 13) + 18
    if (x > MARGIN && x + entry > width - MARGIN) {
      x = MARGIN
      y += LEGEND_LINE
    }
    svg.push(rectangle({ left: x, top: y, width: 14, height: 14 }, rgb(colorOf(i)), 3))
    svg.push(text(name, x + 22, y + 12, 13, BRIGHT, 400))
    x += entry
  }
  if (caption === undefined) return y + 14
  y += LEGEND_LINE
  svg.push(text(fitText(caption, 12, width - 2 * MARGIN), MARGIN, y + 12, 12, SOFT, 400))
  return y + 14
}
