import { existsSync, readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import sharp from 'sharp'
import { Stego, type TrainingEvent } from '../../lib/index.js'
import { makeDataset, SMALL, temporaryFolder } from '../support/dataset.js'
import { readTensors } from '../support/weights.js'

const tensorsOf = (path: string) => readTensors(path)
const checkpointOf = (run: string) => join(run, 'checkpoints', 'last.safetensors')

test('a run trains, scores, saves and is read again', async (t) => {
  const data = await makeDataset(t, { train: 8, val: 3 })
  const out = join(await temporaryFolder(t), 'run')
  const run = Stego.train({ ...SMALL, data, out })
  const events: TrainingEvent[] = []
  for await (const event of run) events.push(event)
  const model = await run

  const types = events.map(({ type }) => type)
  t.deepEqual(
    [...new Set(types)],
    ['start', 'features', 'neighbors', 'shifts', 'step', 'clusters', 'validation', 'checkpoint', 'end'],
  )
  const start = events[0]
  t.true(start?.type === 'start' && start.images.labeled === 8 && start.options.dim === 12)
  t.is(types.filter((type) => type === 'step').length, SMALL.steps)
  for (const event of events) {
    if (event.type !== 'step') continue
    t.true(
      [event.correspondence, event.clusterProbe, event.linearProbe, event.baselineLinearProbe].every(
        Number.isFinite,
      ),
    )
  }
  const validation = events.find((event) => event.type === 'validation')
  t.true(validation?.type === 'validation' && validation.evaluation.kmeans?.miou !== null)
  t.deepEqual(model.info.heads, [
    'kmeans',
    'clusterProbe',
    'linearProbe',
    'baselineKmeans',
    'baselineLinearProbe',
  ])
  t.is(model.info.step, SMALL.steps)
  t.truthy(model.info.shifts)

  t.true(existsSync(join(out, 'config.yaml')))
  t.is((await sharp(join(out, 'report', 'contact-sheet.png')).metadata()).format, 'png')
  const logged = readFileSync(join(out, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).type)
  t.deepEqual(logged, types)

  const loaded = await Stego.load(out)
  t.deepEqual(loaded.info, model.info)
  const options = { data, resolution: 32 } as const
  t.deepEqual(await loaded.evaluate(options), await model.evaluate(options))
  const copy = join(out, 'copy.safetensors')
  await loaded.save(copy)
  const image = join(data, 'imgs', 'val', '00.png')
  const [ours, theirs] = [await loaded.segment(image), await (await Stego.load(copy)).segment(image)]
  t.deepEqual(ours.labels, theirs.labels)
})

test('the same seed gives the same bytes, another seed others', async (t) => {
  const data = await makeDataset(t, { train: 6 })
  const folder = await temporaryFolder(t)
  const runs = []
  for (const [name, seed] of [
    ['a', 1],
    ['b', 1],
    ['c', 2],
  ] as const) {
    await Stego.train({ ...SMALL, data, seed, out: join(folder, name) })
    runs.push(await tensorsOf(checkpointOf(join(folder, name))))
  }
  t.deepEqual(runs[0], runs[1])
  t.notDeepEqual(runs[0]!['kmeans.centers'], runs[2]!['kmeans.centers'])
})

for (const [title, memoryBytes] of [
  ['with all features in memory', 2 ** 30],
  ['with room for three images of seven', 3 * 16 * 192 * 4],
  ['with no features in memory', 0],
] as const) {
  test(`a run stopped half-way and resumed ends in the same bytes, ${title}`, async (t) => {
    const data = await makeDataset(t, { train: 7, val: 2 })
    const folder = await temporaryFolder(t)
    const options = { ...SMALL, steps: 6, data, featureStore: { mode: 'memory', memoryBytes } } as const
    await Stego.train({ ...options, out: join(folder, 'whole') })

    const stop = new AbortController()
    const stopped = Stego.train({
      ...options,
      out: join(folder, 'stopped'),
      signal: stop.signal,
      onEvent: (event) => event.type === 'step' && event.step === 3 && stop.abort(new Error('half-way')),
    })
    await t.throwsAsync(async () => stopped, { message: 'half-way' })
    t.is((await Stego.load(join(folder, 'stopped'))).info.step, 3)
    const steps: number[] = []
    await Stego.train({
      resume: join(folder, 'stopped'),
      onEvent: (event) => event.type === 'step' && steps.push(event.step),
    })
    t.deepEqual(steps, [4, 5, 6])
    const whole = await tensorsOf(checkpointOf(join(folder, 'whole')))
    t.deepEqual(await tensorsOf(checkpointOf(join(folder, 'stopped'))), whole)
    t.true('optimizer.head.cluster1.0.weight.exp_avg' in whole)
  })
}

test('how many features stay in memory does not change the result', async (t) => {
  const data = await makeDataset(t, { train: 5 })
  const folder = await temporaryFolder(t)
  const shifts = { self: 0.5, knn: 0.5, random: 0.4 }
  for (const memoryBytes of [0, 2 ** 30]) {
    const out = join(folder, `${memoryBytes}`)
    await Stego.train({
      ...SMALL,
      data,
      shifts,
      featureStore: { mode: 'memory', memoryBytes },
      steps: 2,
      out,
    })
  }
  const [none, all] = await Promise.all(
    [0, 2 ** 30].map((bytes) => tensorsOf(checkpointOf(join(folder, `${bytes}`)))),
  )
  const difference = (name: string) =>
    Math.max(
      ...[...none![name]!.data].map((value, i) => Math.abs(Number(value) - Number(all![name]!.data[i]))),
    )
  t.true(difference('net.cluster1.0.weight') < 1e-5)
})

test('a finished run goes on with more steps', async (t) => {
  const data = await makeDataset(t, { train: 4 })
  const folder = await temporaryFolder(t)
  await Stego.train({ ...SMALL, data, steps: 2, out: join(folder, 'longer') })
  await Stego.train({ resume: join(folder, 'longer'), steps: 4 })
  await Stego.train({ ...SMALL, data, steps: 4, out: join(folder, 'whole') })
  t.deepEqual(
    await tensorsOf(checkpointOf(join(folder, 'longer'))),
    await tensorsOf(checkpointOf(join(folder, 'whole'))),
  )
})

test('aborted within a step, a run rejects with the reason and can be resumed', async (t) => {
  const data = await makeDataset(t, { train: 6 })
  const out = join(await temporaryFolder(t), 'run')
  const stop = new AbortController()
  const reason = new Error('enough')
  const run = Stego.train({
    ...SMALL,
    data,
    out,
    steps: 1000,
    signal: stop.signal,
    onEvent: (event) => {
      // The next step is on its way to the native thread when this runs.
      if (event.type === 'step' && event.step === 2) setImmediate(() => stop.abort(reason))
    },
  })
  t.is(await t.throwsAsync(async () => run), reason)
  const { step } = (await Stego.load(out)).info
  t.true(step >= 2 && step < 1000)
  const model = await Stego.train({ resume: out, steps: step + 1 })
  t.is(model.info.step, step + 1)
})

test('class names need labels, in training or in validation, and follow the matching of clusters', async (t) => {
  const data = await makeDataset(t, { train: 4, val: 2 })
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
  await writeFile(join(data, 'classes.txt'), names.join('\n'))
  await rm(join(data, 'labels', 'train'), { recursive: true })
  const model = await Stego.train({ ...SMALL, data })
  t.deepEqual(model.info.classNames, names)
  const { classNames } = await model.segment(join(data, 'imgs', 'val', '00.png'), { resolution: 32 })
  t.deepEqual(
    classNames,
    model.info.assignment!.map((index) => names[index]),
  )
  await rm(join(data, 'labels'), { recursive: true })
  const notes: string[] = []
  const onEvent = (event: TrainingEvent) => event.type === 'start' && notes.push(...event.notes)
  const unlabeled = await Stego.train({ ...SMALL, data, onEvent })
  t.is(unlabeled.info.classNames, null)
  t.regex(notes.join(), /classes\.txt is not used/)
})

test('resuming a finished run does no work', async (t) => {
  const data = await makeDataset(t, { train: 4, labeled: 0 })
  const out = join(await temporaryFolder(t), 'run')
  const trained = await Stego.train({ ...SMALL, data, out })
  const types: string[] = []
  const model = await Stego.train({ resume: out, onEvent: ({ type }) => types.push(type) })
  t.deepEqual(types, ['start', 'end'])
  t.deepEqual(model.info, trained.info)
})

test('a run that trained nothing leaves nothing behind', async (t) => {
  const data = await makeDataset(t, { train: 6 })
  const out = join(await temporaryFolder(t), 'run')
  const stop = new AbortController()
  const onEvent = (event: TrainingEvent) => event.type === 'features' && stop.abort(new Error('early'))
  await t.throwsAsync(async () => Stego.train({ ...SMALL, data, out, signal: stop.signal, onEvent }), {
    message: 'early',
  })
  t.false(existsSync(out))
  t.is((await Stego.train({ ...SMALL, data, out })).info.step, SMALL.steps)
})

test('a folder of images without labels trains without a linear probe and without NaN', async (t) => {
  const data = await makeDataset(t, { train: 4, labeled: 0 })
  const flat = join(data, 'imgs', 'train')
  const events: TrainingEvent[] = []
  const model = await Stego.train({ ...SMALL, data: flat, onEvent: (event) => events.push(event) })
  t.deepEqual(model.info.heads, ['kmeans', 'clusterProbe', 'baselineKmeans'])
  t.is(model.info.images.labeled, 0)
  for (const event of events) {
    if (event.type === 'step') t.true(event.linearProbe === null && Number.isFinite(event.correspondence))
  }
  await t.throwsAsync(model.segment(join(flat, '00.png'), { labels: 'linearProbe' }), {
    code: 'ERR_STEGO_CHECKPOINT',
  })
})

test('labels may be there for some images only, and are counted', async (t) => {
  const data = await makeDataset(t, { train: 5, labeled: 2 })
  const steps: (number | null)[] = []
  const model = await Stego.train({
    ...SMALL,
    batch: 2,
    steps: 8,
    data,
    onEvent: (event) => event.type === 'step' && steps.push(event.linearProbe),
  })
  t.is(model.info.images.labeled, 2)
  t.true(steps.some((loss) => loss !== null))
  t.true(steps.every((loss) => loss === null || Number.isFinite(loss)))
})

test('two images are enough', async (t) => {
  const data = await makeDataset(t, { train: 2 })
  const events: TrainingEvent[] = []
  await Stego.train({ ...SMALL, batch: 16, data, onEvent: (event) => events.push(event) })
  const neighbors = events.find((event) => event.type === 'neighbors')
  t.true(neighbors?.type === 'neighbors' && neighbors.k === 1)
})

test('images that are all alike neither crash nor end in NaN', async (t) => {
  const data = await temporaryFolder(t)
  const black = { create: { width: 40, height: 40, channels: 3, background: '#000' } } as const
  for (const name of ['a', 'b', 'c'])
    await sharp(black)
      .png()
      .toFile(join(data, `${name}.png`))
  const out = join(data, 'run')
  await Stego.train({ ...SMALL, data, out, kmeansRestarts: 2 })
  for (const [name, { data: values }] of Object.entries(await tensorsOf(checkpointOf(out)))) {
    t.true(
      [...values].every((value) => Number.isFinite(Number(value))),
      name,
    )
  }
})

test('a run can be iterated late, by several readers, and its failure reaches whoever looks', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  const run = Stego.train({ ...SMALL, data })
  await run
  for (let reader = 0; reader < 2; reader++) {
    const types = []
    for await (const event of run) types.push(event.type)
    t.is(types[0], 'start')
    t.is(types.at(-1), 'end')
  }
  const failing = Stego.train({ ...SMALL, data: join(data, 'nowhere') })
  await t.throwsAsync(
    async () => {
      for await (const _ of failing);
    },
    { code: 'ERR_STEGO_DATA_MISSING' },
  )
})

test('an error thrown by onEvent ends the run and leaves a checkpoint', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  const out = join(await temporaryFolder(t), 'run')
  const onEvent = (event: TrainingEvent) => {
    if (event.type === 'step' && event.step === 2) throw new Error('listener')
  }
  await t.throwsAsync(async () => Stego.train({ ...SMALL, data, out, onEvent }), { message: 'listener' })
  t.is((await Stego.load(out)).info.step, 2)
  t.is((await Stego.train({ resume: out })).info.step, SMALL.steps)
})
