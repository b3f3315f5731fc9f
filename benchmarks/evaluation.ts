/**
 * How long does evaluation take for an image at 320, with each of its options? The model is trained for one step on
 * drawn scenes: the time does not depend on what it has learnt.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeScenes } from '../lib/demo/dataset.js'
import { renderScene } from '../lib/demo/scene.js'
import { checked, job } from '../lib/native.js'
import { Stego } from '../lib/stego.js'
import { lastCheckpoint, readModel } from '../lib/weights/model-file.js'
import { machinePeak, report, time, useThreads } from './measure.js'

const RESOLUTION = 320
const threads = useThreads()
const backbone = process.argv[2] ?? 'starter'
const folder = await mkdtemp(join(tmpdir(), 'stego-evaluation-'))
try {
  const data = join(folder, 'scenes')
  await writeScenes(data, { train: 4, val: 1, seed: 0 })
  const run = join(folder, 'run')
  const settings = { classes: 27, steps: 1, batch: 2, kmeansRestarts: 1, validationResolution: 64 }
  await (await Stego.train({ data, backbone, out: run, resolution: 64, ...settings })).dispose()
  const { network } = await readModel(lastCheckpoint(run))
  const { heads } = checked(() => network.info)
  const { pixels, width, height } = renderScene(1, 1)
  const image = { data: pixels, width, height }
  const { patch } = checked(() => network.backbone.info)
  const transform = { resolution: RESOLUTION, crop: 'center', multiple: patch } as const
  const peak = await machinePeak()
  const rows = []
  for (const [flip, crf, batch] of [
    [false, false, 1],
    [true, false, 1],
    [true, false, 8],
    [true, true, 1],
    [true, true, 8],
  ] as const) {
    const images = Array.from({ length: batch }, () => image)
    const options = { transform, flip, crf, heads, size: 'transform', temperature: 2 } as const
    const { min, median } = await time(
      () => job((_, cancel) => network.predict(images, { ...options, logProbabilities: [] }, cancel)),
      5,
      1,
    )
    rows.push({
      flip,
      crf,
      batch,
      'ms an image (median)': median / batch,
      'ms (min)': min / batch,
    })
  }
  report(
    `Evaluation at ${RESOLUTION}: k-means, online and linear probe, and both baselines`,
    { threads, backbone, classes: 27, 'matrix product GFLOP/s': peak },
    rows,
  )
} finally {
  await rm(folder, { recursive: true })
}
