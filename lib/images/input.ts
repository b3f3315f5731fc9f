/** What can be given as an image, and its bytes or samples. */
import { open, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { StegoError } from '../errors.js'
import { brief, bytesOf, isArrayOf, isRecord, isUrl, tagOf, typeWords } from '../values.js'

/** 8-bit samples of an image in memory, rows top to bottom, channels interleaved. */
export interface RawImage {
  /** width * height * channels bytes. */
  data: Uint8Array | Uint8ClampedArray
  /** Pixels of a row. */
  width: number
  /** Rows. */
  height: number
  /** 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha; alpha is ignored. Default: as the length of `data` says. */
  channels?: number
}

/** 8-bit samples as sharp gives them: `await image.raw().toBuffer({ resolveWithObject: true })`. */
export interface SharpImage {
  /** The samples. */
  data: Uint8Array
  /** Their size. */
  info: { width: number; height: number; channels: number }
}

/**
 * An image: a path, or a `file:` or `data:` URL as text or object; the bytes of an encoded file (Buffer, Uint8Array,
 * ArrayBuffer, Blob or File); or samples in memory (`RawImage`, ImageData, transformers.js's RawImage, or what sharp
 * gives). Values of other realms count like this one's.
 */
export type ImageInput =
  | string
  | URL
  | Uint8Array
  | Uint8ClampedArray
  | DataView
  | ArrayBufferLike
  | Blob
  | RawImage
  | SharpImage

/** The bytes of an encoded image, and what messages call it. */
export interface EncodedImage {
  name: string
  bytes: Buffer
}

/** Samples in memory with all their fields. */
export type RawSamples = Required<RawImage>

const REMOTE = 'Download remote images first.'
const KINDS =
  'a path, a file: or data: URL, the bytes of an image file (Buffer, Uint8Array, ArrayBuffer, Blob), or ' +
  '{ data, width, height, channels }'

/** How to make an image of a value that is none. */
const REMEDIES: Record<string, string> = {
  Response: 'Pass `await response.arrayBuffer()`.',
  Request: 'Pass `await request.arrayBuffer()`.',
  ReadableStream: 'Pass `await new Response(stream).arrayBuffer()`.',
  ReadStream: 'Pass the path of the file.',
  FileHandle: 'Pass `await handle.readFile()`.',
  Sharp: 'Pass `await image.png().toBuffer()`.',
  Promise: 'Await it first.',
  Array: 'Pass one image, or all of them to segmentAll().',
}

/**
 * The bytes or samples of an image. Throws `ERR_STEGO_IMAGE` for what is none, `ERR_STEGO_DATA_MISSING` for a file that
 * does not exist, `ERR_STEGO_FILE` for one that cannot be read.
 */
export async function readInput(input: unknown): Promise<EncodedImage | RawSamples> {
  if (isArrayOf(input, 'Uint8Array', 'Uint8ClampedArray') || tagOf(input) === 'DataView') {
    return inMemory(bytesOf(input as DataView))
  }
  if (tagOf(input) === 'ArrayBuffer' || tagOf(input) === 'SharedArrayBuffer') {
    return inMemory(bytesOf(input as ArrayBuffer))
  }
  if (isBlob(input)) return { ...inMemory(new Uint8Array(await input.arrayBuffer())), name: blobName(input) }
  if (typeof input === 'object' && input !== null && 'data' in input) return samplesOf(input)
  const text = isUrl(input) ? input.href : input
  if (typeof text !== 'string' || text === '') throw notAnImage(input)
  if (/^data:/i.test(text)) return fromDataUrl(text)
  return fromFile(/^file:/i.test(text) ? pathOfUrl(text) : text)
}

/** The path of an image that is a file, else null. */
export function pathOfImage(input: unknown): string | null {
  const text = isUrl(input) ? input.href : input
  if (typeof text !== 'string' || /^data:/i.test(text)) return null
  return /^file:/i.test(text) ? pathOfUrl(text) : text
}

/** The file of an image. Throws as `readInput` does. */
export async function fromFile(path: string): Promise<EncodedImage> {
  if (/^(https?|s3|gs|ftp|blob):/i.test(path)) {
    const message = `expected ${KINDS}, got the address ${brief(path)}. ${REMOTE}`
    throw new StegoError('ERR_STEGO_IMAGE', message)
  }
  try {
    return { name: path, bytes: await readFile(path) }
  } catch (cause) {
    throw unreadableFile(path, cause)
  }
}

const BEGINNING = 512

/** The first bytes of a file. Throws as `readInput` does. */
export async function readBeginning(path: string): Promise<Buffer> {
  try {
    const file = await open(path)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(BEGINNING), 0, BEGINNING, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw unreadableFile(path, cause)
  }
}

/** The error for an image file that is missing or unreadable. */
export function unreadableFile(path: string, cause: unknown): StegoError {
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'EISDIR') {
    const message = `expected an image file, got the folder ${brief(path)}. Pass a file in it.`
    return new StegoError('ERR_STEGO_FILE', message, { cause })
  }
  const isEncoded = path.length > 200 && /^[\w+/=\s]+$/.test(path)
  if (isEncoded || code === 'ENAMETOOLONG') {
    const message =
      `expected ${KINDS}, got a text of ${path.length} characters, which is no path. ` +
      "If it is base64, pass Buffer.from(text, 'base64')."
    return new StegoError('ERR_STEGO_IMAGE', message, { cause })
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const remedy = path.startsWith('~')
      ? 'Write out the home folder: only a shell replaces "~".'
      : 'Check the path.'
    const message = `the file ${brief(path)} does not exist. ${remedy}`
    return new StegoError('ERR_STEGO_DATA_MISSING', message, { cause })
  }
  const message = `the file ${brief(path)} cannot be read (${code ?? brief(String(cause))}). Check its permissions.`
  return new StegoError('ERR_STEGO_FILE', message, { cause })
}

function pathOfUrl(text: string): string {
  try {
    return fileURLToPath(text)
  } catch (cause) {
    // `file://photos/a.jpg` names a host, where most people mean a relative path.
    const relative = /^file:\/\/(?!\/)(.+)$/i.exec(text)
    if (relative) return decodeURIComponent(relative[1]!)
    throw new StegoError(
      'ERR_STEGO_IMAGE',
      `${brief(text)} is not a file: URL of this machine. Pass file:///<absolute path>, or the path.`,
      { cause },
    )
  }
}

async function fromDataUrl(url: string): Promise<EncodedImage> {
  try {
    const response = await fetch(url)
    return { name: 'the image in the data: URL', bytes: Buffer.from(await response.arrayBuffer()) }
  } catch (cause) {
    throw new StegoError(
      'ERR_STEGO_IMAGE',
      `the data: URL of ${url.length} characters is malformed: expected data:<type>;base64,<bytes>.`,
      { cause },
    )
  }
}

const inMemory = (bytes: Uint8Array): EncodedImage => ({
  name: 'the image buffer',
  bytes: Buffer.from(bytes),
})

function isBlob(value: unknown): value is Blob {
  return ['Blob', 'File'].includes(tagOf(value)) && typeof (value as Partial<Blob>).arrayBuffer === 'function'
}

const blobName = (blob: Blob & { name?: unknown }) =>
  typeof blob.name === 'string' ? brief(blob.name) : 'the image in the Blob'

function samplesOf(input: object): RawSamples {
  const { data, info } = input as { data: unknown; info?: unknown }
  const { width, height, channels } = (isRecord(info) ? info : input) as Partial<RawSamples>
  if (!isArrayOf(data, 'Uint8Array', 'Uint8ClampedArray')) {
    throw new StegoError(
      'ERR_STEGO_IMAGE',
      `the data of a raw image must be a Uint8Array of 8-bit samples, got ${typeWords(data)}. Scale its values to ` +
        '0 to 255 and copy them with Uint8Array.from().',
    )
  }
  const sizes = [width, height].every((side) => Number.isInteger(side) && side! > 0)
  const depth = channels ?? (sizes ? data.length / (width! * height!) : undefined)
  if (!sizes || !Number.isInteger(depth) || depth! < 1 || depth! > 4) {
    throw new StegoError(
      'ERR_STEGO_IMAGE',
      'a raw image needs a width and height of at least 1 and 1 to 4 channels, got ' +
        `width ${brief(String(width))}, height ${brief(String(height))}, channels ${brief(String(depth))}. ` +
        'Pass the size of its data.',
    )
  }
  const expected = width! * height! * depth!
  if (data.length !== expected) {
    throw new StegoError(
      'ERR_STEGO_IMAGE',
      `a raw image of ${width} x ${height} with ${depth} channels has ${expected} bytes, got ${data.length}. Check ` +
        'width, height and channels; rows must not be padded.',
    )
  }
  return { data: bytesOf(data), width: width!, height: height!, channels: depth! }
}

function notAnImage(input: unknown): StegoError {
  const received = isUrl(input) ? `the URL ${brief(input.href)}` : input === '' ? '""' : typeWords(input)
  const name = (input as object | null)?.constructor?.name ?? ''
  const remedy = REMEDIES[Array.isArray(input) ? 'Array' : name] ?? REMOTE
  return new StegoError('ERR_STEGO_IMAGE', `expected an image as ${KINDS}, got ${received}. ${remedy}`)
}
