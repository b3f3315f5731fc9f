/** Parts of the method that no recording covers, against plain arithmetic. */
import { join } from 'node:path'
import test from 'ava'
import { job, type NativeBackbone, type StepInput, type Tensor } from '../../lib/native/index.js'
import { CRF, lossOptions } from '../parity/loss.js'
import { keyTokens, patchMap, reader } from '../parity/tensors.js'
import { temporaryFolder } from '../support/dataset.js'
import {
  BATCH,
  labelMap,
  load,
  measure,
  pictures,
  SIDE,
  type StepChanges,
  step,
  trainerOf,
  transform,
} from '../support/steps.js'
import { readTensors, save } from '../support/weights.js'

const GRID = 4

test('keys of any block are those of its attention, heads side by side', async (t) => {
  const whole = await load({ kind: 'feat', layer: 1 })
  const input = await job((native) => native.prepareImages([pictures[0]!], transform))
  const { qkv, features } = await job((_, cancel) => whole.trace(input, 3, cancel))
  const compute = async (backbone: NativeBackbone) =>
    job((_, cancel) => backbone.features([pictures[0]!], transform, cancel))
  for (const layer of [1, 3]) {
    const keys = await compute(await load({ kind: 'keys', layer }))
    t.true(largestDifference(keys, patchMap(keyTokens(qkv[3 - layer]!), GRID, GRID)) < 2e-5)
    const tokens = await compute(await load({ kind: 'feat', layer }))
    t.true(largestDifference(tokens, patchMap(features[3 - layer]!, GRID, GRID)) < 2e-5)
  }
  await t.throwsAsync(load({ kind: 'feat', layer: 13 }), { code: 'ERR_STEGO_BACKBONE', message: /12/ })
})

test('without a projection the code is the feature and nothing of the head is trained', async (t) => {
  const { network, trainer, backbone } = await trainerOf({ projection: null, dim: 192 })
  const features = await job((_, cancel) => backbone.features(pictures, transform, cancel))
  const codes = await job((_, cancel) => network.encode(features, cancel))
  t.is(largestDifference(codes, features), 0)
  const input = { learningRates: { head: 1, linearProbe: 0.1, clusterProbe: 0.1 }, gradients: true }
  const { gradients } = await step(trainer, input)
  t.deepEqual(Object.keys(gradients!).toSorted(), [
    'baseline.linear.bias',
    'baseline.linear.weight',
    'clusters',
    'linear.bias',
    'linear.weight',
  ])
})

test('a code that is not continuous is a distribution over classes', async (t) => {
  const { network, backbone } = await trainerOf({ continuous: false, dim: 3 })
  const features = await job((_, cancel) => backbone.features(pictures, transform, cancel))
  const at = reader(await job((_, cancel) => network.encode(features, cancel)))
  for (const [b, y, x] of [
    [0, 0, 0],
    [2, 3, 1],
  ] as const) {
    const sum = [0, 1, 2].reduce((total, c) => total + Math.exp(at(b, c, y, x)), 0)
    t.true(Math.abs(sum - 1) < 1e-5)
  }
})

test('positions of the whole grid give the same loss for every seed', async (t) => {
  const { trainer } = await trainerOf()
  const loss = lossOptions({ featureSamples: 'all', negativeSamples: 0 })
  const of = async (seed: number) => (await step(trainer, { seed, loss })).correspondence
  t.is(await of(1), await of(2))
  const sampled = lossOptions({ negativeSamples: 0 })
  const other = await step(trainer, { seed: 1, loss: sampled })
  t.not(await of(1), other.correspondence)
})

test('labels as teachers: codes of one class attract, of two repel', async (t) => {
  const { trainer } = await trainerOf()
  const constant = [0, 0, 0].map(() => labelMap(() => 1))
  const loss = lossOptions({ centering: 'none', shifts: { self: 0, knn: 0, random: 0 } })
  const input = { oracle: true, labels: constant, positiveLabels: constant, loss }
  const same = await step(trainer, input)
  // F is 1 everywhere, so that the loss is minus the clamped similarity of codes.
  t.true(Math.abs(same.self + same.similarity.self) < 0.02)
  const other = {
    oracle: true,
    labels: constant,
    positiveLabels: constant.map(() => labelMap(() => 2)),
    loss,
  }
  const { knn, self } = await step(trainer, other)
  t.is(Math.abs(knn), 0)
  t.is(self, same.self)
})

test('an oracle without labels, terms without what they need and wrong shapes are refused', async (t) => {
  const { trainer } = await trainerOf()
  const refused = (changes: StepChanges, message: RegExp) =>
    t.throwsAsync(step(trainer, changes), { code: 'ERR_STEGO_ARGUMENT', message })
  await refused({ oracle: true, labels: [null, null, null] }, /labels/)
  await refused({ loss: lossOptions({ reconstructionWeight: 1 }) }, /decoder/)
  await refused({ loss: lossOptions({ alignment: { weight: 1, axes: 'correct' } }) }, /views/)
  await refused({ loss: lossOptions({ crf: { ...CRF, weight: 1 } }) }, /pictures/)
  await refused({ salience: [labelMap(() => 1)] }, /one salience mask for each of 3/)
  await refused({ loss: lossOptions({ crf: { ...CRF, alpha: 0 } }) }, /above 0/)
})

test('salient positions are drawn from the mask, nine of ten', async (t) => {
  // Features of salient places all come from one patch, so that their correspondence is close to 1.
  const { trainer } = await trainerOf()
  const corner = pictures.map(() => labelMap((x, y) => (x < 4 && y < 4 ? 1 : 0)))
  const loss = lossOptions({ centering: 'none' })
  const mean = async (salience: StepInput['salience']) => {
    const batch = { loss, salience, positiveSalience: salience }
    await measure(trainer, batch)
    return (await job(() => trainer.distributions({ self: 0.5, knn: 0.5, random: 0.5 }))).self.mean
  }
  const guided = await mean(corner)
  t.true(guided > 0.81 + 0.19 * 0.5 && guided > (await mean(undefined)), `${guided}`)
  const nothingSalient = await mean(pictures.map(() => labelMap(() => 0)))
  t.true(Math.abs(nothingSalient - (await mean(undefined))) < 0.05, 'uniform where a mask is empty')
})

test('augmented views of a step depend on its seed alone, and their term counts', async (t) => {
  const { trainer } = await trainerOf()
  const loss = lossOptions({ alignment: { weight: 0.5, axes: 'correct' } })
  const of = async (seed: number) => {
    const views = { images: pictures, transform }
    return (await step(trainer, { seed, loss, views })).alignment!
  }
  const first = await of(5)
  t.is(await of(5), first)
  t.not(await of(6), first)
  t.true(first > -1 && first < -0.2, `${first}`)
})

test('an untouched view aligns with itself in both readings, a mirrored one in the correct reading', async (t) => {
  const { trainer } = await trainerOf()
  const input = await job((native) => native.prepareImages(pictures, transform))
  const coordinates = (mirrored: boolean): Tensor => {
    const data = new Float32Array(BATCH * SIDE * SIDE * 2)
    for (let i = 0; i < BATCH * SIDE * SIDE; i++) {
      const x = i % SIDE
      const y = Math.floor(i / SIDE) % SIDE
      data[2 * i] = (2 * y) / (SIDE - 1) - 1
      data[2 * i + 1] = (mirrored ? -1 : 1) * ((2 * x) / (SIDE - 1) - 1)
    }
    return { data, shape: [BATCH, SIDE, SIDE, 2] }
  }
  const alignment = async (axes: 'correct' | 'official', mirrored: boolean) => {
    const images = mirrored ? mirror(input) : input
    const views = { input: images, coordinates: coordinates(mirrored) }
    const loss = lossOptions({ alignment: { weight: 1, axes } })
    return (await step(trainer, { loss, views })).alignment!
  }
  t.true((await alignment('correct', false)) < -0.9)
  const [official, correct] = [await alignment('official', false), await alignment('correct', false)]
  t.true(Math.abs(official - correct) < 1e-6, `${official} and ${correct}`)
  t.true((await alignment('correct', true)) < (await alignment('official', true)) - 0.01)
})

test('probes begin anew with their optimizers; the head goes on', async (t) => {
  const { trainer } = await trainerOf()
  const folder = await temporaryFolder(t)
  const input = { learningRates: { head: 0.1, linearProbe: 0.1, clusterProbe: 0.1 } }
  const snapshot = async (name: string) => {
    const file = join(folder, `${name}.safetensors`)
    await save(trainer, file)
    return readTensors(file)
  }
  const before = await snapshot('before')
  await step(trainer, input)
  const trained = await snapshot('trained')
  await job(() => trainer.resetProbes(1))
  const reset = await snapshot('reset')
  for (const name of ['cluster_probe.clusters', 'linear_probe.weight', 'baseline.linear_probe.bias']) {
    t.notDeepEqual(trained[name], before[name], name)
    t.deepEqual(reset[name], before[name], name)
  }
  t.deepEqual(reset['net.cluster1.0.weight'], trained['net.cluster1.0.weight'])
  t.deepEqual([...reset['optimizer.cluster_probe.step']!.data], [0])
  t.deepEqual([...reset['optimizer.head.step']!.data], [1])
})

test('histograms count every pair of positions', async (t) => {
  const { trainer } = await trainerOf()
  const { histograms } = await step(trainer, { histograms: true })
  const sum = (counts: number[]) => counts.reduce((a, b) => a + b, 0)
  const pairs = BATCH * 5 ** 4
  t.deepEqual(
    [sum(histograms!.self), sum(histograms!.knn), sum(histograms!.random)],
    [pairs, pairs, 5 * pairs],
  )
  t.is(histograms!.self.length, 80)
  t.true(histograms!.self.at(-1)! >= BATCH * 25, 'a position is itself')
})

test('the cluster probe has two objectives, and clusters beyond the classes', async (t) => {
  const { trainer, network } = await trainerOf({ clusters: 5 })
  t.deepEqual([network.info.classes, network.info.clusters], [3, 5])
  const of = async (clusterObjective: 'nearestCenter' | 'nearestPosition') => {
    const loss = lossOptions({ clusterObjective })
    return (await step(trainer, { loss })).clusterProbe
  }
  const [center, position] = [await of('nearestCenter'), await of('nearestPosition')]
  t.true(center < 0 && position < 0 && center !== position)
  const [prediction] = await job((_, cancel) =>
    network.predict(
      [pictures[0]!],
      {
        transform,
        flip: true,
        heads: ['clusterProbe'],
        size: 'transform',
        logProbabilities: ['clusterProbe'],
        temperature: 3,
        crf: false,
      },
      cancel,
    ),
  )
  t.deepEqual(prediction!.logProbabilities.clusterProbe!.shape, [5, SIDE, SIDE])
})

test('negatives are a permutation without fixed points where asked for', async (t) => {
  const { trainer } = await trainerOf()
  const of = async (negatives: 'official' | 'derangement', seed: number) =>
    (await step(trainer, { seed, loss: lossOptions({ negatives }) })).random
  const seeds = [1, 2, 3, 4]
  const pairs = await Promise.all(
    seeds.map(async (seed) => [await of('official', seed), await of('derangement', seed)]),
  )
  t.true(pairs.every((values) => values.every(Number.isFinite)))
  t.true(pairs.some(([official, derangement]) => official !== derangement))
})

function mirror(map: Tensor): Tensor {
  const width = map.shape.at(-1)!
  const data = map.data.map((_, i) => map.data[i - (i % width) + (width - 1 - (i % width))]!)
  return { data, shape: map.shape }
}

function largestDifference(a: Tensor, b: Tensor): number {
  return a.data.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b.data[i]!)), 0)
}
