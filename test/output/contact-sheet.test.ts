import test from 'ava'
import sharp from 'sharp'
import { type ContactSheetRow, contactSheet } from '../../lib/output/contact-sheet.js'
import type { Palette } from '../../lib/output/palette.js'

const WIDTH = 60
const HEIGHT = 40
/** Colors that occur nowhere else in a sheet, so that areas can be counted. */
const palette: Palette = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
]
const IMAGE = [123, 45, 67]

const filled = (label: number) => new Uint8Array(WIDTH * HEIGHT).fill(label)
function row(fields: Partial<ContactSheetRow>): ContactSheetRow {
  const data = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => IMAGE[i % 3]!)
  const image = { data, width: WIDTH, height: HEIGHT }
  return { name: 'street', image, label: null, linearProbe: null, clusters: null, ...fields }
}

interface Sheet {
  width: number
  height: number
  /** Number of pixels of exactly this color. */
  count(color: readonly number[]): number
}

async function draw(...parameters: Parameters<typeof contactSheet>): Promise<Sheet> {
  const { data, info } = await sharp(await contactSheet(...parameters))
    .raw()
    .toBuffer({ resolveWithObject: true })
  const count = (color: readonly number[]) => {
    let found = 0
    for (let i = 0; i < data.length; i += info.channels) {
      if (color.every((value, channel) => data[i + channel] === value)) found++
    }
    return found
  }
  return { width: info.width, height: info.height, count }
}

test('each column shows its map in the colors of the palette', async (t) => {
  const label = { data: filled(0), width: WIDTH, height: HEIGHT }
  const sheet = await draw([row({ label, linearProbe: filled(1), clusters: filled(2) })], {
    palette,
    title: 'Run',
  })
  const cell = sheet.count(IMAGE)
  t.true(cell > WIDTH * HEIGHT)
  for (const color of palette) {
    const area = sheet.count(color)
    t.true(area >= cell && area < cell + 400, `${area} of ${cell}`)
  }
})

test('columns without content are left out', async (t) => {
  const all = await draw([row({ linearProbe: filled(1), clusters: filled(0) })], { palette })
  const one = await draw([row({ clusters: filled(0) })], { palette })
  t.true(one.width < all.width)
  t.true(one.count(palette[0]!) >= one.count(IMAGE))
})

test('many rows stand in two blocks', async (t) => {
  const rows = (count: number) => Array.from({ length: count }, () => row({ clusters: filled(1) }))
  const five = await draw(rows(5), { palette })
  const ten = await draw(rows(10), { palette })
  t.is(ten.height, five.height)
  t.true(ten.width > 1.8 * five.width)
  t.is(ten.count(IMAGE), 2 * five.count(IMAGE))
})

test('an overlay shows the clusters over the image', async (t) => {
  const mixed = palette[1]!.map((value, channel) => Math.round((value + IMAGE[channel]!) / 2))
  const sheet = await draw([row({ linearProbe: filled(0), clusters: filled(1) })], { palette })
  t.true(sheet.count(mixed) > 0.9 * sheet.count(IMAGE))
  t.is((await draw([row({})], { palette })).count(mixed), 0)
})

test('clusters bear their own numbers where there is room, black on light colors', async (t) => {
  const clusters = filled(1)
  const black = async (numbers: Uint8Array | null) =>
    (await draw([row({ clusters, numbers })], { palette })).count([0, 0, 0])
  t.is(await black(null), 0)
  t.true((await black(filled(17))) > 10)
  t.is(await black(filled(0).map((_, i) => i % 2)), 0)
})

test('the legend has a swatch for each class, also for those that do not occur', async (t) => {
  const sheet = await draw([row({ clusters: filled(0) })], {
    palette,
    classNames: ['road', '<sky> & co', 'car'],
  })
  const swatch = sheet.count(palette[1]!)
  t.true(swatch > 100 && swatch < 250, `${swatch}`)
  t.is(sheet.count(palette[2]!), swatch)
})

test('labels beyond the classes are void', async (t) => {
  const label = { data: filled(2), width: WIDTH, height: HEIGHT }
  const sheet = await draw([row({ label, clusters: filled(0) })], { palette, classes: 2 })
  t.is(sheet.count(palette[2]!), 0)
  t.true(sheet.count([224, 224, 224]) >= sheet.count(IMAGE))
})

test('images of all proportions, a row that lacks what others have, names of any letters', async (t) => {
  const shape = (width: number, height: number): ContactSheetRow => ({
    name: `\u0007 <&> "ä" ${'long '.repeat(80)}`,
    image: { data: new Uint8Array(3 * width * height), width, height },
    label: null,
    linearProbe: null,
    clusters: new Uint8Array(width * height),
  })
  const rows = [shape(1, 1), shape(900, 30), shape(30, 900), row({ linearProbe: filled(1) })]
  const { width, height } = await draw(rows, { title: 'long '.repeat(80) })
  t.true(width < 2000 && height < 3000)
})

test('a sheet needs rows, predictions of the size of their image, and enough colors', async (t) => {
  await t.throwsAsync(contactSheet([]), { code: 'ERR_STEGO_ARGUMENT', message: /at least one image/ })
  await t.throwsAsync(contactSheet([row({ clusters: new Uint8Array(5) })]), {
    code: 'ERR_STEGO_ARGUMENT',
    message: /street has 5 pixels, its image 60 x 40/,
  })
  await t.throwsAsync(contactSheet([row({ clusters: filled(0) })], { palette, classes: 5 }), {
    code: 'ERR_STEGO_OPTION',
    message: /3 colors for 5/,
  })
})
