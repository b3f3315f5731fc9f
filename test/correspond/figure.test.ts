import test from 'ava'
import sharp from 'sharp'
import { drawCorrespondences, POINT_COLORS } from '../../lib/correspond/figure.js'
import type { Tensor } from '../../lib/native/index.js'

const WIDTH = 60
const HEIGHT = 40
/** Brightness of the gray test picture, and what the figure makes of it. */
const LIGHT = 200
const DIMMED = 160

const gray = (width: number, height: number) => ({
  data: new Uint8Array(3 * width * height).fill(LIGHT),
  width,
  height,
})
const image = gray(WIDTH, HEIGHT)

/** Heat of `points` points by their number and column. */
function heat(points: number, width: number, height: number, fill: (p: number, x: number) => number): Tensor {
  const data = Float32Array.from({ length: points * width * height }, (_, i) =>
    fill(Math.floor(i / (width * height)), i % width),
  )
  return { data, shape: [points, height, width] }
}

interface Figure {
  width: number
  height: number
  /** Color of one pixel. */
  at(x: number, y: number): number[]
  /** Pixels of about this color. */
  count(color: readonly number[]): number
}

async function draw(...parameters: Parameters<typeof drawCorrespondences>): Promise<Figure> {
  const { data, info } = await sharp(await drawCorrespondences(...parameters))
    .raw()
    .toBuffer({ resolveWithObject: true })
  const pixel = (i: number) => [...data.subarray(i * info.channels, i * info.channels + 3)]
  return {
    width: info.width,
    height: info.height,
    at: (x, y) => pixel(y * info.width + x),
    count: (color) =>
      Array.from({ length: info.width * info.height }, (_, i) => pixel(i)).filter((found) =>
        found.every((value, channel) => Math.abs(value - color[channel]!) <= 2),
      ).length,
  }
}

/** Share .75 of the point's color over the dimmed gray. */
const hottest = (point: number) => POINT_COLORS[point]!.map((value) => 0.75 * value + 0.25 * DIMMED)
const cell = 480 * 320

test('two panels alone, three with another picture', async (t) => {
  const self = heat(1, WIDTH, HEIGHT, () => 0)
  const alone = await draw({ image, at: [[0, 0]], self, other: null })
  const both = await draw({ image, at: [[0, 0]], self, other: { image, heat: self } })
  t.is(both.width - alone.width, 496)
  t.is(alone.height, both.height)
  t.true(Math.abs(alone.count([DIMMED, DIMMED, DIMMED]) - cell) < 2000)
  t.true(Math.abs(both.count([DIMMED, DIMMED, DIMMED]) - 2 * cell) < 2000)
  t.true(alone.count([LIGHT, LIGHT, LIGHT]) > 0.98 * cell)
})

test('each point has its color, strongest where its own heat is greatest', async (t) => {
  const at = [
    [-0.5, 0],
    [0.5, 0],
    [0, 0.5],
    [0, -0.5],
  ] as const
  const quarter = (x: number) => Math.floor((4 * x) / WIDTH)
  // Each point is hot in a quarter of its own, on a scale of its own, and cold (negative) elsewhere.
  const self = heat(4, WIDTH, HEIGHT, (p, x) => (quarter(x) === p ? 0.1 * (p + 1) : -0.3))
  const figure = await draw({ image, at, self, other: null })
  for (const point of [0, 1, 2, 3]) {
    const share = figure.count(hottest(point)) / cell
    t.true(share > 0.19 && share < 0.26, `${point}: ${share}`)
    t.true(figure.count(POINT_COLORS[point]!) > 60, `marker ${point}`)
  }
})

test('half the heat is half the color, and colors lie over each other', async (t) => {
  const self = heat(2, WIDTH, HEIGHT, (p, x) =>
    p === 0 ? (x < WIDTH / 2 ? 1 : 0.5) : Number(x >= WIDTH / 2),
  )
  const figure = await draw({
    image,
    at: [
      [-1, -1],
      [-1, 1],
    ],
    self,
    other: null,
  })
  const half = POINT_COLORS[0]!.map((value) => 0.375 * value + 0.625 * DIMMED)
  const over = POINT_COLORS[1]!.map((value, i) => 0.75 * value + 0.25 * half[i]!)
  t.true(figure.count(hottest(0)) > 0.45 * cell)
  t.true(figure.count(over) > 0.45 * cell)
})

test('a cross stands where its point is', async (t) => {
  const self = heat(2, WIDTH, HEIGHT, () => 0)
  const figure = await draw({
    image,
    at: [
      [0, 0],
      [-0.5, 0.5],
    ],
    self,
    other: null,
  })
  const top = firstRow(figure)
  const place = (x: number, y: number) =>
    figure.at(Math.round(32 + ((x + 1) / 2) * 479), Math.round(top + ((y + 1) / 2) * 319))
  t.deepEqual(place(0, 0), [...POINT_COLORS[0]!])
  t.deepEqual(place(-0.5, 0.5), [...POINT_COLORS[1]!])
  t.deepEqual(place(0.5, -0.5), [LIGHT, LIGHT, LIGHT])
})

/** The first row of the first panel. */
function firstRow(figure: Figure): number {
  for (let y = 0; y < figure.height; y++) {
    if (figure.at(40, y).every((value) => value === LIGHT)) return y
  }
  return -1
}

test('pictures of all proportions, more points than colors, a caption of any letters', async (t) => {
  const shape = (width: number, height: number) => ({
    image: gray(width, height),
    heat: heat(40, width, height, (p, x) => p * x),
  })
  const at = Array.from({ length: 40 }, (_, i) => [i / 40, -i / 40] as const)
  for (const [own, other] of [
    [shape(1, 1), shape(900, 30)],
    [shape(30, 900), shape(1, 1)],
  ] as const) {
    const caption = `\u0007 <&> "ä" ${'long '.repeat(80)}`
    const { width, height } = await draw({ image: own.image, at, self: own.heat, other, caption })
    t.is(width, 1536)
    t.true(height > 480 && height < 900)
  }
})

test('heat of another picture is refused', async (t) => {
  const self = heat(1, WIDTH, HEIGHT, () => 0)
  const at = [[0, 0]] as const
  for (const figure of [
    { image, at, self: heat(1, HEIGHT, WIDTH, () => 0), other: null },
    { image, at, self: heat(2, WIDTH, HEIGHT, () => 0), other: null },
    { image, at, self, other: { image: gray(9, 9), heat: self } },
  ]) {
    await t.throwsAsync(drawCorrespondences(figure), {
      code: 'ERR_STEGO_ARGUMENT',
      message: /needs the shape \[1, /,
    })
  }
})
