import { crc32, deflateSync } from 'node:zlib'
import test from 'ava'
import sharp from 'sharp'
import { decodePngIndices } from '../../lib/formats/png.js'

const decode = (bytes: Buffer) => decodePngIndices(bytes, 'a.png')
const code = 'ERR_STEGO_IMAGE'

function chunk(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(body.length)
  head.write(type, 4, 'latin1')
  const tail = Buffer.alloc(4)
  tail.writeUInt32BE(crc32(body, crc32(head.subarray(4))))
  return Buffer.concat([head, body, tail])
}

interface Shape {
  width: number
  height: number
  depth: number
  colorType: number
}

/** A PNG of given samples, row-major, without row filters. */
function png({ width, height, depth, colorType }: Shape, samples: number[], palette?: number[]): Buffer {
  const perRow = samples.length / height
  const rows = Array.from({ length: height }, (_, y) => {
    const bits = samples
      .slice(y * perRow, (y + 1) * perRow)
      .map((value) => value.toString(2).padStart(depth, '0'))
      .join('')
    const bytes = bits.match(/.{1,8}/g)!.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2))
    return Buffer.from([0, ...bytes])
  })
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = depth
  header[9] = colorType
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    ...(palette ? [chunk('PLTE', Buffer.from(palette))] : []),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** Noise that repeats: smooth enough that encoders choose different filters for different rows. */
const noise = (length: number, limit: number) =>
  Array.from({ length }, (_, i) => (((i * i * 31) >> 3) + (i % 17)) % limit)

for (const depth of [1, 2, 4, 8]) {
  for (const colorType of [0, 3]) {
    test(`${colorType === 0 ? 'gray' : 'palette'} of ${depth} bits: stored values, unscaled`, async (t) => {
      const values = noise(11 * 5, 2 ** depth)
      const palette =
        colorType === 3 ? Array.from({ length: 3 * 2 ** depth }, (_, i) => 255 - (i % 256)) : undefined
      const file = png({ width: 11, height: 5, depth, colorType }, values, palette)
      t.deepEqual(await decode(file), { data: Uint8Array.from(values), width: 11, height: 5 })
    })
  }
}

test('16-bit grays are as they are stored', async (t) => {
  const file = png({ width: 5, height: 1, depth: 16, colorType: 0 }, [0, 7, 255, 256, 65535])
  t.deepEqual([...(await decode(file)).data], [0, 7, 255, 256, 65535])
})

test('gray with alpha, RGB and RGBA with equal channels are gray', async (t) => {
  const shape = { width: 2, height: 1, depth: 8 }
  const files = [
    png({ ...shape, colorType: 4 }, [3, 255, 9, 0]),
    png({ ...shape, colorType: 2 }, [3, 3, 3, 9, 9, 9]),
    png({ ...shape, colorType: 6 }, [3, 3, 3, 255, 9, 9, 9, 0]),
  ]
  for (const file of files) t.deepEqual([...(await decode(file)).data], [3, 9])
})

test('colors are refused, naming one', async (t) => {
  const file = png({ width: 2, height: 1, depth: 8, colorType: 2 }, [3, 3, 3, 128, 64, 128])
  await t.throwsAsync(decode(file), { code, message: /a\.png.*\(128, 64, 128\) at 1,0/ })
})

for (const progressive of [false, true]) {
  test(`what an encoder writes with all filters, ${progressive ? 'interlaced' : 'row by row'}`, async (t) => {
    for (const [width, height] of [
      [1, 1],
      [3, 2],
      [9, 21],
      [64, 40],
    ] as const) {
      const values = Uint8Array.from({ length: width * height }, (_, i) => (i % width) * 3 + ((i * i) % 7))
      const file = await sharp(values, { raw: { width, height, channels: 1 } })
        .toColourspace('b-w')
        .png({ progressive, adaptiveFiltering: true })
        .toBuffer()
      t.deepEqual(await decode(file), { data: values, width, height })
    }
  })
}

test('indices of a quantized palette lead to the colors that are shown', async (t) => {
  const rgb = Uint8Array.from(
    { length: 40 * 30 * 3 },
    (_, i) => ((i % 3) * 90 + Math.floor(i / 360) * 60) % 256,
  )
  const file = await sharp(rgb, { raw: { width: 40, height: 30, channels: 3 } })
    .png({ palette: true, colours: 16, dither: 0 })
    .toBuffer()
  const at = file.indexOf('PLTE')
  const palette = file.subarray(at + 4, at + 4 + file.readUInt32BE(at - 4))
  const shown = await sharp(file).removeAlpha().raw().toBuffer()
  const { data } = await decode(file)
  const colors = [...data].flatMap((index) => [...palette.subarray(3 * index, 3 * index + 3)])
  t.deepEqual(Buffer.from(colors), shown)
})

test('damage is found', async (t) => {
  const good = png({ width: 40, height: 40, depth: 8, colorType: 0 }, noise(1600, 256))
  const flipped = Buffer.from(good)
  flipped[60]! ^= 0x55
  const zeroWidth = png({ width: 0, height: 1, depth: 8, colorType: 0 }, [1])
  const wrongDepth = png({ width: 1, height: 1, depth: 4, colorType: 2 }, [1, 1, 1, 1])
  const short = png({ width: 2, height: 9, depth: 8, colorType: 0 }, [1, 2, 3, 4, 5, 6, 7, 8, 9])
  const cases: [Buffer, RegExp][] = [
    [Buffer.from('GIF89a'), /not a PNG/],
    [Buffer.alloc(0), /not a PNG/],
    [good.subarray(0, 8), /header is missing/],
    [good.subarray(0, 20), /ends early/],
    [good.subarray(0, 40), /no pixel data/],
    [good.subarray(0, good.length >> 1), /ends early/],
    [flipped, /IDAT chunk is damaged/],
    [zeroWidth, /header is damaged/],
    [wrongDepth, /header is damaged/],
    [short, /ends early/],
  ]
  for (const [file, message] of cases) {
    await t.throwsAsync(decode(file), { code, message })
  }
})
