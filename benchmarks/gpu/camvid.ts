/**
 * How long does a whole run take on a GPU, and how good is its result? CamVid, starter, 5,000 steps of 32.
 *
 *     STEGO_TEST_DEVICE=cuda:0 npx tsx --import ./test/device/preload.ts benchmarks/gpu/camvid.ts <folder> [--quick]
 *
 * The preload takes every backbone to the device. The folder has `imgs/train` and `imgs/val`, and labels.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Stego } from '../../lib/stego.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, device: { type: 'string' } },
})
const [given] = positionals
if (given === undefined || !existsSync(given))
  throw new Error(`there is no folder ${given ?? '(none given)'}`)
const folder = resolve(given)
const { quick } = values
const scratch = mkdtempSync(join(tmpdir(), 'stego-bench-camvid-'))
/** Labels of CamVid; 11 is void. */
const CLASSES = 11
const SIZES = quick ? { steps: 3, batch: 2, resolution: 64 } : { steps: 5000, batch: 32 }

/** A folder with the first pictures of each split alone. */
function fewOf(count: number): string {
  for (const split of ['train', 'val']) {
    const images = readdirSync(join(folder, 'imgs', split))
      .sort()
      .slice(0, count)
    const labels = new Set(images.map((name) => name.replace(/\.\w+$/, '')))
    for (const [kind, names] of [
      ['imgs', images],
      [
        'labels',
        readdirSync(join(folder, 'labels', split)).filter((name) => labels.has(name.replace(/\.\w+$/, ''))),
      ],
    ] as const) {
      mkdirSync(join(scratch, kind, split), { recursive: true })
      for (const name of names) {
        symlinkSync(join(folder, kind, split, name), join(scratch, kind, split, name))
      }
    }
  }
  return scratch
}

const print = (row: Record<string, unknown>) => console.log(JSON.stringify({ row }))
const digits = (value: number | null) => value && Number(value.toPrecision(4))
const since = (start: number) => Number(((performance.now() - start) / 1000).toFixed(2))

try {
  const data = quick ? fewOf(4) : folder
  const started = performance.now()
  const run = Stego.train({ data, backbone: 'starter', classes: CLASSES, seed: 2, ...SIZES })
  let first: number | undefined
  let last = started
  for await (const event of run) {
    if (event.type !== 'step') continue
    first ??= performance.now()
    last = performance.now()
  }
  const model = await run
  const { steps } = SIZES
  print({ what: 'training, all of it', steps, seconds: since(started) })
  if (first !== undefined && steps > 1) {
    const perStep = (last - first) / (steps - 1)
    print({
      what: 'steps alone',
      steps,
      seconds: digits((last - first) / 1000),
      'ms a step': digits(perStep),
    })
  }
  for (const crf of [false, true]) {
    const start = performance.now()
    const options = { data, split: 'val', crf, ...(quick && { resolution: 64 }) }
    const scores = await model.evaluate(options)
    const what = `evaluation${crf ? ' with CRF' : ''}`
    for (const head of ['kmeans', 'clusterProbe', 'linearProbe', 'baselineKmeans'] as const) {
      const { miou, accuracy } = scores[head] ?? { miou: null, accuracy: null }
      print({
        what: `${what}, ${head}`,
        seconds: since(start),
        mIoU: digits(miou),
        accuracy: digits(accuracy),
      })
    }
  }
} finally {
  rmSync(scratch, { recursive: true })
}
