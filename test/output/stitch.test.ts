import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import sharp from 'sharp'
import { dispatch } from '../../lib/cli/dispatch.js'
import { decodePngIndices } from '../../lib/formats/png.js'
import type { RawImage } from '../../lib/images/input.js'
import { Segmentation } from '../../lib/output/segmentation.js'
import { stitch } from '../../lib/output/stitch.js'
import { fakeApi } from '../cli/fixtures/api.js'
import { recordingTerminal } from '../cli/fixtures/terminal.js'
import { temporaryFolder } from '../support/dataset.js'

/** The part of a picture of `channels` bytes a pixel whose bytes count up. */
function cut(
  width: number,
  box: { left: number; top: number; width: number; height: number },
  channels: number,
) {
  const data = new Uint8Array(box.width * box.height * channels)
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / channels)
    const x = box.left + (pixel % box.width)
    const y = box.top + Math.floor(pixel / box.width)
    data[i] = (y * width + x) * channels + (i % channels)
  }
  return { data, width: box.width, height: box.height }
}

test('tiles of any size become the picture they were cut from', (t) => {
  const lefts = [0, 3, 6]
  const tops = [0, 2]
  for (const channels of [1, 3]) {
    const tiles = tops.flatMap((top) =>
      lefts.map((left) =>
        cut(8, { left, top, width: left === 6 ? 2 : 3, height: top === 2 ? 1 : 2 }, channels),
      ),
    )
    const whole = stitch(tiles, { rows: 2, columns: 3 })
    t.deepEqual(whole, cut(8, { left: 0, top: 0, width: 8, height: 3 }, channels))
    t.deepEqual(stitch(tiles.slice(0, 1), { rows: 1, columns: 1 }), tiles[0])
  }
})

test('other numbers of tiles, gaps and mixed kinds are refused', (t) => {
  const tile = (width: number, height: number, channels = 1) => ({
    data: new Uint8Array(width * height * channels),
    width,
    height,
  })
  const code = 'ERR_STEGO_ARGUMENT'
  const grid = { rows: 2, columns: 2 }
  const four = [tile(2, 2), tile(3, 2), tile(2, 1), tile(3, 1)]
  t.is(stitch(four, grid).data.length, 15)
  t.throws(() => stitch(four.slice(1), grid), { code, message: /2 x 2.*3 tiles/ })
  t.throws(() => stitch([], { rows: 0, columns: 2 }), { code })
  t.throws(() => stitch(four, { rows: 0.5, columns: 8 }), { code })
  t.throws(() => stitch(four.with(3, tile(2, 1)), grid), { code, message: /row 1, column 1 must be 3 x 1/ })
  t.throws(() => stitch(four.with(1, tile(3, 1)), grid), { code, message: /row 0, column 1 must be 3 x 2/ })
  t.throws(() => stitch(four.with(3, tile(3, 1, 3)), grid), { code, message: /1 byte/ })
})

test('segment --stitch joins tiles in the order of their numbers', async (t) => {
  const folder = await temporaryFolder(t)
  // Row by row 0, 1, ..., 11; by their letters 10 and 11 would come before 2.
  const files: string[] = []
  for (let i = 0; i < 12; i++) {
    const file = join(folder, `tile_${i}.png`)
    await sharp(new Uint8Array(2 * 2 * 3).fill(10 * i), { raw: { width: 2, height: 2, channels: 3 } }).toFile(
      file,
    )
    files.push(file)
  }
  const api = fakeApi({
    model: {
      segment: async (image) => {
        const { data, width, height } = image as RawImage
        const labels = new Uint8Array(width * height).fill(data[0]! / 10)
        return new Segmentation({
          image: { data: Uint8Array.from(data), width, height },
          labels,
          classes: 12,
          head: 'kmeans',
        })
      },
    },
  })
  const run = async (...args: string[]) => {
    const { terminal, stdout, stderr } = recordingTerminal()
    const code = await dispatch(['segment', 'run', ...args], { terminal, api, cwd: '.' })
    return { code, stdout: stdout(), stderr: stderr() }
  }
  const out = join(folder, 'out')
  const words = [...files].sort()
  const index = await run(...words, '--stitch', '3x4', '--style', 'index', '--out', out)
  t.is(index.code, 0, index.stderr)
  const file = join(out, 'stitched.index.png')
  t.is(index.stdout, `${file}\n`)
  const { data, width, height } = await decodePngIndices(await readFile(file), file)
  t.deepEqual([width, height], [8, 6])
  for (let y = 0; y < 6; y++) {
    for (let x = 0; x < 8; x++) t.is(data[8 * y + x], 4 * (y >> 1) + (x >> 1))
  }

  const all = await run(folder, '--stitch', '4x3', '--json', '--no-legend', '--out', out)
  const { tiles, width: wide, file: picture } = JSON.parse(all.stdout)
  t.deepEqual(tiles, files)
  t.is(wide, 6)
  t.is((await sharp(picture).metadata()).height, 8)

  const few = await run(...words, '--stitch', '15x15')
  t.is(few.code, 2)
  t.regex(few.stderr, /15x15 needs 225 images, got 12/)
  const wrong = await run(...words, '--stitch', '3by4')
  t.is(wrong.code, 2)
  t.regex(wrong.stderr, /--stitch must be rows and columns of the grid, such as 15x15, got "3by4"/)
})
