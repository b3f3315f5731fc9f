import test from 'ava'
import { drawOverlay, paintLabels } from '../../lib/output/overlay.js'
import { type Palette, VOID_COLOR } from '../../lib/output/palette.js'

const palette: Palette = [
  [200, 0, 0],
  [0, 100, 0],
]
const image = { data: new Uint8Array(4 * 4 * 3).fill(100), width: 4, height: 4 }
/** Left half class 0, right half class 1, one void pixel at the bottom right. */
const labels = Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? 255 : i % 4 < 2 ? 0 : 1))
const pixel = (data: Uint8Array, x: number, y: number) => [
  ...data.subarray(3 * (4 * y + x), 3 * (4 * y + x) + 3),
]

test('half image, half color by default', (t) => {
  const { data, width, height } = drawOverlay(image, labels, palette)
  t.deepEqual([width, height], [4, 4])
  t.deepEqual(pixel(data, 0, 0), [150, 50, 50])
  t.deepEqual(pixel(data, 2, 0), [50, 100, 50])
})

test('regions are parted by a darker line', (t) => {
  const { data } = drawOverlay(image, labels, palette)
  const border = pixel(data, 1, 0)
  t.true(border.every((value, channel) => value < [150, 50, 50][channel]! * 0.7))
  const plain = drawOverlay(image, labels, palette, { boundaries: false })
  t.deepEqual(pixel(plain.data, 1, 0), [150, 50, 50])
})

test('alpha weighs image and color', (t) => {
  const draw = (alpha: number) => drawOverlay(image, labels, palette, { alpha, boundaries: false }).data
  t.deepEqual(draw(0), image.data)
  t.deepEqual(pixel(draw(1), 0, 0), [200, 0, 0])
  for (const alpha of [-0.1, 1.1, Number.NaN]) {
    t.throws(() => draw(alpha), { code: 'ERR_STEGO_OPTION', message: /0 to 1/ })
  }
})

test('void pixels show the image, and the image itself is left alone', (t) => {
  t.deepEqual(pixel(drawOverlay(image, labels, palette, { boundaries: false }).data, 3, 3), [100, 100, 100])
  t.true(image.data.every((value) => value === 100))
})

test('painted labels are plain colors', (t) => {
  const { data } = paintLabels({ data: labels, width: 4, height: 4 }, palette)
  t.deepEqual(pixel(data, 1, 2), [200, 0, 0])
  t.deepEqual(pixel(data, 3, 3), [...VOID_COLOR])
})

test('labels must have the size of the image', (t) => {
  t.throws(() => drawOverlay(image, labels.subarray(1), palette), {
    code: 'ERR_STEGO_ARGUMENT',
    message: /4 x 4 .* 15 labels/,
  })
})
