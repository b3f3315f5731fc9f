/**
 * How long does evaluation take per image at 320, with each of its options and compared with the official
 * formulation?
 *
 *     npx tsx benchmarks/evaluation.ts --model s8 --rounds 5
 *
 * Models are s8 and b8, with random weights, and starter. The heads are trained for one step on drawn scenes: the
 * time does not depend on what they have learned.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { checked, job } from '../lib/native/index.js'
import { Stego } from '../lib/stego.js'
import { lastCheckpoint, readModel } from '../lib/weights/model-file.js'
import { renderScene } from '../packages/demo/src/scene.js'
import { writeScenes } from '../packages/demo/src/write-scenes.js'
import { machinePeak, report, useThreads } from './measure.js'
import { type Contender, race, timed } from './race.js'
import { RANDOM_MODELS, type RandomModel, randomVit } from './random-vit.js'
import { startReference } from './reference/reference.js'

const { values: given } = parseArgs({
  options: { model: { type: 'string', default: 's8' }, rounds: { type: 'string', default: '5' } },
})
const RESOLUTION = 320
const STARTER = fileURLToPath(new URL('../weights/starter-vit-tiny8.safetensors', import.meta.url))
/** Without baselines: what the official evaluation computes. */
const PROBES = ['kmeans', 'linearProbe'] as const
const threads = useThreads()
const random = RANDOM_MODELS.includes(given.model as RandomModel)
const file = random ? await randomVit(given.model as RandomModel) : STARTER
const folder = await mkdtemp(join(tmpdir(), 'stego-evaluation-'))
try {
  const data = join(folder, 'scenes')
  await writeScenes(data, { train: 4, val: 1, seed: 0 })
  const run = join(folder, 'run')
  const settings = { classes: 27, steps: 1, batch: 2, kmeansRestarts: 1, validationResolution: 64 }
  await (
    await Stego.train({ data, backbone: random ? file : 'starter', out: run, resolution: 64, ...settings })
  ).dispose()
  const { network } = await readModel(lastCheckpoint(run))
  const { heads } = checked(() => network.info)
  const { pixels, width, height } = renderScene(1, 1)
  const image = { data: pixels, width, height }
  const { patch, heads: attentionHeads } = checked(() => network.backbone.info)
  const transform = { resolution: RESOLUTION, fit: 'center', multiple: patch } as const
  const peak = await machinePeak()
  const predict = (
    batch: number,
    options: { flip: boolean; crf: boolean; heads: typeof heads },
  ): Contender => {
    const images = Array.from({ length: batch }, () => image)
    const name = `${options.heads.length} heads${options.flip ? ', flip' : ''}${options.crf ? ', CRF' : ''}`
    const settings = {
      transform,
      size: 'transform' as const,
      temperature: 2,
      logProbabilities: [],
      ...options,
    }
    const { run } = timed(name, () => job((_, cancel) => network.predict(images, settings, cancel)))
    return { name: `${name}, batch ${batch}`, run: async () => (await run()) / batch }
  }
  const probes = [...PROBES]
  const reference = await startReference('official_evaluation', [file, attentionHeads, RESOLUTION, threads])
  const results = await race(
    [
      reference,
      predict(1, { flip: true, crf: false, heads: probes }),
      predict(4, { flip: true, crf: false, heads: probes }),
      predict(1, { flip: false, crf: false, heads }),
      predict(1, { flip: true, crf: false, heads }),
      predict(1, { flip: true, crf: true, heads }),
      predict(4, { flip: true, crf: true, heads }),
    ],
    Number(given.rounds),
  )
  reference.end()
  const rows = results.map(({ name, min, median, quartiles, speed }) => ({
    way: name,
    'ms per image (median)': median,
    'ms (min)': min,
    'middle half': quartiles.map((each) => each.toPrecision(4)).join(' - '),
    'speed relative to official': speed,
  }))
  report(
    `Evaluation at ${RESOLUTION}, ${given.model}: 2 heads are k-means and the linear probe, 5 all with both baselines`,
    {
      threads,
      classes: 27,
      'largest difference of a code': reference.difference,
      'matrix product GFLOP/s': peak,
    },
    rows,
  )
} finally {
  await rm(folder, { recursive: true })
}
