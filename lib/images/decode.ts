/**
 * From files and buffers to pixels. Pixels are those that are stored, as Pillow's `convert('RGB')` gives them
 * (docs/method-constants.md#directory): no resize, no color management, alpha dropped over the stored
 * color. Orientation recorded by a camera is applied, which Pillow leaves to its caller.
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { StegoError } from '../errors.js'
import { decodePngIndices, type IndexMap } from '../formats/png.js'
import type { Pixels } from '../native/index.js'
import { sharp } from './sharp.js'

/** 8-bit samples of an image in memory, rows top to bottom, channels interleaved. */
export interface RawImage {
  /** width * height * channels bytes. */
  data: Uint8Array | Uint8ClampedArray
  /** Pixels of a row. */
  width: number
  /** Rows. */
  height: number
  /** 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha; alpha is ignored. */
  channels: 1 | 2 | 3 | 4
}

/** An image: path, `file:` URL, bytes of an encoded file, or raw samples. */
export type ImageInput = string | URL | Buffer | Uint8Array | RawImage

/** Size a label map must have, and the image it belongs to for the error message. */
export interface LabelSize {
  width: number
  height: number
  /** Path or name of the image. */
  name?: string
}

// The decoder keeps its reasons in one place for the whole process: another image that ends at the same moment wipes
// them away, and what is left is this. Decoding the damaged image again brings the reason back.
const NO_REASON = 'Unknown error'
const ATTEMPTS = 5

const READABLE = 'JPEG, PNG, WebP, TIFF, GIF or AVIF'

/**
 * Decodes an image to 8-bit RGB in its own size, upright. Gray, palette, alpha, 16-bit (upper byte) and CMYK
 * are converted; embedded color profiles are ignored; of animations and stacks the first page is taken.
 * The result never shares memory with the input.
 *
 * Throws `ERR_STEGO_DATA_MISSING` where a file does not exist, `ERR_STEGO_IMAGE` where it cannot be decoded
 * or raw samples have another length than their size says, `ERR_STEGO_ADDON` where the decoder is not installed.
 */
export async function decodeImage(input: ImageInput): Promise<Pixels> {
  if (isRaw(input)) return fromRaw(input)
  const { name, bytes } = await readInput(input)
  let cause: unknown
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      return await decodeBytes(bytes)
    } catch (error) {
      if (error instanceof StegoError) throw error
      cause = error
      if (reason(error) !== NO_REASON) break
    }
  }
  throw new StegoError(
    'ERR_STEGO_IMAGE',
    `${name} cannot be decoded: ${reason(cause)}. Expected an intact ${READABLE} image; ` +
      'replace the file or convert it.',
    { cause },
  )
}

async function decodeBytes(bytes: Buffer): Promise<Pixels> {
  const image = sharp(bytes, { failOn: 'error', ignoreIcc: true }).autoOrient()
  const isCmyk = (await image.metadata()).space === 'cmyk'
  const stored = isCmyk
    ? image.pipelineColorspace('cmyk').toColourspace('cmyk')
    : image.removeAlpha().toColourspace('srgb')
  const { data, info } = await stored.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  if (channels !== (isCmyk ? 4 : 3)) throw new Error(`it has ${channels} channels`)
  if (isCmyk) return { data: cmykToRgb(data), width, height }
  return { data: new Uint8Array(data.buffer, data.byteOffset, data.length), width, height }
}

/**
 * Reads a label map: a PNG whose values are class indices, 8-bit or shallower gray, palette (the index
 * counts, not the color), 16-bit gray, or RGB with equal channels.
 * @param path the label PNG
 * @param expected size of the decoded image, after its orientation was applied
 *
 * Throws `ERR_STEGO_DATA_MISSING`, `ERR_STEGO_IMAGE` where the file is damaged or color-coded,
 * `ERR_STEGO_LABEL_SIZE` where its size is not that of the image.
 */
export async function decodeLabels(path: string, expected: LabelSize): Promise<IndexMap> {
  const { name, bytes } = await readInput(path)
  const labels = await decodePngIndices(bytes, name)
  if (labels.width !== expected.width || labels.height !== expected.height) {
    const turned = labels.width === expected.height && labels.height === expected.width
    throw new StegoError(
      'ERR_STEGO_LABEL_SIZE',
      `the label map ${name} is ${labels.width} x ${labels.height}, but its image` +
        `${expected.name ? ` ${expected.name}` : ''} is ${expected.width} x ${expected.height}. ` +
        (turned
          ? 'The image is rotated by its EXIF orientation: rotate the label map the same way.'
          : 'Resize the label map with nearest-neighbor interpolation, or check that they match.'),
    )
  }
  return labels
}

/** Inks as Pillow turns them to light, without a profile: (255 - ink) (255 - black) / 255 for each color. */
function cmykToRgb(inks: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((inks.length / 4) * 3)
  for (let i = 0; i < inks.length / 4; i++) {
    const light = 255 - inks[4 * i + 3]!
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = light - Math.round((inks[4 * i + c]! * light) / 255)
  }
  return rgb
}

async function readInput(input: unknown): Promise<{ name: string; bytes: Buffer }> {
  if (input instanceof Uint8Array) {
    return { name: 'the image buffer', bytes: Buffer.from(input) }
  }
  const path = input instanceof URL && input.protocol === 'file:' ? fileURLToPath(input) : input
  if (typeof path !== 'string' || path === '') {
    const received = input instanceof URL ? `the URL ${input.href}` : describe(input)
    throw new StegoError(
      'ERR_STEGO_IMAGE',
      'expected an image as a path, file: URL, encoded bytes (Buffer, Uint8Array) or ' +
        `{ data, width, height, channels }, got ${received}. Download remote images first.`,
    )
  }
  try {
    return { name: path, bytes: await readFile(path) }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const remedy = /^https?:/.test(path) ? 'Download remote images first.' : 'Check the path.'
      throw new StegoError('ERR_STEGO_DATA_MISSING', `the file ${path} does not exist. ${remedy}`, { cause })
    }
    const message =
      code === 'EISDIR'
        ? `expected an image file, got the folder ${path}. Pass a file in it.`
        : `the file ${path} cannot be read (${code ?? cause}). Check its permissions.`
    throw new StegoError('ERR_STEGO_FILE', message, { cause })
  }
}

function isRaw(input: unknown): input is RawImage {
  return typeof input === 'object' && input !== null && 'data' in input && !(input instanceof Uint8Array)
}

function fromRaw({ data, width, height, channels }: RawImage): Pixels {
  const sizes = [width, height, channels]
  if (!sizes.every((size) => Number.isInteger(size) && size > 0) || channels > 4) {
    throw new StegoError(
      'ERR_STEGO_IMAGE',
      'a raw image needs a width and height of at least 1 and 1 to 4 channels, ' +
        `got width ${width}, height ${height}, channels ${channels}. Pass the size of its data.`,
    )
  }
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) {
    throw new StegoError(
      'ERR_STEGO_IMAGE',
      `the data of a raw image must be a Uint8Array of 8-bit samples, got ${describe(data)}.`,
    )
  }
  const pixels = width * height
  if (data.length !== pixels * channels) {
    throw new StegoError(
      'ERR_STEGO_IMAGE',
      `a raw image of ${width} x ${height} with ${channels} channels has ${pixels * channels} bytes, ` +
        `got ${data.length}. Check width, height and channels; rows must not be padded.`,
    )
  }
  if (channels === 3) return { data: new Uint8Array(data), width, height }
  const rgb = new Uint8Array(pixels * 3)
  const [green, blue] = channels === 4 ? [1, 2] : [0, 0]
  for (let i = 0; i < pixels; i++) {
    rgb[3 * i] = data[channels * i]!
    rgb[3 * i + 1] = data[channels * i + green]!
    rgb[3 * i + 2] = data[channels * i + blue]!
  }
  return { data: rgb, width, height }
}

/** The decoder's message as one line without its full stop. */
const reason = (cause: unknown) =>
  (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0]!.trim().replace(/\.$/, '')

const describe = (value: unknown) =>
  value === null || value === undefined
    ? String(value)
    : `${(value as object).constructor?.name ?? typeof value}`
