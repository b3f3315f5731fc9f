/** The examples run as they stand, against the compiled package. */
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import sharp from 'sharp'
import { Stego } from '../../lib/index.js'
import { makeDataset, SMALL, temporaryFolder } from '../support/dataset.js'

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url))
const run = (name: string, args: string[]) =>
  promisify(execFile)(process.execPath, [join(EXAMPLES, name), ...args], { cwd: EXAMPLES })

test.serial('train-and-segment writes a picture of each image', async (t) => {
  const images = join(await makeDataset(t, { train: 3 }), 'imgs', 'train')
  const out = await temporaryFolder(t)
  const { stdout, stderr } = await run('train-and-segment.js', [
    ...[images, '--out', out, '--classes', '3', '--steps', '50', '--resolution', '32'],
  ])
  t.regex(stderr, /step 50: correspondence loss -?\d/)
  t.deepEqual(readdirSync(out).sort(), ['00.png.overlay.png', '01.png.overlay.png', '02.png.overlay.png'])
  t.is(stdout.trim().split('\n').length, 3)
  const { width, height } = await sharp(join(out, '00.png.overlay.png')).metadata()
  t.deepEqual([width, height], [64, 48])
})

test.serial('class-areas and worker use a run', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  const model = join(await temporaryFolder(t), 'run')
  await (await Stego.train({ ...SMALL, data, out: model })).dispose()
  const images = join(data, 'imgs', 'train')

  const { stdout } = await run('class-areas.js', [model, images])
  const [heading, ...lines] = stdout.trim().split('\n')
  t.is(heading!.split(',').length, 1 + SMALL.classes)
  t.is(lines.length, 3)
  for (const line of lines) {
    const areas = line.split(',').slice(1).map(Number)
    t.true(Math.abs(areas.reduce((a, b) => a + b) - 1) < 1e-3)
  }

  const worker = await run('worker.js', [model, join(images, '00.png'), join(images, '01.png')])
  t.deepEqual(
    worker.stdout
      .trim()
      .split('\n')
      .map((line) => line.replace(/^.*[\\/]|\d+$/g, '')),
    ['00.png: 64 x 48, mostly class ', '01.png: 64 x 48, mostly class '],
  )
})
