import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { crc32, deflateSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import sharp, { type Sharp } from 'sharp'
import { decodeImage } from '../../lib/images/decode.js'
import type { ImageInput } from '../../lib/images/input.js'
import { decodeLabels } from '../../lib/images/label-map.js'

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
  ['gray PNG', () => raw(GREY, 1).toColourspace('b-w').png(), GREY_AS_RGB],
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
    '16-bit gray PNG',
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

test('alpha is dropped over the stored color', async (t) => {
  const rgba = Uint8Array.from({ length: WIDTH * HEIGHT * 4 }, (_, i) =>
    i % 4 === 3 ? i % 256 : RGB[3 * (i >> 2) + (i % 4)]!,
  )
  t.deepEqual(await decodeImage(await raw(rgba, 4).png().toBuffer()), image(RGB))
})

test('palette images have the colors of their palette', async (t) => {
  const flat = Uint8Array.from(
    RGB,
    (_, i) => [200, 30, 60, 10, 20, 250][(i % 3) + 3 * (Math.floor(i / 30) % 2)]!,
  )
  t.deepEqual(await decodeImage(await raw(flat, 3).png({ palette: true, dither: 0 }).toBuffer()), image(flat))
  t.deepEqual(await decodeImage(await raw(flat, 3).gif({ dither: 0 }).toBuffer()), image(flat))
})

test('a color profile does not change the pixels', async (t) => {
  const tagged = await raw(RGB, 3).withIccProfile('p3').png().toBuffer()
  t.truthy((await sharp(tagged).metadata()).icc)
  const stored = await sharp(tagged, { ignoreIcc: true }).raw().toBuffer()
  t.deepEqual(await decodeImage(tagged), image(new Uint8Array(stored)))
})

/** A little-endian TIFF of one uncompressed strip; photometric 0 and 1 are gray, 3 a palette, 5 CMYK. */
function tiff(
  samples: Uint8Array,
  photometric: number,
  depth: number,
  perPixel: number,
  more: number[][] = [],
) {
  const entries = [
    [256, 4, 1, WIDTH],
    [257, 4, 1, HEIGHT],
    [258, 3, perPixel, 0],
    [259, 3, 1, 1],
    [262, 3, 1, photometric],
    [273, 4, 1, 0],
    [277, 3, 1, perPixel],
    [278, 4, 1, HEIGHT],
    [279, 4, 1, samples.length],
    ...more,
  ]
  const tail = 8 + 2 + 12 * entries.length + 4
  const depths = Buffer.from(Uint16Array.from({ length: perPixel }, () => depth).buffer)
  const head = Buffer.alloc(tail)
  head.write('II*\0\x08\0\0\0', 'latin1')
  head.writeUInt16LE(entries.length, 8)
  for (const [i, [tag, type, count, value]] of entries.entries()) {
    const at = 10 + 12 * i
    head.writeUInt16LE(tag!, at)
    head.writeUInt16LE(type!, at + 2)
    head.writeUInt32LE(count!, at + 4)
    head.writeUInt32LE(value!, at + 8)
    if (tag === 258 && perPixel <= 2) depths.copy(head, at + 8)
    if (tag === 258 && perPixel > 2) head.writeUInt32LE(tail, at + 8)
    if (tag === 273) head.writeUInt32LE(tail + depths.length, at + 8)
  }
  return Buffer.concat([head, depths, samples])
}

test('CMYK becomes RGB as in Pillow, without a profile', async (t) => {
  const inks = Uint8Array.from({ length: WIDTH * HEIGHT * 4 }, (_, i) => (i * 53 + (i >> 4)) % 256)
  inks.set([200, 30, 60, 40, 95, 130, 194, 217, 0, 0, 0, 0, 255, 255, 255, 255])
  const { data } = await decodeImage(tiff(inks, 5, 8, 4))
  // The first two as Pillow 13 converts them.
  t.deepEqual([...data.subarray(0, 12)], [46, 190, 164, 24, 19, 9, 255, 255, 255, 0, 0, 0])
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    const light = 255 - inks[4 * i + 3]!
    for (let c = 0; c < 3; c++) {
      const expected = light - Math.round((inks[4 * i + c]! * light) / 255)
      t.is(data[3 * i + c], expected, `pixel ${i}, channel ${c}`)
    }
  }
})

test('a CMYK JPEG, whose inks are stored inverted', async (t) => {
  const flat = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => [220, 20, 20][i % 3]!)
  const file = await raw(flat, 3).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer()
  t.is((await sharp(file).metadata()).channels, 4)
  const { data } = await decodeImage(file)
  t.true(data[0]! > 170 && data[1]! < 60 && data[2]! < 60, `${data.subarray(0, 3)}`)
})

test('CMYK is turned upright too', async (t) => {
  const inks = Uint8Array.from({ length: WIDTH * HEIGHT * 4 }, (_, i) => [i >> 2, 0, 0, 0][i % 4]!)
  const { data, width, height } = await decodeImage(tiff(inks, 5, 8, 4, [[274, 3, 1, 3]]))
  t.deepEqual([width, height, data[0]], [WIDTH, HEIGHT, 255 - (WIDTH * HEIGHT - 1)])
})

test('TIFF of one bit, white first and black first, and of 16 bits', async (t) => {
  const bits = Uint8Array.from({ length: HEIGHT * 2 }, (_, i) => (i % 2 === 0 ? 0b10110010 : 0b01010000))
  const ones = [1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 0, 1]
  for (const [photometric, white] of [
    [1, 1],
    [0, 0],
  ] as const) {
    const { data } = await decodeImage(tiff(bits, photometric, 1, 1))
    const expected = ones.flatMap((bit) => Array(3).fill(bit === white ? 255 : 0))
    t.deepEqual([...data.subarray(0, 36)], expected)
  }
  const words = Buffer.from(Uint16Array.from(GREY, (value) => value * 256 + 200).buffer)
  t.deepEqual(await decodeImage(tiff(words, 1, 16, 1)), image(GREY_AS_RGB))
})

test('gray with alpha: the stored gray', async (t) => {
  const pairs = Uint8Array.from({ length: WIDTH * HEIGHT * 2 }, (_, i) => (i % 2 ? i % 256 : GREY[i >> 1]!))
  const file = await raw(pairs, 2 as 3)
    .toColourspace('b-w')
    .png()
    .toBuffer()
  t.is((await sharp(file).metadata()).channels, 2)
  t.deepEqual(await decodeImage(file), image(GREY_AS_RGB))
})

test('a palette with a transparent entry: the color of the entry', async (t) => {
  const indices = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => i % 3)
  const palette = [200, 30, 60, 10, 20, 250, 0, 255, 0]
  const file = palettePng(indices, palette, [255, 0, 128])
  t.true((await sharp(file).metadata()).hasAlpha)
  const colors = [...indices].flatMap((index) => palette.slice(3 * index, 3 * index + 3))
  t.deepEqual(await decodeImage(file), image(Uint8Array.from(colors)))
})

/** A palette PNG with the alpha of its first entries. */
function palettePng(indices: Uint8Array, palette: number[], alpha: number[]): Buffer {
  const chunk = (type: string, body: Buffer) => {
    const out = Buffer.alloc(12 + body.length)
    out.writeUInt32BE(body.length)
    out.write(type, 4, 'latin1')
    body.copy(out, 8)
    out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length)
    return out
  }
  const header = Buffer.from([0, 0, 0, WIDTH, 0, 0, 0, HEIGHT, 8, 3, 0, 0, 0])
  const rows = Array.from({ length: HEIGHT }, (_, y) => [0, ...indices.subarray(y * WIDTH, (y + 1) * WIDTH)])
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette)),
    chunk('tRNS', Buffer.from(alpha)),
    chunk('IDAT', deflateSync(Buffer.from(rows.flat()))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

test('camera orientation is applied', async (t) => {
  const file = await raw(RGB, 3).withMetadata({ orientation: 6 }).png().toBuffer()
  const upright = await decodeImage(file)
  t.deepEqual([upright.width, upright.height], [HEIGHT, WIDTH])
  const bottomLeft = RGB.subarray(3 * WIDTH * (HEIGHT - 1), 3 * WIDTH * (HEIGHT - 1) + 3)
  t.deepEqual(upright.data.subarray(0, 3), bottomLeft)
})

/** Where the upright pixel (x, y) is stored, for each EXIF orientation, in a stored picture of w x h. */
const STORED_AT: Record<number, (x: number, y: number, w: number, h: number) => [number, number]> = {
  1: (x, y) => [x, y],
  2: (x, y, w) => [w - 1 - x, y],
  3: (x, y, w, h) => [w - 1 - x, h - 1 - y],
  4: (x, y, _, h) => [x, h - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, _, h) => [y, h - 1 - x],
  7: (x, y, w, h) => [w - 1 - y, h - 1 - x],
  8: (x, y, w) => [w - 1 - y, x],
}

for (const [key, storedAt] of Object.entries(STORED_AT)) {
  test(`EXIF orientation ${key}: upright as cameras mean it, and a label map of the upright picture fits`, async (t) => {
    const root = await folder(t)
    const orientation = Number(key)
    await raw(RGB, 3).withMetadata({ orientation }).png().toFile(join(root, 'a.png'))
    const { width, height, data } = await decodeImage(join(root, 'a.png'))
    t.deepEqual([width, height], orientation < 5 ? [WIDTH, HEIGHT] : [HEIGHT, WIDTH])
    const labels = new Uint8Array(width * height)
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [column, row] = storedAt(x, y, WIDTH, HEIGHT)
        const from = 3 * (row * WIDTH + column)
        const to = 3 * (y * width + x)
        t.deepEqual(data.subarray(to, to + 3), RGB.subarray(from, from + 3))
        labels[y * width + x] = RGB[from]! % 7
      }
    }
    // Labels are drawn on the picture that people see: each pixel keeps the class of its color.
    await sharp(labels, { raw: { width, height, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(join(root, 'label.png'))
    const read = await decodeLabels(join(root, 'label.png'), { width, height })
    t.true(read.data.every((label, i) => label === data[3 * i]! % 7))
  })
}

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
    message: /3 x 2 with 3 channels has 18 bytes, got 12/,
  })
  await t.throwsAsync(wrong({ channels: 5 }), { code, message: /1 to 4 channels/ })
  await t.throwsAsync(wrong({ width: 1.5 }), { code })
  await t.throwsAsync(wrong({ data: new Float32Array(12) }), {
    code,
    message: /got an instance of Float32Array/,
  })
})

// By itself: other images decoded at the same moment can wipe the decoder's reason away.
test.serial('damaged and foreign files are named with the reason', async (t) => {
  const root = await folder(t)
  const jpeg = await raw(RGB, 3).jpeg().toBuffer()
  const files: [string, Buffer, RegExp][] = [
    ['cut.jpg', jpeg.subarray(0, jpeg.length - 80), /premature end/],
    ['text.png', Buffer.from('hello'), /is a text file/],
    ['empty.png', Buffer.alloc(0), /empty/],
  ]
  for (const [name, bytes, reason] of files) {
    const path = join(root, name)
    await writeFile(path, bytes)
    const error = await t.throwsAsync(decodeImage(path), { name: 'StegoError', code: 'ERR_STEGO_IMAGE' })
    t.true(error.message.startsWith(path))
    t.regex(error.message, reason)
    t.notRegex(error.message, /\n|\.\./)
  }
})

test('missing files, folders and things that are no image', async (t) => {
  const root = await folder(t)
  await t.throwsAsync(decodeImage(join(root, 'no.jpg')), {
    code: 'ERR_STEGO_DATA_MISSING',
    message: /no\.jpg/,
  })
  await t.throwsAsync(decodeImage('https://example.org/a.jpg'), {
    code: 'ERR_STEGO_IMAGE',
    message: /Download remote images first/,
  })
  await t.throwsAsync(decodeImage(root), { code: 'ERR_STEGO_FILE', message: /got the folder/ })
  for (const input of [undefined, null, 7, '', new URL('https://example.org/a.jpg'), new Float32Array(3)]) {
    await t.throwsAsync(decodeImage(input as unknown as string), {
      code: 'ERR_STEGO_IMAGE',
      message: /expected (an image as )?a path/,
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

test('color-coded labels are refused with the remedy', async (t) => {
  const path = await labelFile(t, await raw(RGB, 3).png().toBuffer())
  await t.throwsAsync(decodeLabels(path, { width: WIDTH, height: HEIGHT }), {
    code: 'ERR_STEGO_IMAGE',
    message: /label\.png.*holds colors.*class indices/,
  })
})

test('a label map that is no PNG, or missing', async (t) => {
  const path = await labelFile(t, await raw(RGB, 3).jpeg().toBuffer())
  const size = { width: WIDTH, height: HEIGHT }
  await t.throwsAsync(decodeLabels(path, size), { code: 'ERR_STEGO_IMAGE', message: /not a PNG file/ })
  await t.throwsAsync(decodeLabels(`${path}.png`, size), { code: 'ERR_STEGO_DATA_MISSING' })
})
