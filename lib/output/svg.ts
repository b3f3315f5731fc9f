/** Text and shapes as SVG, drawn over images. */
import { sharp } from '../images/sharp.js'

const FONT = 'Inter, Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif'
/** Width of an average letter in this font, as a share of its size. */
const LETTER_WIDTH = 0.6

/** A rectangle in pixels. */
export interface Cell {
  left: number
  top: number
  width: number
  height: number
}

/** Shapes as an image of this size, transparent elsewhere. */
export function svgLayer(shapes: string[], width: number, height: number): Buffer {
  const size = `width="${width}" height="${height}"`
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" ${size}>${shapes.join('')}</svg>`)
}

export function rectangle({ left, top, width, height }: Cell, fill: string, radius = 0): string {
  return `<rect x="${left}" y="${top}" width="${width}" height="${height}" rx="${radius}" fill="${fill}"/>`
}

/** A line of text; `y` is its baseline. */
export function text(
  content: string,
  x: number,
  y: number,
  size: number,
  fill: string,
  weight: number,
): string {
  const style = `font-family="${FONT}" font-size="${size}" font-weight="${weight}" fill="${fill}"`
  return `<text x="${x}" y="${y}" ${style}>${escapeXml(content)}</text>`
}

/** Approximate width of a line of text. */
export const textWidth = (content: string, size: number) =>
  Math.ceil([...content].length * size * LETTER_WIDTH)

/** The text, truncated with an ellipsis if it is wider. */
export function fitText(content: string, size: number, width: number): string {
  const letters = [...content]
  const room = Math.floor(width / (size * LETTER_WIDTH))
  return letters.length <= room ? content : `${letters.slice(0, Math.max(1, room - 1)).join('')}…`
}

/** Escapes markup and drops the control characters that XML forbids. */
function escapeXml(content: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return content.replace(/[&<>"]/g, (mark) => entities[mark]!).replace(/\p{Cc}|\p{Cs}/gu, '')
}

/** Whether text can be drawn: without fonts, all letters are drawn as the same box. */
export async function hasFont(): Promise<boolean> {
  const [narrow, wide] = await Promise.all(
    ['i', 'W'].map((letter) => {
      const layer = svgLayer([text(letter, 4, 24, 20, '#000', 400)], 32, 32)
      return sharp(layer).raw().toBuffer()
    }),
  )
  return !narrow!.equals(wide!)
}
