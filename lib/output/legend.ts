/** Swatches with names: the legend of a contact sheet, and the strip below an overlay. */
import { sharp } from '../images/sharp.js'
import type { Pixels } from '../native/index.js'
import type { Color } from './palette.js'
import { fitText, hasFont, rectangle, svgLayer, text, textWidth } from './svg.js'

/** A color and what it stands for. */
export interface LegendEntry {
  color: Color
  name: string
}

/** Where a legend is drawn, in pixels. */
interface Place {
  left: number
  top: number
  width: number
  /** Size of the letters; all distances follow from it. */
  size: number
}

/** Without words, only swatches are drawn. */
const entryWidth = (name: string, size: number, words: boolean) =>
  words ? Math.round(3.4 * size) + textWidth(name, size) : Math.round(1.7 * size)
const swatchOf = (size: number) => size + 1

/** Draws swatches and names in as many lines as needed; returns where the legend ends. */
export function drawLegend(svg: string[], entries: LegendEntry[], place: Place, words: boolean): number {
  const { left, top, width, size } = place
  const swatch = swatchOf(size)
  const indent = swatch + Math.round(0.6 * size)
  let x = left
  let y = top
  for (const { color, name } of entries) {
    const shown = fitText(name, size, width - indent)
    const advance = entryWidth(shown, size, words)
    if (x > left && x + advance > left + width) {
      x = left
      y += 2 * size
    }
    svg.push(
      rectangle(
        { left: x, top: y, width: swatch, height: swatch },
        `rgb(${color.join(',')})`,
        Math.round(size / 4),
      ),
    )
    if (words) svg.push(text(shown, x + indent, y + Math.round(0.92 * size), size, '#374151', 400))
    x += advance
  }
  return entries.length > 0 ? y + swatch : top
}

/** Letters are never smaller than this. */
const SMALLEST_LETTERS = 13
/** Shares of the picture's longer and shorter side. The longer one decides how much a viewer shrinks it. */
const LETTERS = { longer: 1 / 70, shorter: 1 / 12 }
const BACKGROUND = '#ffffff'

/**
 * Draws the strip with a legend that goes below a picture of this size. Letters grow with the picture, so that they can
 * be read when it is shrunk to a screen; for a picture too narrow for an entry the strip is wider.
 */
export async function legendStrip(
  picture: { width: number; height: number },
  entries: LegendEntry[],
): Promise<Pixels> {
  const longer = Math.max(picture.width, picture.height)
  const shorter = Math.min(picture.width, picture.height)
  const size = Math.max(
    SMALLEST_LETTERS,
    Math.round(Math.min(longer * LETTERS.longer, shorter * LETTERS.shorter)),
  )
  const words = await hasFont()
  const margin = size
  const widest = Math.max(...entries.map(({ name }) => entryWidth(name, size, words)), 0)
  const width = Math.max(picture.width, widest + 2 * margin)
  const svg: string[] = []
  const place = { left: margin, top: margin, width: width - 2 * margin, size }
  const height = drawLegend(svg, entries, place, words) + margin
  const data = await sharp(svgLayer(svg, width, height))
    .flatten({ background: BACKGROUND })
    .removeAlpha()
    .raw()
    .toBuffer()
  return { data, width, height }
}
