import { join } from 'node:path'
import test from 'ava'
import sharp from 'sharp'
import { Stego } from '../lib/index.js'
import { makeDataset, SMALL } from './support/dataset.js'

test('segment keeps the size of any picture and crops nothing', async (t) => {
  const model = await Stego.train({ ...SMALL, steps: 1, data: await makeDataset(t, { train: 3 }) })
  for (const [width, height] of [
    [50, 37],
    [37, 50],
    [16, 16],
    [300, 20],
    [1, 1],
  ] as const) {
    const data = new Uint8Array(width * height * 3).map((_, i) => (i * 37) % 251)
    const segmentation = await model.segment({ data, width, height, channels: 3 }, { resolution: 32 })
    t.is(segmentation.labels.length, width * height)
    t.true(segmentation.labels.every((label) => label < SMALL.classes))
    t.true(Math.abs(segmentation.areas().reduce((a, b) => a + b) - 1) < 1e-9)
  }
})

test('segment takes paths, URLs and buffers, and gives probabilities that agree with its labels', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  const model = await Stego.train({ ...SMALL, data })
  const path = join(data, 'imgs', 'train', '00.png')
  const options = { resolution: 32, probabilities: true } as const
  const segmentation = await model.segment(path, options)
  t.is(segmentation.head, 'kmeans')
  t.deepEqual((await model.segment(new URL(`file://${path}`), options)).labels, segmentation.labels)
  t.deepEqual((await model.segment(await sharp(path).toBuffer(), options)).labels, segmentation.labels)

  for (const labels of ['kmeans', 'clusterProbe', 'linearProbe'] as const) {
    const { labels: map, logProbabilities } = await model.segment(path, { ...options, labels })
    const { data: values, shape } = logProbabilities!
    t.deepEqual(shape, [SMALL.classes, 48, 64])
    const pixels = 48 * 64
    let disagreements = 0
    for (let pixel = 0; pixel < pixels; pixel++) {
      const column = Array.from({ length: SMALL.classes }, (_, k) => values[k * pixels + pixel]!)
      t.true(Math.abs(column.reduce((sum, value) => sum + Math.exp(value), 0) - 1) < 1e-4)
      if (column[map[pixel]!]! < Math.max(...column) - 1e-5) disagreements += 1
    }
    t.is(disagreements, 0)
  }
})

test('the CRF sharpens labels and probabilities of any picture, which agree', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  const model = await Stego.train({ ...SMALL, data })
  const path = join(data, 'imgs', 'train', '00.png')
  const options = { resolution: 32, probabilities: true } as const
  for (const labels of ['kmeans', 'clusterProbe', 'linearProbe'] as const) {
    const plain = await model.segment(path, { ...options, labels })
    const refined = await model.segment(path, { ...options, labels, crf: true })
    t.deepEqual(refined.logProbabilities!.shape, plain.logProbabilities!.shape)
    t.notDeepEqual(refined.logProbabilities!.data, plain.logProbabilities!.data)
    const { data: values } = refined.logProbabilities!
    const pixels = refined.labels.length
    for (let pixel = 0; pixel < pixels; pixel++) {
      const column = Array.from({ length: SMALL.classes }, (_, k) => values[k * pixels + pixel]!)
      t.true(Math.abs(column.reduce((sum, value) => sum + Math.exp(value), 0) - 1) < 1e-4)
      t.true(column[refined.labels[pixel]!]! >= Math.max(...column) - 1e-5)
    }
  }
})

test('the CRF changes the scores of codes, not those of features, whatever the batch', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  const model = await Stego.train({ ...SMALL, data })
  const options = { data, split: 'train', resolution: 32 } as const
  const plain = await model.evaluate(options)
  const refined = await model.evaluate({ ...options, crf: true })
  t.deepEqual(
    [refined.baselineKmeans, refined.baselineLinearProbe],
    [plain.baselineKmeans, plain.baselineLinearProbe],
  )
  for (const head of ['kmeans', 'clusterProbe', 'linearProbe'] as const)
    t.notDeepEqual(refined[head], plain[head])
  t.deepEqual(await model.evaluate({ ...options, crf: true, batch: 1 }), refined)
})

test('segmentAll goes through a folder in order', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  const model = await Stego.train({ ...SMALL, steps: 1, data })
  const sources = []
  for await (const { source } of model.segmentAll(data, { resolution: 32 })) sources.push(source?.slice(-6))
  t.deepEqual(sources, ['00.png', '01.png', '02.png'])
})

test('features have the shape of the patch grid', async (t) => {
  const data = await makeDataset(t, { train: 2 })
  const model = await Stego.train({ ...SMALL, steps: 1, data })
  const { shape, data: values } = await model.features(join(data, 'imgs', 'train', '00.png'), {
    resolution: 48,
  })
  t.deepEqual(shape, [1, 192, 6, 8])
  t.true(values.every(Number.isFinite))
})

test('codes have the width of the head, and using lets the model go', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  const path = join(data, 'imgs', 'train', '00.png')
  let kept: Stego
  {
    using model = await Stego.train({ ...SMALL, steps: 1, data })
    const features = await model.features(path, { resolution: 32 })
    const codes = await model.codes(path, { resolution: 32 })
    t.deepEqual(codes.shape, [1, model.info.dim, ...features.shape.slice(2)])
    kept = model
  }
  await t.throwsAsync(kept.codes(path), { code: 'ERR_STEGO_DISPOSED' })
})

test('segmentAll takes what comes in over time', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  const model = await Stego.train({ ...SMALL, steps: 1, data })
  async function* arriving() {
    for (const name of ['02', '00']) yield join(data, 'imgs', 'train', `${name}.png`)
  }
  const sources: (string | null)[] = []
  for await (const { source } of model.segmentAll(arriving(), { resolution: 32 })) sources.push(source)
  t.deepEqual(
    sources.map((source) => source?.slice(-6)),
    ['02.png', '00.png'],
  )
})

test('a disposed model says so', async (t) => {
  const data = await makeDataset(t, { train: 2 })
  const model = await Stego.train({ ...SMALL, steps: 1, data })
  model.dispose()
  t.throws(() => model.info, { code: 'ERR_STEGO_DISPOSED' })
  await t.throwsAsync(model.segment(join(data, 'imgs', 'train', '00.png')), { code: 'ERR_STEGO_DISPOSED' })
  await t.throwsAsync(model.evaluate({ data, split: 'train', resolution: 32 }), {
    code: 'ERR_STEGO_DISPOSED',
  })
})

test('errors of native code carry the stack of the caller', async (t) => {
  const data = await makeDataset(t, { train: 2 })
  const model = await Stego.train({ ...SMALL, steps: 1, data })
  const error = await t.throwsAsync(async function asked() {
    await model.segment(Buffer.from('nonsense'))
  })
  t.is((error as { code?: string }).code, 'ERR_STEGO_IMAGE')
  t.regex(error!.stack!, /asked/)
  t.is(error!.message.split('\n').length, 1)
})

test('an aborted evaluation rejects with the reason', async (t) => {
  const data = await makeDataset(t, { train: 2 })
  const model = await Stego.train({ ...SMALL, steps: 1, data })
  const reason = new Error('stop')
  const options = { data, split: 'train', resolution: 32, signal: AbortSignal.abort(reason) }
  t.is(await t.throwsAsync(model.evaluate(options)), reason)
})
