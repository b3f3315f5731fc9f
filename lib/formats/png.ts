/**
 * Reads the stored values of a PNG: palette indices and gray levels exactly as they are in the file. Image
 * libraries expand palettes to colors and scale shallow grays to 0..255, which loses the class indices.
 * Supports all pixel layouts of the format: all color types, bit depths, filters and Adam7.
 */
import { promisify } from 'node:util'
import { crc32, inflate } from 'node:zlib'
import { explaining, FormatError } from './format-error.js'
import { intactPng } from './png-chunks.js'

const inflateAsync = promisify(inflate)

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const CONVERT_COLORS =
  'Convert color-coded labels to class indices: one channel, one byte a pixel, 255 for void.'
const MAX_PIXELS = 0x3fff * 0x3fff

/** Samples per pixel, by PNG color type. */
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
const DEPTHS: Record<number, number[]> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
}
const IS_COLOR: Record<number, boolean> = { 2: true, 6: true }

/** Origin and spacing of the pixels of a pass; Adam7 stores seven such sub-images. */
interface Pass {
  x: number
  y: number
  dx: number
  dy: number
}
const WHOLE: Pass[] = [{ x: 0, y: 0, dx: 1, dy: 1 }]
const ADAM7: Pass[] = [
  { x: 0, y: 0, dx: 8, dy: 8 },
  { x: 4, y: 0, dx: 8, dy: 8 },
  { x: 0, y: 4, dx: 4, dy: 8 },
  { x: 2, y: 0, dx: 4, dy: 4 },
  { x: 0, y: 2, dx: 2, dy: 4 },
  { x: 1, y: 0, dx: 2, dy: 2 },
  { x: 0, y: 1, dx: 1, dy: 2 },
]

interface Header {
  width: number
  height: number
  depth: number
  colorType: number
  interlaced: boolean
}

/** One value per pixel, row by row: 16-bit files give a Uint16Array. */
export interface IndexMap {
  data: Uint8Array | Uint16Array
  width: number
  height: number
}

/**
 * Reads the palette index, or the gray level unscaled, of every pixel. RGB is accepted if the three channels are equal everywhere; alpha is ignored.
 * @param name what messages call the file
 *
 * Rejects with `ERR_STEGO_IMAGE` if the pixels are colors, or the file is damaged or not a PNG.
 */
export function decodePngIndices(file: Buffer, name: string): Promise<IndexMap> {
  return explaining(name, 'png', () => readIndices(file))
}

async function readIndices(file: Buffer): Promise<IndexMap> {
  const { header, data } = readChunks(file)
  const { width, height } = header
  const passes = (header.interlaced ? ADAM7 : WHOLE).map((pass) => passSize(pass, header))
  const expected = passes.reduce((sum, { rows, rowBytes }) => sum + rows * (rowBytes + 1), 0)
  let raw: Buffer
  try {
    raw = await inflateAsync(data, { maxOutputLength: Math.max(expected, 1) })
  } catch (cause) {
    throw new FormatError(`its pixel data cannot be decompressed: ${(cause as Error).message}`, { cause })
  }
  if (raw.length < expected) throw new FormatError('its pixel data ends early')
  const indices = new (header.depth === 16 ? Uint16Array : Uint8Array)(width * height)
  let offset = 0
  for (const pass of passes) {
    const size = pass.rows * (pass.rowBytes + 1)
    const rows = unfilter(raw.subarray(offset, offset + size), pass, bytesPerPixel(header))
    offset += size
    storePass(rows, pass, header, indices)
  }
  return { data: indices, width, height }
}

function readChunks(stored: Buffer): { header: Header; data: Buffer } {
  if (!stored.subarray(0, 8).equals(SIGNATURE)) throw new FormatError('it is not a PNG file')
  const file = intactPng(stored).intact
  let header: Header | undefined
  const data: Buffer[] = []
  for (let at = 8; at + 12 <= file.length; ) {
    const length = file.readUInt32BE(at)
    const type = file.toString('latin1', at + 4, at + 8)
    const body = file.subarray(at + 8, at + 8 + length)
    if (type === 'IEND') break
    const end = at + 12 + length
    if (end > file.length) throw new FormatError('the file ends early')
    if (crc32(file.subarray(at + 4, end - 4)) !== file.readUInt32BE(end - 4)) {
      throw new FormatError(`its ${type} chunk is damaged`)
    }
    if (type === 'IHDR') header = readHeader(body)
    if (type === 'IDAT') data.push(body)
    at = end
  }
  if (!header) throw new FormatError('its header is missing')
  if (data.length === 0) throw new FormatError('it has no pixel data')
  return { header, data: Buffer.concat(data) }
}

function readHeader(body: Buffer): Header {
  if (body.length !== 13) throw new FormatError('its header is damaged')
  const width = body.readUInt32BE(0)
  const height = body.readUInt32BE(4)
  const depth = body[8]!
  const colorType = body[9]!
  const known = DEPTHS[colorType]?.includes(depth) && body[10] === 0 && body[11] === 0 && body[12]! <= 1
  if (!known || width === 0 || height === 0) throw new FormatError('its header is damaged')
  if (width * height > MAX_PIXELS) throw new FormatError(`it is too large: ${width} x ${height}`)
  return { width, height, depth, colorType, interlaced: body[12] === 1 }
}

/** The distance between bytes that filters relate: one pixel, but at least one byte. */
const bytesPerPixel = ({ depth, colorType }: Header) => Math.max(1, (depth * CHANNELS[colorType]!) >> 3)

function passSize(pass: Pass, { width, height, depth, colorType }: Header) {
  const columns = Math.max(0, Math.ceil((width - pass.x) / pass.dx))
  const rows = columns === 0 ? 0 : Math.max(0, Math.ceil((height - pass.y) / pass.dy))
  return { ...pass, columns, rows, rowBytes: Math.ceil((columns * depth * CHANNELS[colorType]!) / 8) }
}
type SizedPass = ReturnType<typeof passSize>

/** Undoes the row filters: [rows, 1 + rowBytes] to [rows, rowBytes]. */
function unfilter(raw: Buffer, { rows, rowBytes }: SizedPass, step: number): Uint8Array {
  const out = new Uint8Array(rows * rowBytes)
  for (let row = 0; row < rows; row++) {
    const filter = raw[row * (rowBytes + 1)]!
    if (filter > 4) throw new FormatError('its pixel data is damaged')
    const source = row * (rowBytes + 1) + 1
    const target = row * rowBytes
    for (let i = 0; i < rowBytes; i++) {
      const left = i >= step ? out[target + i - step]! : 0
      const up = row > 0 ? out[target + i - rowBytes]! : 0
      const upLeft = i >= step && row > 0 ? out[target + i - step - rowBytes]! : 0
      out[target + i] = raw[source + i]! + predict(filter, left, up, upLeft)
    }
  }
  return out
}

function predict(filter: number, left: number, up: number, upLeft: number): number {
  switch (filter) {
    case 1:
      return left
    case 2:
      return up
    case 3:
      return (left + up) >> 1
    case 4: {
      const toLeft = Math.abs(up - upLeft)
      const toUp = Math.abs(left - upLeft)
      const toUpLeft = Math.abs(left + up - 2 * upLeft)
      if (toLeft <= toUp && toLeft <= toUpLeft) return left
      return toUp <= toUpLeft ? up : upLeft
    }
    default:
      return 0
  }
}

/** Turns the samples of one pass into indices and puts them in place. */
function storePass(rows: Uint8Array, pass: SizedPass, header: Header, indices: IndexMap['data']): void {
  const { depth, colorType, width } = header
  const channels = CHANNELS[colorType]!
  for (let row = 0; row < pass.rows; row++) {
    const line = rows.subarray(row * pass.rowBytes, (row + 1) * pass.rowBytes)
    const target = (pass.y + row * pass.dy) * width + pass.x
    for (let column = 0; column < pass.columns; column++) {
      const first = column * channels
      const value = sample(line, first, depth)
      if (IS_COLOR[colorType]) {
        const green = sample(line, first + 1, depth)
        const blue = sample(line, first + 2, depth)
        if (value !== green || value !== blue) {
          const at = `${pass.x + column * pass.dx},${pass.y + row * pass.dy}`
          throw new FormatError(`it holds colors, such as (${value}, ${green}, ${blue}) at ${at}`, {
            remedy: CONVERT_COLORS,
          })
        }
      }
      indices[target + column * pass.dx] = value
    }
  }
}

/** Sample `i` of a row whose samples are 1, 2, 4, 8 or 16 bits, most significant first. */
function sample(line: Uint8Array, i: number, depth: number): number {
  if (depth === 8) return line[i]!
  if (depth === 16) return line[2 * i]! * 256 + line[2 * i + 1]!
  const bit = i * depth
  return (line[bit >> 3]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1)
}
