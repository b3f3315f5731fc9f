/**
 * Writes label maps as PNG with exactly the given indices and colors, which image libraries do not guarantee.
 */
import { promisify } from 'node:util'
import { crc32, deflate } from 'node:zlib'
import { StegoError } from '../errors.js'
import type { LabelMap } from '../native/index.js'
import { colorOf, type Palette } from './palette.js'

const deflateAsync = promisify(deflate)

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const GREY = 0
const PALETTE = 3
const PALETTE_SIZE = 256

/** A single-channel 8-bit PNG whose gray levels are the class indices. */
export function encodeIndexPng(labels: LabelMap): Promise<Buffer> {
  return encode(labels, GREY, [])
}

/**
 * An 8-bit palette PNG: programs read the class index of each pixel, viewers show its color. Indices beyond
 * the palette have the void color.
 */
export function encodePalettePng(labels: LabelMap, palette: Palette): Promise<Buffer> {
  const entries = Array.from({ length: PALETTE_SIZE }, (_, index) => colorOf(palette, index))
  return encode(labels, PALETTE, [chunk('PLTE', Buffer.from(entries.flat()))])
}

async function encode(
  { data, width, height }: LabelMap,
  colorType: number,
  extra: Buffer[],
): Promise<Buffer> {
  if (!(width > 0 && height > 0) || data.length !== width * height) {
    throw new StegoError(
      'ERR_STEGO_ARGUMENT',
      `a label map of ${width} x ${height} has one byte a pixel and at least one pixel, ` +
        `got ${data.length} bytes.`,
    )
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8
  header[9] = colorType
  // Each row begins with its filter type; 0 (none) compresses label maps best.
  const rows = Buffer.alloc(height * (width + 1))
  for (let y = 0; y < height; y++) {
    rows.set(data.subarray(y * width, (y + 1) * width), y * (width + 1) + 1)
  }
  const pixels = await deflateAsync(rows, { level: 9 })
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    ...extra,
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** A chunk: length, type, body and checksum. */
function chunk(type: string, body: Buffer): Buffer {
  const out = Buffer.alloc(12 + body.length)
  out.writeUInt32BE(body.length, 0)
  out.write(type, 4, 'latin1')
  body.copy(out, 8)
  out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length)
  return out
}
