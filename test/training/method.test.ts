/** Runs with the options that are off by default. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { Stego, type StepEvent, type TrainingEvent } from '../../lib/index.js'
import { computeNeighbors, writeNeighbors } from '../../lib/neighbors/index.js'
import { makeDataset, SMALL, temporaryFolder } from '../support/dataset.js'
import { readTensors } from '../support/weights.js'

const checkpointOf = (run: string) => join(run, 'checkpoints', 'last.safetensors')
const tensorsOf = (run: string) => readTensors(checkpointOf(run))

const ALL_TERMS = {
  reconstruction: { weight: 0.3 },
  alignment: { weight: 0.2 },
  contrastiveCrf: { weight: 0.1, samples: 50 },
  salience: true,
  negatives: 'derangement',
  clusterObjective: 'nearestPosition',
  extraClusters: 2,
  histogramEvery: 2,
} as const

test('every optional term at once: told, saved, resumed to the same bytes', async (t) => {
  const data = await makeDataset(t, { train: 6, val: 2 })
  const folder = await temporaryFolder(t)
  const whole = join(folder, 'whole')
  const options = { ...SMALL, ...ALL_TERMS, data, validateEvery: 2 }
  const events: TrainingEvent[] = []
  const run = Stego.train({ ...options, out: whole, onEvent: (event) => events.push(event) })
  const model = await run
  const steps = events.filter((event): event is StepEvent => event.type === 'step')
  for (const { reconstruction, alignment, crf } of steps) {
    t.true([reconstruction, alignment, crf].every(Number.isFinite))
  }
  t.deepEqual(
    steps.map(({ histograms }) => histograms !== undefined),
    [false, true, false, true],
  )
  t.true(existsSync(join(whole, 'report', 'validation-000002.png')))
  const evaluation = await model.evaluate({ data, resolution: 32 })
  t.is(evaluation.kmeans!.assignment.length, 10)
  t.is(evaluation.linearProbe!.confusion.length, 8)
  const image = join(data, 'imgs', 'val', '00.png')
  const [clusters, linear] = [
    await model.segment(image),
    await model.segment(image, { labels: 'linearProbe' }),
  ]
  t.deepEqual([clusters.classes, linear.classes], [10, 8])

  const halves = join(folder, 'halves')
  await Stego.train({ ...options, steps: 2, out: halves })
  await Stego.train({ resume: halves, steps: 4 })
  t.deepEqual(await tensorsOf(halves), await tensorsOf(whole))
  t.truthy((await tensorsOf(whole))['decoder.weight'])
})

test('labels as teachers, codes without projection, keys of an earlier block', async (t) => {
  const data = await makeDataset(t, { train: 5, val: 2 })
  const oracle = await Stego.train({ ...SMALL, data, oracle: true })
  t.is(oracle.info.step, SMALL.steps)
  const plain = await Stego.train({ ...SMALL, data, projection: null })
  t.deepEqual([plain.info.dim, plain.info.projection], [192, null])
  const out = join(await temporaryFolder(t), 'keys')
  const keys = await Stego.train({
    ...SMALL,
    data,
    out,
    featureKind: 'keys',
    featureLayer: 2,
    continuous: false,
  })
  t.is(keys.info.dim, SMALL.classes)
  const image = join(data, 'imgs', 'val', '00.png')
  const loaded = await Stego.load(out)
  t.deepEqual((await loaded.segment(image)).labels, (await keys.segment(image)).labels)
  t.deepEqual(
    await loaded.features(image, { resolution: 32 }),
    await keys.features(image, { resolution: 32 }),
  )
})

test('an oracle needs labels for every image', async (t) => {
  const data = await makeDataset(t, { train: 4, labeled: 3 })
  await t.throwsAsync(Stego.train({ ...SMALL, data, oracle: true }), {
    code: 'ERR_STEGO_OPTION',
    message: /all 4 images .* only 3/,
  })
})

test('probes that begin anew after the last step are fresh', async (t) => {
  const data = await makeDataset(t, { train: 4 })
  const folder = await temporaryFolder(t)
  const at = async (name: string, resetProbesAt: number | null) => {
    await Stego.train({ ...SMALL, data, resetProbesAt, out: join(folder, name) })
    return tensorsOf(join(folder, name))
  }
  const [kept, reset] = [await at('kept', null), await at('reset', SMALL.steps)]
  t.notDeepEqual(reset['cluster_probe.clusters'], kept['cluster_probe.clusters'])
  t.deepEqual([...reset['optimizer.cluster_probe.step']!.data], [0])
  t.deepEqual(reset['net.cluster1.0.weight'], kept['net.cluster1.0.weight'])
})

test('neighbors from a file train as those that are computed', async (t) => {
  const data = await makeDataset(t, { train: 6 })
  const folder = await temporaryFolder(t)
  const file = join(folder, 'neighbors.safetensors')
  const { backbone, resolution } = { backbone: 'starter', resolution: SMALL.resolution }
  const options = { ...SMALL, position: 'auto', data } as const
  await writeNeighbors(file, await computeNeighbors({ data, backbone, resolution, k: 5 }))
  const given = join(folder, 'given')
  const computed = join(folder, 'computed')
  await Stego.train({ ...options, neighborFile: file, out: given })
  await Stego.train({ ...options, out: computed })
  const [a, b] = [await tensorsOf(given), await tensorsOf(computed)]
  t.deepEqual(a['net.cluster1.0.weight'], b['net.cluster1.0.weight'])
  t.true(readFileSync(join(given, 'config.yaml'), 'utf8').includes('neighbors.safetensors'))
  const code = 'ERR_STEGO_DATA_LAYOUT'
  await t.throwsAsync(Stego.train({ ...options, resolution: 64, neighborFile: file }), { code })
  await t.throwsAsync(Stego.train({ ...SMALL, data, neighborFile: file }), { code, message: /position/ })
})

test('five crops of each image are images of their own', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  const events: TrainingEvent[] = []
  await Stego.train({ ...SMALL, data, crops: 'five', onEvent: (event) => events.push(event) })
  const [start] = events
  t.true(start?.type === 'start' && start.images.train === 15 && start.images.labeled === 15)
})
