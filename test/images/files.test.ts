/** Files that are not 8-bit RGB, not quite whole, or no images. */
import { crc32 } from 'node:zlib'
import test from 'ava'
import sharp from 'sharp'
import { decodeImage } from '../../lib/images/decode.js'
import type { PixelRule } from '../../lib/images/samples.js'
import { type TiffFields, writeTiff } from './write-tiff.js'

const WIDTH = 24
const HEIGHT = 20
const ramp = (low: number, high: number, bands = 1) =>
  Array.from({ length: WIDTH * HEIGHT * bands }, (_, i) => {
    const pixel = Math.floor(i / bands)
    return low + ((high - low) * (pixel + (i % bands))) / (WIDTH * HEIGHT + bands - 2)
  })

const tiff = (values: Parameters<typeof writeTiff>[0], fields: Partial<TiffFields> = {}) =>
  writeTiff(values, { width: WIDTH, height: HEIGHT, ...fields })

const KINDS: [string, Buffer][] = [
  ['12 of 16 bits', tiff(Uint16Array.from(ramp(100, 4000)))],
  ['all 16 bits', tiff(Uint16Array.from(ramp(0, 65535)))],
  ['int16 below 0', tiff(Int16Array.from(ramp(-900, 1200)))],
  ['uint32', tiff(Uint32Array.from(ramp(1e6, 4e6)))],
  ['float from 0 to 1', tiff(Float32Array.from(ramp(0, 1)))],
  ['elevations', tiff(Float32Array.from(ramp(215, 990)))],
  ['three float bands', tiff(Float32Array.from(ramp(0, 1, 3)), { bands: 3 })],
]

for (const [name, bytes] of KINDS) {
  test(`a TIFF of ${name} fills the range from black to white, in order`, async (t) => {
    const { data, width, height } = await decodeImage(bytes)
    t.deepEqual([width, height], [WIDTH, HEIGHT])
    t.true(data[0]! <= 2, `${data[0]}`)
    t.true(data.at(-1)! >= 253, `${data.at(-1)}`)
    const green = Array.from({ length: WIDTH * HEIGHT }, (_, i) => data[3 * i + 1]!)
    t.true(green.every((value, i) => i === 0 || value >= green[i - 1]!))
    t.true(Math.abs(green[(WIDTH * HEIGHT) / 2]! - 128) < 4)
  })
}

test('a range is taken at its word, and that of the type', async (t) => {
  const bytes = tiff(Uint16Array.from(ramp(0, 4000)))
  const given = await decodeImage(bytes, { rule: { range: [0, 8000], bands: null } })
  t.is(given.data.at(-1), 128)
  const whole = await decodeImage(bytes, { rule: { range: 'type', bands: null } })
  t.is(whole.data.at(-1), 4000 >> 8)
  const measured: PixelRule = { range: 'auto', bands: null, measured: { uint16: [0, 16000] } }
  t.is((await decodeImage(bytes, { rule: measured })).data.at(-1), 64)
})

test('a 16-bit PNG that uses 12 bits is seen', async (t) => {
  const values = Uint16Array.from(ramp(0, 4095))
  const png = await sharp(values, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer()
  const { data } = await decodeImage(png)
  t.true(data[0]! <= 1)
  t.true(data.at(-1)! >= 254)
})

test('bands beyond four have to be named, and are counted from 1', async (t) => {
  const values = Uint8Array.from({ length: WIDTH * HEIGHT * 6 }, (_, i) => 10 * (1 + (i % 6)))
  const bytes = tiff(values, { bands: 6, photometric: 1, extraSamples: [0, 0, 0, 0, 0] })
  await t.throwsAsync(decodeImage(bytes), {
    code: 'ERR_STEGO_IMAGE',
    message: /has 6 bands \(1, 2, 3, 4, 5, 6\).*--bands/,
  })
  const { data } = await decodeImage(bytes, { rule: { range: 'auto', bands: [6, 1, 3] } })
  t.deepEqual([...data.subarray(0, 3)], [60, 10, 30])
  await t.throwsAsync(decodeImage(bytes, { rule: { range: 'auto', bands: [7, 1, 3] } }), {
    message: /band 7/,
  })
})

test('a fourth band that is no alpha is left out with a note', async (t) => {
  const values = Uint16Array.from(ramp(0, 65535, 4))
  const bytes = tiff(values, { bands: 4, extraSamples: [0] })
  const { notes } = await decodeImage(bytes)
  t.regex(notes![0]!, /has 4 bands, of which the first 3 are used/)
})

test('planes become pixels, upright', async (t) => {
  const pixels = Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => (i * 31) % 256)
  const planes = [0, 1, 2].flatMap((band) => pixels.filter((_, i) => i % 3 === band))
  for (const photometric of [1, 2]) {
    const { data } = await decodeImage(tiff(Uint8Array.from(planes), { bands: 3, planar: true, photometric }))
    t.deepEqual([...data], pixels)
  }
  for (let orientation = 1; orientation <= 8; orientation++) {
    const planar = await decodeImage(tiff(Uint8Array.from(planes), { bands: 3, planar: true, orientation }))
    const chunky = await decodeImage(tiff(Uint8Array.from(pixels), { bands: 3, orientation }))
    t.deepEqual(planar, chunky, `${orientation}`)
  }
})

test('white may be the lowest value, and a value may be missing', async (t) => {
  const white = await decodeImage(tiff(Uint16Array.from(ramp(0, 4000)), { photometric: 0 }))
  t.true(white.data[0]! > 250 && white.data.at(-1)! < 5)
  const gaps = Float32Array.from(ramp(100, 200), (value, i) => (i % 7 === 0 ? Number.NaN : value))
  const { data } = await decodeImage(tiff(gaps))
  t.is(data[0], 0)
  t.true(data.at(-1)! > 250)
})

test('bands of an ordinary image change places', async (t) => {
  const pixels = Buffer.from(Array.from({ length: WIDTH * HEIGHT }, () => [10, 20, 30]).flat())
  const png = await sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .png()
    .toBuffer()
  const { data } = await decodeImage(png, { rule: { range: 'auto', bands: [3, 2, 2] } })
  t.deepEqual([...data.subarray(0, 3)], [30, 20, 20])
})

const photo = () => {
  const pixels = Buffer.from(Array.from({ length: 96 * 64 * 3 }, (_, i) => (i * 7919 + (i >> 5)) % 256))
  return sharp(pixels, { raw: { width: 96, height: 64, channels: 3 } })
}

test('a JPEG without its end marker is read with a note; one that lacks more is not', async (t) => {
  for (const options of [{}, { progressive: true }]) {
    const jpeg = await photo().jpeg(options).toBuffer()
    const whole = await decodeImage(jpeg)
    for (const bytes of [
      jpeg.subarray(0, -2),
      jpeg.subarray(0, -1),
      Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(3)]),
    ]) {
      const read = await decodeImage(bytes)
      t.deepEqual(read.data, whole.data)
      t.regex(read.notes![0]!, /lacks the marker at its end/)
    }
    await t.throwsAsync(decodeImage(jpeg.subarray(0, -200)), {
      code: 'ERR_STEGO_IMAGE',
      message: /premature end/,
    })
  }
})

function chunk(type: string, body: Buffer, damaged = false): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body])
  const out = Buffer.alloc(named.length + 8)
  out.writeUInt32BE(body.length, 0)
  named.copy(out, 4)
  out.writeUInt32BE((crc32(named) ^ (damaged ? 1 : 0)) >>> 0, named.length + 4)
  return out
}

test('a PNG with a damaged text is read with a note; one with damaged pixels is not', async (t) => {
  const png = await photo().png().toBuffer()
  const { data } = await decodeImage(png)
  const start = png.subarray(0, 33)
  const text = Buffer.concat([start, chunk('tEXt', Buffer.from('a\0b'), true), png.subarray(33)])
  const read = await decodeImage(text)
  t.deepEqual(read.data, data)
  const damaged = Buffer.from(png)
  damaged[png.length - 40]! ^= 0xff
  await t.throwsAsync(decodeImage(damaged), { code: 'ERR_STEGO_IMAGE' })
})

test('what is no image is called what it is, with the way to convert it', async (t) => {
  const heic = Buffer.concat([
    Buffer.from([0, 0, 0, 24]),
    Buffer.from('ftypheic\0\0\0\0mif1heic'),
    Buffer.alloc(64, 7),
  ])
  const files: [Buffer, RegExp][] = [
    [heic, /HEIC image.*heif-convert/],
    [Buffer.from('BM123456'), /BMP image/],
    [Buffer.from('%PDF-1.7'), /PDF/],
    [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), /SVG drawing/],
    [Buffer.from('<?xml version="1.0"?>\n<!-- a -->\n<svg/>'), /SVG drawing/],
    [Buffer.from('<!DOCTYPE html><html></html>'), /HTML page/],
    [Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'), /git lfs pull/],
    [Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0', 'latin1'), /video/],
    [Buffer.alloc(0), /an empty file/],
  ]
  for (const [bytes, message] of files) {
    await t.throwsAsync(decodeImage(bytes), { code: 'ERR_STEGO_IMAGE', message })
  }
})

test('an image beyond the limit of pixels is refused by its header', async (t) => {
  const png = await photo().png().toBuffer()
  await t.throwsAsync(decodeImage(png, { maxPixels: 6143 }), {
    code: 'ERR_STEGO_IMAGE',
    message: /96 x 64 pixels.*maxPixels/,
  })
  t.is((await decodeImage(png, { maxPixels: 6144 })).width, 96)
})
