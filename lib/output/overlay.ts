/** A label map laid over its image, so that both can be seen. */
import { StegoError } from '../errors.js'
import type { LabelMap, Pixels } from '../native/index.js'
import { colorOf, type Palette } from './palette.js'

/** How an overlay is drawn. */
export interface OverlayOptions {
  /** Share of the class color in the mix, 0 to 1. Default: 0.5. */
  alpha?: number
  /** Darken the pixels along the border between two regions. Default: true. */
  boundaries?: boolean
}

/** Share of a pixel's brightness that is kept on a boundary. */
const BOUNDARY_BRIGHTNESS = 0.45
const WHITE = 255
/** Boundaries are one pixel wide, or wider if the image's shorter side exceeds this many pixels. */
const PIXELS_PER_LINE_WIDTH = 600

/**
 * Mixes each pixel with the color of its class and draws a thin dark line between regions. Pixels whose class
 * is beyond the palette (void) are unchanged.
 * @param image RGB pixels, [height, width, 3]
 * @param labels class indices, [height, width]
 * @param strip pixels to put below, at least as wide as the image; what is right of the image is then white
 * @returns new pixels of the same size, or as wide and as much higher as the strip
 *
 * Throws `ERR_STEGO_ARGUMENT` if labels and image differ in size, `ERR_STEGO_OPTION` if alpha is out of
 * range.
 */
export function drawOverlay(
  image: Pixels,
  labels: Uint8Array,
  palette: Palette,
  { alpha = 0.5, boundaries = true }: OverlayOptions = {},
  strip: Pixels | null = null,
): Pixels {
  const { data, width, height } = image
  if (labels.length !== width * height || data.length !== 3 * labels.length) {
    throw new StegoError(
      'ERR_STEGO_ARGUMENT',
      `an overlay needs 3 bytes and one label a pixel: an image of ${width} x ${height} with ` +
        `${data.length} bytes came with ${labels.length} labels. Use a label map of the image's size.`,
    )
  }
  if (!(alpha >= 0 && alpha <= 1)) {
    throw new StegoError('ERR_STEGO_OPTION', `alpha is a share from 0 to 1, got ${alpha}.`)
  }
  const row = 3 * (strip?.width ?? width)
  const out = new Uint8Array(row * (height + (strip?.height ?? 0))).fill(WHITE)
  if (strip) out.set(strip.data, row * height)
  const reach = Math.max(1, Math.round(Math.min(width, height) / PIXELS_PER_LINE_WIDTH))
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x
      const label = labels[pixel]!
      const edge =
        boundaries &&
        ((x + reach < width && labels[pixel + reach] !== label) ||
          (y + reach < height && labels[pixel + reach * width] !== label))
      const brightness = edge ? BOUNDARY_BRIGHTNESS : 1
      const share = label < palette.length ? alpha : 0
      const color = colorOf(palette, label)
      for (let channel = 0; channel < 3; channel++) {
        const mixed = (1 - share) * data[3 * pixel + channel]! + share * color[channel]!
        out[row * y + 3 * x + channel] = Math.round(brightness * mixed)
      }
    }
  }
  return { data: out, width: row / 3, height: out.length / row }
}

/** Paints each pixel, void included, in the color of its class. Returns RGB pixels, [height, width, 3]. */
export function paintLabels({ data, width, height }: LabelMap, palette: Palette): Pixels {
  const colors = Array.from({ length: 256 }, (_, index) => colorOf(palette, index))
  const out = new Uint8Array(3 * data.length)
  for (let pixel = 0; pixel < data.length; pixel++) {
    const color = colors[data[pixel]!]!
    out[3 * pixel] = color[0]
    out[3 * pixel + 1] = color[1]
    out[3 * pixel + 2] = color[2]
  }
  return { data: out, width, height }
}
