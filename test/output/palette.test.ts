import test from 'ava'
import { colorDistance } from '../../lib/output/color.js'
import {
  CITYSCAPES_PALETTE,
  type Color,
  checkPalette,
  clusterPalette,
  colorOf,
  datasetPalette,
  type Palette,
  pascalPalette,
  VOID_COLOR,
} from '../../lib/output/palette.js'
import { readGolden } from '../evaluation/golden.js'

test('the Pascal colors are the official ones', (t) => {
  const { values } = readGolden('colormaps').pascal!
  t.deepEqual([...pascalPalette(511).flat(), ...VOID_COLOR], values)
  t.is(pascalPalette().length, 256)
})

test('the Cityscapes colors are the official ones, void apart', (t) => {
  const { values } = readGolden('colormaps').cityscapes!
  t.deepEqual(CITYSCAPES_PALETTE.flat(), values.slice(0, 81))
})

test('indices beyond the palette are void', (t) => {
  t.is(colorOf(clusterPalette(3), 3), VOID_COLOR)
  t.is(colorOf(clusterPalette(3), 255), VOID_COLOR)
})

test('distances are those of CIELAB', (t) => {
  const near = (a: Color, b: Color, expected: number) =>
    t.true(Math.abs(colorDistance(a, b) - expected) < 0.1)
  near([0, 0, 0], [255, 255, 255], 100)
  near([255, 0, 0], [0, 255, 0], 170.6)
  near([12, 34, 56], [12, 34, 56], 0)
})

/** The least distance between two colors, void among them. */
function leastDistance(palette: Palette): number {
  const colors = [...palette, VOID_COLOR]
  return Math.min(...colors.flatMap((a, i) => colors.slice(0, i).map((b) => colorDistance(a, b))))
}

test('cluster colors can be told apart, from each other and from void', (t) => {
  t.true(leastDistance(clusterPalette(8)) > 30)
  t.true(leastDistance(clusterPalette(30)) > 28)
  t.true(leastDistance(clusterPalette(64)) > 20)
  t.true(leastDistance(clusterPalette(256)) > 10)
})

test('colors of consecutive clusters differ even more', (t) => {
  const colors = clusterPalette(40)
  for (const [i, color] of colors.slice(1).entries()) t.true(colorDistance(colors[i]!, color) > 35, `${i}`)
})

test('a class keeps its color whatever the number of classes', (t) => {
  const all = clusterPalette(256)
  t.is(all.length, 256)
  t.true(all.flat().every((value) => Number.isInteger(value) && value >= 0 && value <= 255))
  for (const count of [0, 1, 8, 27, 100]) t.deepEqual(clusterPalette(count), all.slice(0, count))
  for (const count of [-1, 2.5, 257]) t.throws(() => clusterPalette(count), { code: 'ERR_STEGO_ARGUMENT' })
})

test('a palette must have a proper color for each class', (t) => {
  t.deepEqual(checkPalette(pascalPalette(), 2), [
    [0, 0, 0],
    [128, 0, 0],
  ])
  t.throws(() => checkPalette(clusterPalette(3), 4), { code: 'ERR_STEGO_OPTION', message: /3 colors for 4/ })
  for (const color of [
    [1, 2],
    [1, 2, 256],
    [1, 2, 0.5],
  ]) {
    t.throws(() => checkPalette([color as unknown as Color], 1), {
      code: 'ERR_STEGO_OPTION',
      message: /class 0/,
    })
  }
})

test("a dataset's own colors, where it has enough", (t) => {
  t.deepEqual(datasetPalette('cityscapes', 27), CITYSCAPES_PALETTE)
  t.deepEqual(datasetPalette('pascal', 3), pascalPalette(3))
  t.is(datasetPalette('cityscapes', 28), null)
  t.is(datasetPalette(null, 3), null)
})
