/** A sheet of images with their labels and predictions side by side, to show what a model does. */
import type { OverlayOptions } from 'sharp'
import { StegoError } from '../errors.js'
import { sharp } from '../images/sharp.js'
import type { LabelMap, Pixels } from '../native/index.js'
import { drawLegend, type LegendEntry } from './legend.js'
import { drawOverlay, paintLabels } from './overlay.js'
import { checkPalette, clusterPalette, colorOf, type Palette, VOID_COLOR } from './palette.js'
import { regionCenters } from './regions.js'
import { type Cell, fitText, hasFont, rectangle, svgLayer, text, textWidth } from './svg.js'

/** One image and what is known about it. Predictions have the size of the image. */
export interface ContactSheetRow {
  name: string
  image: Pixels
  label: LabelMap | null
  /** Classes by the linear probe, [height, width]. */
  linearProbe: Uint8Array | null
  /** Clusters, [height, width]; already mapped to classes if labels exist. */
  clusters: Uint8Array | null
  /** The clusters' own numbers, written into their larger regions, [height, width]. Default: none. */
  numbers?: Uint8Array | null
}

/** Appearance of a contact sheet. */
export interface ContactSheetOptions {
  /** Color of each class. Default: `clusterPalette`. */
  palette?: Palette
  /** Number of classes; indices from this number on are void. Default: as many as have names or occur. */
  classes?: number
  /** Names for the legend. Default: `class 0`, or `cluster 0` if no image has labels. */
  classNames?: string[] | null
  title?: string
}

// Distances in pixels.
const MARGIN = 36
const GAP = 8
const BLOCK_GAP = 40
const TITLE_HEIGHT = 52
const HEADING_HEIGHT = 30
const CAPTION_HEIGHT = 30
const LEGEND_LETTERS = 13
const CELL_WIDTH = { least: 140, most: 320 }
const CONTENT_WIDTH = 2200
/** Numbers in regions, and half the side of a square that must fit into such a region. */
const NUMBER_LETTERS = 14
const NUMBER_REACH = 11
/** Beyond this number, rows are arranged in two blocks side by side. */
const ROWS_IN_ONE_BLOCK = 5
/** Brightness above which a color is light, 0 to 255. */
const LIGHT = 140
/** Taller images are shrunk to this many times the width of a cell. */
const TALLEST = 1.4

interface Column {
  heading: string
  /** How cells are enlarged: photographs smoothly, class maps without mixing colors. */
  enlarge: 'mitchell' | 'nearest'
  shows(row: ContactSheetRow): boolean
  /** Whether the numbers of clusters are written into their regions. */
  numbered?: boolean
  /** The pixels of a cell, null if the row has none. */
  pixels(row: ContactSheetRow, palette: Palette): Pixels | null
}

const COLUMNS: Column[] = [
  { heading: 'Image', enlarge: 'mitchell', shows: () => true, pixels: (row) => row.image },
  {
    heading: 'Label',
    enlarge: 'nearest',
    shows: (row) => row.label !== null,
    pixels: (row, palette) => row.label && paintLabels(row.label, palette),
  },
  {
    heading: 'Linear probe',
    enlarge: 'nearest',
    shows: (row) => row.linearProbe !== null,
    pixels: (row, palette) =>
      row.linearProbe && paintLabels({ ...row.image, data: row.linearProbe }, palette),
  },
  {
    heading: 'Clusters',
    enlarge: 'nearest',
    shows: (row) => row.clusters !== null,
    numbered: true,
    pixels: (row, palette) => row.clusters && paintLabels({ ...row.image, data: row.clusters }, palette),
  },
  {
    heading: 'Overlay',
    enlarge: 'mitchell',
    shows: (row) => predictionOf(row) !== null,
    pixels: (row, palette) => {
      const prediction = predictionOf(row)
      return prediction && drawOverlay(row.image, prediction, palette)
    },
  },
]

/** What the overlay shows: clusters if there are any. */
const predictionOf = (row: ContactSheetRow) => row.clusters ?? row.linearProbe

/**
 * Draws the rows under the headings Image, Label, Linear probe, Clusters and Overlay, with a legend of the class
 * colors below. The larger regions of clusters bear their numbers. Columns that no row has are omitted. On a
 * machine without fonts, all text is omitted.
 * @returns a PNG
 *
 * Rejects with `ERR_STEGO_ARGUMENT` if there are no rows or a map's length does not match its size,
 * `ERR_STEGO_OPTION` if the palette has fewer colors than there are classes.
 */
export async function contactSheet(
  rows: ContactSheetRow[],
  options: ContactSheetOptions = {},
): Promise<Buffer> {
  checkRows(rows)
  const seen = occurringIndices(rows)
  const classes = options.classes ?? options.classNames?.length ?? seen.lastIndexOf(1, 254) + 1
  const palette = checkPalette(options.palette ?? clusterPalette(classes), classes)
  const noun = rows.some((row) => row.label !== null) ? 'class' : 'cluster'
  const legend = Array.from({ length: classes }, (_, index): LegendEntry => {
    return { color: colorOf(palette, index), name: options.classNames?.[index] ?? `${noun} ${index}` }
  })
  if (seen.includes(1, classes)) legend.push({ color: VOID_COLOR, name: 'void' })
  const columns = COLUMNS.filter((column) => rows.some((row) => column.shows(row)))
  const words = await hasFont()

  const blocks = rows.length > ROWS_IN_ONE_BLOCK ? 2 : 1
  const cellWidth = chooseCellWidth(rows, blocks * columns.length)
  const blockWidth = columns.length * (cellWidth + GAP) - GAP
  const width = 2 * MARGIN + blocks * (blockWidth + BLOCK_GAP) - BLOCK_GAP
  const top = MARGIN + (words && options.title ? TITLE_HEIGHT : 0)

  const svg: string[] = []
  const marks: string[] = []
  const pictures: OverlayOptions[] = []
  if (words && options.title) {
    svg.push(text(fitText(options.title, 24, width - 2 * MARGIN), MARGIN, MARGIN + 22, 24, '#16181d', 700))
  }
  const perBlock = Math.ceil(rows.length / blocks)
  let bottom = top
  for (let block = 0; block < blocks; block++) {
    const left = MARGIN + block * (blockWidth + BLOCK_GAP)
    let y = top
    if (words) {
      for (const [i, { heading }] of columns.entries()) {
        svg.push(text(heading, left + i * (cellWidth + GAP), y + 16, 15, '#16181d', 600))
      }
      y += HEADING_HEIGHT
    }
    for (const row of rows.slice(block * perBlock, (block + 1) * perBlock)) {
      const size = fitInside(row.image, cellWidth)
      for (const [i, column] of columns.entries()) {
        const cell = { left: left + i * (cellWidth + GAP), top: y, ...size }
        const pixels = column.pixels(row, palette)
        if (pixels) pictures.push(await drawCell(pixels, cell, column.enlarge))
        else svg.push(rectangle(cell, '#f1f2f4'))
        if (words && column.numbered) marks.push(...regionNumbers(row, cell, palette))
      }
      y += size.height
      if (words) svg.push(text(fitText(row.name, 12, blockWidth), left, y + 16, 12, '#6b7280', 400))
      y += words ? CAPTION_HEIGHT : GAP
    }
    bottom = Math.max(bottom, y)
  }
  const place = { left: MARGIN, top: bottom + GAP, width: width - 2 * MARGIN, size: LEGEND_LETTERS }
  bottom = drawLegend(svg, legend, place, words)

  const height = bottom + MARGIN
  return sharp({ create: { width, height, channels: 3, background: '#ffffff' } })
    .composite([
      { input: svgLayer(svg, width, height), left: 0, top: 0 },
      ...pictures,
      { input: svgLayer(marks, width, height), left: 0, top: 0 },
    ])
    .png()
    .toBuffer()
}

function checkRows(rows: ContactSheetRow[]): void {
  if (rows.length === 0) {
    throw new StegoError('ERR_STEGO_ARGUMENT', 'a contact sheet needs at least one image, got none.')
  }
  for (const { name, image, label, linearProbe, clusters, numbers } of rows) {
    if (label && label.data.length !== label.width * label.height) {
      throw new StegoError(
        'ERR_STEGO_ARGUMENT',
        `the label map of ${name} has ${label.data.length} pixels, not ${label.width} x ${label.height}. ` +
          'Pass its own width and height.',
      )
    }
    for (const prediction of [linearProbe, clusters, numbers]) {
      if (prediction && prediction.length !== image.width * image.height) {
        throw new StegoError(
          'ERR_STEGO_ARGUMENT',
          `a prediction for ${name} has ${prediction.length} pixels, its image ${image.width} x ` +
            `${image.height}. Predict at the size of the image.`,
        )
      }
    }
  }
}

/** Width of all cells: that of the widest image, limited to what fits on a screen. */
function chooseCellWidth(rows: ContactSheetRow[], cells: number): number {
  const widest = Math.max(...rows.map((row) => row.image.width))
  const room = Math.floor(CONTENT_WIDTH / cells) - GAP
  return Math.min(Math.max(widest, CELL_WIDTH.least), Math.max(room, CELL_WIDTH.least), CELL_WIDTH.most)
}

function fitInside(image: Pixels, cellWidth: number): { width: number; height: number } {
  const scale = Math.min(cellWidth / image.width, (TALLEST * cellWidth) / image.height)
  return {
    width: Math.max(1, Math.round(image.width * scale)),
    height: Math.max(1, Math.round(image.height * scale)),
  }
}

async function drawCell(
  pixels: Pixels,
  { left, top, width, height }: Cell,
  enlarge: Column['enlarge'],
): Promise<OverlayOptions> {
  const kernel = width > pixels.width ? enlarge : 'mitchell'
  const input = await sharp(pixels.data, { raw: { width: pixels.width, height: pixels.height, channels: 3 } })
    .resize(width, height, { fit: 'fill', kernel })
    .raw()
    .toBuffer()
  return { input, raw: { width, height, channels: 3 }, left, top }
}

/** The number of each cluster's larger regions, black on light colors and white on dark ones. */
function regionNumbers(
  { image, clusters, numbers }: ContactSheetRow,
  cell: Cell,
  palette: Palette,
): string[] {
  if (!clusters || !numbers) return []
  const scale = cell.width / image.width
  return regionCenters({ ...image, data: numbers }, NUMBER_REACH / scale).map(({ label, x, y }) => {
    const word = String(label)
    const left = cell.left + (x + 0.5) * scale - textWidth(word, NUMBER_LETTERS) / 2
    const baseline = cell.top + (y + 0.5) * scale + 0.36 * NUMBER_LETTERS
    const [red, green, blue] = colorOf(palette, clusters[y * image.width + x]!)
    const isLight = 0.299 * red + 0.587 * green + 0.114 * blue > LIGHT
    return text(word, left, baseline, NUMBER_LETTERS, isLight ? '#000000' : '#ffffff', 600)
  })
}

/** 1 for each class index that occurs in a label map or prediction, [256]. */
function occurringIndices(rows: ContactSheetRow[]): Uint8Array {
  const seen = new Uint8Array(256)
  for (const { label, linearProbe, clusters } of rows) {
    for (const map of [label?.data, linearProbe, clusters]) {
      for (const index of map ?? []) seen[index] = 1
    }
  }
  return seen
}
