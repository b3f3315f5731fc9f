import { join } from 'node:path'
import test from 'ava'
import { Stego } from '../../lib/index.js'
import { job, type Tensor } from '../../lib/native/index.js'
import { loadBackbone } from '../../lib/weights/backbones.js'
import { describeCheckpoint } from '../../lib/weights/checkpoint.js'
import { inspectWeights } from '../../lib/weights/index.js'
import { readModel } from '../../lib/weights/model-file.js'
import { findModel } from '../../lib/weights/names.js'
import { openWeights } from '../../lib/weights/weight-file.js'
import { temporaryFolder } from '../support/dataset.js'
import { readTensors, writeTensors } from '../support/weights.js'
import { difference, golden, testImage, testPicture, toMap } from './fixtures.js'

const readGolden = (name: string) => readTensors(golden(name))
const unequal = (a: Uint8Array, b: ArrayLike<unknown>) => a.filter((value, i) => value !== b[i]).length

test('an official checkpoint: its configuration in our options', async (t) => {
  const { kind, layout, model, values } = await inspectWeights(golden('official.ckpt'))
  t.deepEqual([kind, layout], ['model', 'official'])
  t.like(model, {
    classes: 5,
    dim: 12,
    projection: 'nonlinear',
    step: 4200,
    heads: ['clusterProbe', 'linearProbe'],
    shifts: { self: 0.18, knn: 0.12, random: 0.46 },
    backbone: { name: 'vit_small, patch 8', dim: 48, patch: 8, depth: 2, heads: 6 },
  })
  t.like(model!.options, {
    data: 'cocostuff27',
    classes: 5,
    steps: 5000,
    batch: 16,
    resolution: 56,
    fit: 'squash',
    neighbors: 7,
    centering: 'none',
    zeroClamp: false,
    stabilize: true,
    featureSamples: 7,
    featureDropout: false,
    learningRates: { head: 0.001, linearProbe: 0.005, clusterProbe: 0.005 },
  })
  const { hyper_parameters } = values as { hyper_parameters: { cfg: { model_type: string } } }
  t.is(hyper_parameters.cfg.model_type, 'vit_small')
})

test('an official checkpoint predicts what PyTorch does', async (t) => {
  const expected = await readGolden('official.safetensors')
  const { network } = await readModel(golden('official.ckpt'))
  const transform = { resolution: 56, fit: 'whole', multiple: 8 } as const
  const features = await job((_, cancel) => network.backbone.features([testPicture()], transform, cancel))
  const codes = await job((_, cancel) => network.encode(features, cancel))
  t.true(difference(codes, expected.codes as Tensor) < 1e-4)

  const model = await Stego.load(golden('official.ckpt'))
  const recorded = { clusterProbe: expected.online, linearProbe: expected.linear }
  for (const labels of ['clusterProbe', 'linearProbe'] as const) {
    const segmentation = await model.segment(testPicture(), { resolution: 56, labels, probabilities: true })
    t.true(unequal(segmentation.labels as Uint8Array, recorded[labels]!.data) <= 3)
    const classes = labels === 'clusterProbe' ? 7 : 5
    t.deepEqual([segmentation.classes, segmentation.logProbabilities!.shape[0]], [classes, classes])
  }
  t.is((await model.segment(testPicture(), { resolution: 56 })).head, 'clusterProbe')
})

test('saved, an official checkpoint is a model of this package', async (t) => {
  const file = join(await temporaryFolder(t), 'model.safetensors')
  const model = await Stego.load(golden('official.ckpt'))
  await model.save(file)
  const saved = await Stego.load(file)
  t.deepEqual(saved.info, model.info)
  const options = { resolution: 56 }
  const [a, b] = await Promise.all([model, saved].map((each) => each.segment(testPicture(), options)))
  t.deepEqual(a!.labels, b!.labels)
  t.is((await inspectWeights(file)).layout, 'stego')
})

test("a checkpoint of leggedrobotics' fork, in the legacy form", async (t) => {
  const { network, record } = await readModel(golden('leggedrobotics.ckpt'))
  t.like(record, { step: 10, shifts: null, backbone: { name: 'vit_small, patch 8', heads: 6, depth: 1 } })
  t.like(record.options, {
    classes: 4,
    dim: 6,
    projection: 'nonlinear',
    dropout: 0.1,
    learningRates: { head: 5e-4, linearProbe: 5e-3, clusterProbe: 4e-3 },
  })
  const trace = await job((_, cancel) => network.backbone.trace(testImage(), 1, cancel))
  const codes = await job((_, cancel) => network.encode(toMap(trace.features[0]!, 7, 7), cancel))
  t.true(difference(codes, (await readGolden('leggedrobotics.safetensors')).codes as Tensor) < 1e-4)
})

test('a checkpoint gives its backbone, with its heads', async (t) => {
  const backbone = await loadBackbone(golden('official.ckpt'))
  t.like(backbone.info, { dim: 48, patch: 8, depth: 2, heads: 6 })
})

async function describe(change: Record<string, unknown> | null) {
  const { tensors, values } = await openWeights(golden('official.ckpt'))
  const stored = (values as { hyper_parameters: { n_classes: number; cfg: object } }).hyper_parameters
  const hyper_parameters = change && { ...stored, cfg: { ...stored.cfg, ...change } }
  return describeCheckpoint(findModel(tensors)!, tensors, hyper_parameters ? { hyper_parameters } : {})
}

test('without a configuration, or with nonsense in it, the tensors speak', async (t) => {
  const bare = await describe(null)
  t.like(bare, { step: 0, shifts: null, backbone: { dim: 48, patch: 8, depth: 2, heads: 1 } })
  t.like((bare as Exclude<typeof bare, string>).options, { classes: 5, dim: 12, resolution: 224, batch: 32 })
  const odd = await describe({
    dim: '???',
    batch_size: 1,
    res: 'elsewhere',
    pos_intra_shift: null,
    lr: 'constructor',
  })
  t.like(odd, { shifts: null, options: { dim: 12, batch: 32, resolution: 224, shifts: 'auto' } })
})

test('keys, optional terms, crops and the dataset of a checkpoint are kept', async (t) => {
  const record = await describe({
    dino_feat_type: 'KK',
    dataset_name: 'potsdam',
    crop_type: 'five',
    rec_weight: 0.5,
    crf_weight: 0.1,
    w1: 9,
    reset_probe_steps: 100,
  })
  t.like(record, {
    options: {
      featureKind: 'keys',
      dataset: 'potsdam',
      crops: 'five',
      reconstruction: { weight: 0.5 },
      contrastiveCrf: { weight: 0.1, bilateral: 9, gaussian: 3 },
      resetProbesAt: 100,
    },
    classNames: null, // of three classes, and the checkpoint has five
  })
})

test('what this version does not compute is refused in words', async (t) => {
  t.regex(String(await describe({ arch: 'feature-pyramid' })), /feature-pyramid/)
  const folder = await temporaryFolder(t)
  const registers = join(folder, 'registers.safetensors')
  const names = (await openWeights(golden('timm.pth'))).names!
  const tensors = await readTensors(golden('timm.pth'), names)
  const register = { data: new Float32Array(12), shape: [1, 1, 12] }
  await writeTensors(registers, { ...tensors, register_tokens: register })
  const { kind, layout, problem } = await inspectWeights(registers)
  t.deepEqual([kind, layout], ['other', 'dino'])
  t.regex(problem!, /register_tokens/)
  await t.throwsAsync(loadBackbone(registers), { code: 'ERR_STEGO_BACKBONE', message: /register_tokens/ })
  await t.throwsAsync(Stego.load(golden('timm.pth')), { code: 'ERR_STEGO_CHECKPOINT', message: /--backbone/ })
  await t.throwsAsync(Stego.load(golden('tensors.pth')), { code: 'ERR_STEGO_CHECKPOINT' })
})
