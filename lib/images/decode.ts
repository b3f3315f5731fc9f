/**
 * From files and buffers to pixels. Pixels are those that are stored, as Pillow's `convert('RGB')` gives them
 * (docs/method-constants.md#directory): no resize, no color management, alpha dropped over the stored
 * color. Orientation recorded by a camera is applied, which Pillow leaves to its caller.
 */
import type { Metadata } from 'sharp'
import { StegoError } from '../errors.js'
import type { Pixels } from '../native/index.js'
import { fileKind } from './file-kind.js'
import { fromFile, type ImageInput, type RawSamples, readBeginning, readInput } from './input.js'
import { type Orientation, upright } from './orient.js'
import { mended } from './repair.js'
import { type PixelRule, PLAIN_RULE, type Samples, toRgb, unusedBands } from './samples.js'
import { sharp } from './sharp.js'
import { isTiff, openTiff } from './tiff.js'

/** An image as 8-bit RGB, and what its reader should know about it. */
export interface DecodedImage extends Pixels {
  /** In words: damage that was passed over, bands that are not used. Absent if there is nothing to say. */
  notes?: string[]
}

/** How an image is decoded. */
export interface DecodeOptions {
  /** What becomes of samples that are not bytes, and of bands. Default: `auto`, the first three. */
  rule?: PixelRule
  /** More pixels are refused before anything is decoded. Default: 100 million. */
  maxPixels?: number
}

/** Pixels of the largest image that is decoded by default. */
export const MAX_PIXELS = 100_000_000

// The decoder keeps its reasons in one place for the whole process: another image that ends at the same moment wipes
// them away, and what is left is this. Decoding the damaged image again brings the reason back.
const NO_REASON = 'Unknown error'
const ATTEMPTS = 5

const READABLE = 'JPEG, PNG, WebP, TIFF, GIF or AVIF'

/**
 * Decodes an image to 8-bit RGB in its own size, upright. Gray, palette, alpha and CMYK are converted, samples of more
 * than 8 bits scaled as the rule says; embedded color profiles are ignored; of animations and stacks the first page is
 * taken. A JPEG that lacks only its end and a PNG with a damaged text are read, with a note.
 * The result never shares memory with the input.
 *
 * Throws `ERR_STEGO_DATA_MISSING` where a file does not exist, `ERR_STEGO_IMAGE` where it cannot be decoded, is larger
 * than `maxPixels` or raw samples have another length than their size says, `ERR_STEGO_ADDON` where the decoder is not
 * installed.
 */
export async function decodeImage(input: ImageInput, options: DecodeOptions = {}): Promise<DecodedImage> {
  const { maxPixels = MAX_PIXELS, rule = PLAIN_RULE } = options
  const given = await readInput(input)
  if ('data' in given) return fromRaw(given, maxPixels)
  const { name, bytes } = given
  refuseOthers(bytes, name)
  return explained(name, async () => {
    const image = await openImage(bytes, name, maxPixels)
    try {
      return await decodeOpened(image, bytes, rule, name)
    } catch (error) {
      const whole = error instanceof StegoError ? null : mended(bytes, image)
      if (!whole) throw error
      // What was mended has to be whole in every other respect.
      const pixels = await decodeOpened(image, whole.bytes, rule, name, 'warning').catch(() => null)
      if (!pixels) throw error
      return { ...pixels, notes: [`${name} ${whole.damage}; the rest is intact.`, ...(pixels.notes ?? [])] }
    }
  })
}

/** What the header of an image says. */
export interface ImageHeader {
  width: number
  height: number
  /** Whether samples are not bytes, so that their range matters. */
  isWide: boolean
}

/**
 * Reads the header of an image file, and no more of it unless it is a TIFF.
 * Throws as `decodeImage` does for what can be told without decoding.
 */
export async function readImageHeader(path: string, maxPixels = MAX_PIXELS): Promise<ImageHeader> {
  const beginning = await readBeginning(path)
  refuseOthers(beginning, path)
  return explained(path, async () =>
    openImage(isTiff(beginning) ? (await fromFile(path)).bytes : path, path, maxPixels),
  )
}

/** The samples of an image file as they are stored. Throws as `decodeImage` does. */
export async function readSamples(path: string, maxPixels = MAX_PIXELS): Promise<Samples> {
  const { name, bytes } = await fromFile(path)
  return explained(name, async () => (await openImage(bytes, name, maxPixels)).samples(bytes, 'error'))
}

interface OpenImage extends ImageHeader {
  /** As they are stored, and upright. */
  samples(bytes: Buffer, failOn: FailOn): Promise<Samples & { orientation: Orientation }>
  /** Whether the usual decoder may turn them into RGB. */
  isPlain: boolean
  metadata: Metadata | null
}

/** The least damage that is an error. */
type FailOn = 'error' | 'warning'

async function openImage(source: Buffer | string, name: string, maxPixels: number): Promise<OpenImage> {
  // A TIFF whose directory is unusual is left to the usual decoder.
  const isOwn = typeof source !== 'string' && isTiff(source)
  const tiff = isOwn ? await openTiff(source).catch(() => null) : null
  if (tiff) {
    const { width, height, isWide } = tiff
    checkSize(width, height, name, maxPixels)
    return { width, height, isWide, isPlain: false, metadata: null, samples: tiff.read }
  }
  const metadata = await sharp(source, { ignoreIcc: true, limitInputPixels: false }).metadata()
  const { width, height, depth, format } = metadata
  checkSize(width, height, name, maxPixels)
  const isWide = format === 'png' && depth === 'ushort'
  const samples = (stored: Buffer, failOn: FailOn) => storedSamples(stored, metadata, isWide, failOn)
  return { width, height, isWide, isPlain: !isWide, metadata, samples }
}

async function decodeOpened(
  image: OpenImage,
  bytes: Buffer,
  rule: PixelRule,
  name: string,
  failOn: FailOn = 'error',
): Promise<DecodedImage> {
  if (image.isPlain && !rule.bands) return decodeBytes(bytes, image.metadata!, failOn)
  const { orientation, ...samples } = await image.samples(bytes, failOn)
  const pixels = upright(toRgb(samples, rule, name), orientation)
  const unused = unusedBands(samples, rule, name)
  return unused === null ? pixels : { ...pixels, notes: [unused] }
}

/** Throws `ERR_STEGO_IMAGE` for a file that is no image of a kind that is read. */
function refuseOthers(bytes: Buffer, name: string): void {
  const kind = fileKind(bytes)
  if (!kind) return
  throw new StegoError(
    'ERR_STEGO_IMAGE',
    `${name} is ${kind.name}, which is not read. Expected ${READABLE}: ${kind.remedy}.`,
  )
}

function open(bytes: Buffer, failOn: FailOn) {
  return sharp(bytes, { failOn, ignoreIcc: true, limitInputPixels: false }).autoOrient()
}

async function decodeBytes(bytes: Buffer, { space }: Metadata, failOn: FailOn): Promise<Pixels> {
  const image = open(bytes, failOn)
  const isCmyk = space === 'cmyk'
  const stored = isCmyk
    ? image.pipelineColorspace('cmyk').toColourspace('cmyk')
    : image.removeAlpha().toColourspace('srgb')
  const { data, info } = await stored.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  if (channels !== (isCmyk ? 4 : 3)) throw new Error(`it has ${channels} channels`)
  if (isCmyk) return { data: cmykToRgb(data), width, height }
  return { data: new Uint8Array(data.buffer, data.byteOffset, data.length), width, height }
}

/** Bands as they are stored, of 8 or 16 bits, upright. */
async function storedSamples(
  bytes: Buffer,
  { space, hasAlpha = false }: Metadata,
  isWide: boolean,
  failOn: FailOn,
): Promise<Samples & { orientation: Orientation }> {
  const wideSpace = space?.startsWith('grey') ? 'grey16' : 'rgb16'
  const image = open(bytes, failOn).toColourspace(isWide ? wideSpace : (space ?? 'srgb'))
  const { data, info } = await image
    .raw({ depth: isWide ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true })
  const { width, height, channels: bands } = info
  const values = isWide ? new Uint16Array(Uint8Array.from(data).buffer) : new Uint8Array(data)
  const shape = { width, height, bands, alpha: hasAlpha }
  return { data: values, ...shape, noData: null, inverted: false, orientation: 1 }
}

/** Says why an image cannot be decoded, in words of its own. */
async function explained<T>(name: string, work: () => Promise<T>): Promise<T> {
  let cause: unknown
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      return await work()
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

function checkSize(width: number, height: number, name: string, maxPixels: number): void {
  if (width * height <= maxPixels) return
  const millions = (pixels: number) => `${Number((pixels / 1e6).toPrecision(4))} million`
  throw new StegoError(
    'ERR_STEGO_IMAGE',
    `${name} has ${width} x ${height} pixels, ${millions(width * height)}; at most ${millions(maxPixels)} are read ` +
      '(maxPixels, --max-pixels). Raise the limit if the image is what you expect, or cut it into parts.',
  )
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

function fromRaw({ data, width, height, channels }: RawSamples, maxPixels: number): Pixels {
  checkSize(width, height, 'the raw image', maxPixels)
  if (channels === 3) return { data: new Uint8Array(data), width, height }
  const pixels = width * height
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
const reason = (cause: unknown) => {
  const message = (cause as Partial<Error> | null)?.message ?? String(cause)
  return message.split('\n', 1)[0]!.trim().replace(/\.$/, '')
}
