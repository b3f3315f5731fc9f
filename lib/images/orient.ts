/** Turns pixels upright. */
import type { Pixels } from '../native/index.js'

/** Where a file's first row and column lie in the picture (EXIF and TIFF tag 274): 1 is upright. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8

/** Pixels as they are to be seen. An unknown orientation is upright. */
export function upright({ data, width, height }: Pixels, orientation: Orientation): Pixels {
  if (!(orientation > 1 && orientation <= 8)) return { data, width, height }
  const swapped = orientation >= 5
  const mirrored = [2, 3, 7, 8].includes(orientation)
  const flipped = [3, 4, 6, 7].includes(orientation)
  const [outWidth, outHeight] = swapped ? [height, width] : [width, height]
  const out = new Uint8Array(data.length)
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      const [column, row] = swapped ? [y, x] : [x, y]
      const fromX = mirrored ? width - 1 - column : column
      const fromY = flipped ? height - 1 - row : row
      const from = 3 * (fromY * width + fromX)
      const to = 3 * (y * outWidth + x)
      out[to] = data[from]!
      out[to + 1] = data[from + 1]!
      out[to + 2] = data[from + 2]!
    }
  }
  return { data: out, width: outWidth, height: outHeight }
}
