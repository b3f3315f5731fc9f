import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import sharp, { type Sharp } from 'sharp'
import { decodeImage, decodeLabels, type ImageInput } from '../../lib/data/decode.js'

const WIDTH = 12
const HEIGHT = 8
const RGB = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => (i * 37 + (i >> 3)) % 256)
const GREY = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => (i * 5) % 256)
const GREY_AS_RGB = Uint8Array.from([...GREY].flatMap((value) => [value, value, value]))

const raw = (data: Uint8Array | Uint16Array, channels: 1 | 2 | 3 | 4) =>
  sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels } })
const image = (data: Uint8Array) => ({ data, width: WIDTH, height: HEIGHT })

async function folder(t: ExecutionContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'stego-decode-'))
  t.teardown(() => rm(root, { recursive: true }))
  return root
}

const decoded: [string, () => Sharp, Uint8Array][] = [
  ['RGB PNG', () => raw(RGB, 3).png(), RGB],
  ['lossless WebP', () => raw(RGB, 3).webp({ lossless: true }), RGB],
  ['TIFF', () => raw(RGB, 3).tiff({ compression: 'deflate' }), RGB],
  ['grey PNG', () => raw(GREY, 1).toColourspace('b-w').png(), GREY_AS_RGB],
  [
    '16-bit RGB PNG',
    () =>
      raw(
        Uint16Array.from(RGB, (v) => v * 256 + 200),
        3,
      )
        .toColourspace('rgb16')
        .png(),
    RGB,
  ],
  [
    '16-bit grey PNG',
    () =>
      raw(
        Uint16Array.from(GREY, (v) => v * 256 + 200),
        1,
      )
        .toColourspace('grey16')
        .png(),
    GREY_AS_RGB,
  ],
]
for (const [name, encode, expected] of decoded) {
  test(`${name}: the stored pixels as RGB`, async (t) => {
    t.deepEqual(await decodeImage(await encode().toBuffer()), image(expected))
  })
}

test('alpha is dropped over the stored colour', async (t) => {
  const rgba = Uint8Array.from({ length: WIDTH * HEIGHT * 4 }, (_, i) =>
    i % 4 === 3 ? i % 256 : RGB[3 * (i >> 2) + (i % 4)]!,
  )
  t.deepEqual(await decodeImage(await raw(rgba, 4).png().toBuffer()), image(RGB))
})

test('palette images have the colours of their palette', async (t) => {
  const flat = Uint8Array.from(
    RGB,
    (_, i) => [200, 30, 60, 10, 20, 250][(i % 3) + 3 * (Math.floor(i / 30) % 2)]!,
  )
  t.deepEqual(await decodeImage(await raw(flat, 3).png({ palette: true, dither: 0 }).toBuffer()), image(flat))
  t.deepEqual(await decodeImage(await raw(flat, 3).gif({ dither: 0 }).toBuffer()), image(flat))
})

test('a colour profile does not change the pixels', async (t) => {
  const tagged = await raw(RGB, 3).withIccProfile('p3').png().toBuffer()
  t.truthy((await sharp(tagged).metadata()).icc)
  const stored = await sharp(tagged, { ignoreIcc: true }).raw().toBuffer()
  t.deepEqual(await decodeImage(tagged), image(new Uint8Array(stored)))
})

test('CMYK becomes RGB', async (t) => {
  const red = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => (i % 3 === 0 ? 220 : 20))
  const { data } = await decodeImage(await raw(red, 3).toColourspace('cmyk').jpeg().toBuffer())
  t.is(data.length, WIDTH * HEIGHT * 3)
  t.true(data[0]! > 170 && data[1]! < 90 && data[2]! < 90, `${data.subarray(0, 3)}`)
})

test('camera orientation is applied', async (t) => {
  const file = await raw(RGB, 3).withMetadata({ orientation: 6 }).png().toBuffer()
  const upright = await decodeImage(file)
  t.deepEqual([upright.width, upright.height], [HEIGHT, WIDTH])
  const bottomLeft = RGB.subarray(3 * WIDTH * (HEIGHT - 1), 3 * WIDTH * (HEIGHT - 1) + 3)
  t.deepEqual(upright.data.subarray(0, 3), bottomLeft)
})

test('path, file: URL, Buffer and Uint8Array are the same image', async (t) => {
  const path = join(await folder(t), 'a.png')
  const file = await raw(RGB, 3).png().toBuffer()
  await writeFile(path, file)
  for (const input of [path, pathToFileURL(path), file, new Uint8Array(file)]) {
    t.deepEqual(await decodeImage(input), image(RGB))
  }
})

test('raw samples of 1 to 4 channels', async (t) => {
  const size = { width: 2, height: 1 }
  const cases: [ImageInput, number[]][] = [
    [{ data: Uint8Array.of(5, 9), ...size, channels: 1 }, [5, 5, 5, 9, 9, 9]],
    [{ data: Uint8Array.of(5, 0, 9, 128), ...size, channels: 2 }, [5, 5, 5, 9, 9, 9]],
    [{ data: Uint8Array.of(1, 2, 3, 4, 5, 6), ...size, channels: 3 }, [1, 2, 3, 4, 5, 6]],
    [{ data: Uint8ClampedArray.of(1, 2, 3, 0, 4, 5, 6, 255), ...size, channels: 4 }, [1, 2, 3, 4, 5, 6]],
  ]
  for (const [input, expected] of cases) {
    t.deepEqual(await decodeImage(input), { data: Uint8Array.from(expected), ...size })
  }
})

test('raw samples are copied', async (t) => {
  const data = Uint8Array.of(1, 2, 3)
  const decoded = await decodeImage({ data, width: 1, height: 1, channels: 3 })
  data.fill(0)
  structuredClone(data, { transfer: [data.buffer] })
  t.deepEqual(decoded.data, Uint8Array.of(1, 2, 3))
})

test('an encoded buffer may be transferred while it is decoded', async (t) => {
  const bytes = new Uint8Array(await raw(RGB, 3).png().toBuffer())
  const work = decodeImage(bytes)
  structuredClone(bytes, { transfer: [bytes.buffer] })
  t.deepEqual(await work, image(RGB))
})

test('raw samples of the wrong length, type or size', async (t) => {
  const code = 'ERR_STEGO_IMAGE'
  const wrong = (fields: object) =>
    decodeImage({ data: new Uint8Array(12), width: 2, height: 2, channels: 3, ...fields } as ImageInput)
  await t.throwsAsync(wrong({ width: 3 }), {
    code,
    message: /3 x 2 with 3 channels has 18 bytes, received 12/,
  })
  await t.throwsAsync(wrong({ channels: 5 }), { code, message: /1 to 4 channels/ })
  await t.throwsAsync(wrong({ width: 1.5 }), { code })
  await t.throwsAsync(wrong({ data: new Float32Array(12) }), { code, message: /received Float32Array/ })
})

test('damaged and foreign files are named with the reason', async (t) => {
  const root = await folder(t)
  const jpeg = await raw(RGB, 3).jpeg().toBuffer()
  const files: [string, Buffer, RegExp][] = [
    ['cut.jpg', jpeg.subarray(0, jpeg.length - 80), /premature end/],
    ['text.png', Buffer.from('hello'), /unsupported image format/],
    ['empty.png', Buffer.alloc(0), /empty/],
  ]
  for (const [name, bytes, reason] of files) {
    const path = join(root, name)
    await writeFile(path, bytes)
    const error = await t.throwsAsync(decodeImage(path), { name: 'StegoError', code: 'ERR_STEGO_IMAGE' })
    t.true(error.message.startsWith(path))
    t.regex(error.message, reason)
    t.notRegex(error.message, /\n|\.\./)
    t.truthy(error.cause)
  }
})

test('missing files, folders and things that are no image', async (t) => {
  const root = await folder(t)
  await t.throwsAsync(decodeImage(join(root, 'no.jpg')), {
    code: 'ERR_STEGO_DATA_MISSING',
    message: /no\.jpg/,
  })
  await t.throwsAsync(decodeImage('https://example.org/a.jpg'), {
    code: 'ERR_STEGO_DATA_MISSING',
    message: /fetched first/,
  })
  await t.throwsAsync(decodeImage(root), { code: 'ERR_STEGO_FILE', message: /received the folder/ })
  for (const input of [undefined, null, 7, '', new URL('https://example.org/a.jpg'), new Float32Array(3)]) {
    await t.throwsAsync(decodeImage(input as unknown as string), {
      code: 'ERR_STEGO_IMAGE',
      message: /expected an image as a path/,
    })
  }
})

async function labelFile(t: ExecutionContext, bytes: Buffer): Promise<string> {
  const path = join(await folder(t), 'label.png')
  await writeFile(path, bytes)
  return path
}

test('a label map gives its class indices', async (t) => {
  const path = await labelFile(t, await raw(GREY, 1).toColourspace('b-w').png().toBuffer())
  t.deepEqual(await decodeLabels(path, { width: WIDTH, height: HEIGHT }), image(GREY))
})

test('a label map of another size names both', async (t) => {
  const path = await labelFile(t, await raw(GREY, 1).toColourspace('b-w').png().toBuffer())
  const code = 'ERR_STEGO_LABEL_SIZE'
  await t.throwsAsync(decodeLabels(path, { width: 20, height: HEIGHT, name: 'street.jpg' }), {
    code,
    message: /label\.png is 12 x 8, but its image street\.jpg is 20 x 8/,
  })
  await t.throwsAsync(decodeLabels(path, { width: HEIGHT, height: WIDTH }), {
    code,
    message: /EXIF orientation/,
  })
})

test('colour-coded labels are refused with the remedy', async (t) => {
  const path = await labelFile(t, await raw(RGB, 3).png().toBuffer())
  await t.throwsAsync(decodeLabels(path, { width: WIDTH, height: HEIGHT }), {
    code: 'ERR_STEGO_IMAGE',
    message: /label\.png.*holds colours.*class indices/,
  })
})

test('a label map that is no PNG, or missing', async (t) => {
  const path = await labelFile(t, await raw(RGB, 3).jpeg().toBuffer())
  const size = { width: WIDTH, height: HEIGHT }
  await t.throwsAsync(decodeLabels(path, size), { code: 'ERR_STEGO_IMAGE', message: /not a PNG file/ })
  await t.throwsAsync(decodeLabels(`${path}.png`, size), { code: 'ERR_STEGO_DATA_MISSING' })
})
