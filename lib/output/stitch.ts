/** Reassembles an image from its tiles (as plot_potsdam.py does with 15 x 15 patches). */
import { StegoError } from '../errors.js'
import type { LabelMap, Pixels } from '../native/index.js'

/** Number of tiles of an image in each direction. */
export interface Grid {
  /** Tiles from top to bottom. */
  rows: number
  /** Tiles from left to right. */
  columns: number
}

/**
 * Joins label maps or images without gaps or overlap.
 * @param tiles rows * columns tiles of one kind, row by row from the top left. Tiles of a row have the same
 * height and tiles of a column the same width, so those at the right and bottom border may be smaller.
 * @returns new pixels of the same kind
 *
 * Throws `ERR_STEGO_ARGUMENT` if the number of tiles is wrong or their sizes leave gaps.
 */
export function stitch<Tile extends LabelMap | Pixels>(
  tiles: readonly Tile[],
  { rows, columns }: Grid,
): Tile {
  checkGrid(tiles, rows, columns)
  const widths = tiles.slice(0, columns).map((tile) => tile.width)
  const heights = Array.from({ length: rows }, (_, row) => tiles[row * columns]!.height)
  const width = sum(widths)
  const height = sum(heights)
  const channels = channelsOf(tiles[0]!)
  const data = new Uint8Array(width * height * channels)
  let top = 0
  for (let row = 0; row < rows; row++) {
    let left = 0
    for (let column = 0; column < columns; column++) {
      const tile = tiles[row * columns + column]!
      checkTile(tile, row, column, { width: widths[column]!, height: heights[row]!, channels })
      const line = tile.width * channels
      for (let y = 0; y < tile.height; y++) {
        data.set(tile.data.subarray(y * line, (y + 1) * line), ((top + y) * width + left) * channels)
      }
      left += tile.width
    }
    top += heights[row]!
  }
  return { data, width, height } as Tile
}

function checkGrid(tiles: readonly unknown[], rows: number, columns: number): void {
  const valid = [rows, columns].every((side) => Number.isInteger(side) && side >= 1)
  if (valid && tiles.length === rows * columns) return
  throw new StegoError(
    'ERR_STEGO_ARGUMENT',
    `a grid of ${rows} x ${columns} needs as many tiles as it has places, rows and columns at least 1; got ` +
      `${tiles.length} tiles.`,
  )
}

function checkTile(
  tile: LabelMap | Pixels,
  row: number,
  column: number,
  expected: { width: number; height: number; channels: number },
): void {
  const { width, height, channels } = expected
  if (tile.width === width && tile.height === height && channelsOf(tile) === channels) return
  throw new StegoError(
    'ERR_STEGO_ARGUMENT',
    `the tile in row ${row}, column ${column} must be ${width} x ${height} with ${channels} byte(s) a pixel, as the ` +
      `first of its row and column say; got ${tile.width} x ${tile.height} with ${tile.data.length} bytes. ` +
      'Stitch tiles of one cut.',
  )
}

const channelsOf = ({ data, width, height }: LabelMap | Pixels) => data.length / (width * height)
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
