import test from 'ava'
import { job, type Tensor } from '../../lib/native/index.js'
import { loadBackbone } from '../../lib/weights/backbones.js'
import { findBackbone, findModel } from '../../lib/weights/names.js'
import { openWeights } from '../../lib/weights/weight-file.js'
import { readTensors } from '../support/weights.js'
import { difference, golden, testImage, toMap } from './fixtures.js'

const entries = (...names: string[]) => names.map((name) => ({ name, dtype: 'F32', shape: [1] }))
const MARKS = ['patch_embed.proj.weight', 'blocks.0.attn.qkv.weight']
const HUGGING_FACE = [
  'embeddings.patch_embeddings.projection.weight',
  'encoder.layer.0.attention.attention.query.weight',
]

for (const [layout, heads, headsFrom] of [
  ['dino', 6, 'checkpoint'],
  ['timm', 1, 'width'],
  ['huggingface', 1, 'width'],
] as const) {
  test(`a backbone under the names of ${layout} gives PyTorch's features`, async (t) => {
    const file = golden(`${layout}.pth`)
    const contents = await openWeights(file)
    t.like(contents, { kind: 'backbone', layout, backbone: { heads, headsFrom }, problem: null })
    const backbone = await loadBackbone(file)
    t.is(backbone.info.heads, heads)
    const trace = await job((_, cancel) => backbone.trace(testImage(), 1, cancel))
    const expected = await readTensors(golden('backbones.safetensors'))
    const features = expected[heads === 6 ? 'six_heads' : 'one_head'] as Tensor
    t.true(difference(toMap(trace.features[0]!, 7, 7), features) < 1e-5)
  })
}

test('the three layouts hold the same tensors, query, key and value joined', async (t) => {
  const [dino, timm, huggingFace] = await Promise.all(
    ['dino.pth', 'timm.pth', 'huggingface.pth'].map(async (name) => {
      const { names } = await openWeights(golden(name))
      return readTensors(golden(name), names!)
    }),
  )
  t.is(Object.keys(timm!).length, 4 + 2 * 12 + 2)
  t.deepEqual(dino, timm)
  t.deepEqual(huggingFace, timm)
})

test('the teacher is preferred, then what is neither, then the student', (t) => {
  const prefixes = ['student.module.backbone.', 'model.', 'teacher.backbone.']
  const found = (list: string[]) =>
    findBackbone(entries(...list.flatMap((prefix) => MARKS.map((name) => prefix + name))))!.names[MARKS[0]!]
  t.is(found(prefixes), 'teacher.backbone.patch_embed.proj.weight')
  t.is(found(prefixes.slice(0, 2)), 'model.patch_embed.proj.weight')
  t.is(found(prefixes.slice(0, 1)), 'student.module.backbone.patch_embed.proj.weight')
  t.is(found(['']), 'patch_embed.proj.weight')
})

test('heads and decoders around a ViT are left out, parts that change its features are named', (t) => {
  const plain = findBackbone(entries(...MARKS, 'head.weight', 'mask_token', 'decoder.blocks.0.norm1.weight'))!
  t.deepEqual([Object.keys(plain.names), plain.foreign, plain.layout], [MARKS, [], 'timm'])
  for (const part of [
    'blocks.0.ls1.gamma',
    'register_tokens',
    'dist_token',
    'fc_norm.weight',
    'norm_pre.bias',
  ]) {
    t.deepEqual(findBackbone(entries(...MARKS, part))!.foreign, [part])
  }
  const hidden = findBackbone(entries(...HUGGING_FACE, 'pooler.dense.weight', 'embeddings.mask_token'))!
  t.deepEqual(hidden.foreign, [])
  for (const part of ['encoder.layer.0.layer_scale1.lambda1', 'embeddings.register_tokens']) {
    t.deepEqual(findBackbone(entries(...HUGGING_FACE, part))!.foreign, [part])
  }
})

test('other files hold neither a backbone nor a model', (t) => {
  t.is(findBackbone(entries('patch_embed.proj.weight', 'conv1.weight')), null)
  t.is(findBackbone([]), null)
  t.is(findModel(entries(...MARKS, 'net.cluster1.0.weight')), null)
})

test('models: official names are ours, those of the fork are mapped, the rest is carried', (t) => {
  const official = findModel(
    entries(
      'state_dict.net.model.patch_embed.proj.weight',
      'state_dict.net.cluster1.0.weight',
      'state_dict.decoder.bias',
    ),
  )!
  t.deepEqual(official, {
    layout: 'official',
    names: {
      'net.model.patch_embed.proj.weight': 'state_dict.net.model.patch_embed.proj.weight',
      'net.cluster1.0.weight': 'state_dict.net.cluster1.0.weight',
      'decoder.bias': 'state_dict.decoder.bias',
    },
    foreign: [],
  })
  const fork = findModel(
    entries(
      'backbone.model.patch_embed.proj.weight',
      'backbone.model.blocks.0.ls1.gamma',
      'segmentation_head.linear.0.weight',
      'segmentation_head.nonlinear.2.bias',
      'cluster_probe.clusters',
    ),
  )!
  t.is(fork.layout, 'leggedrobotics')
  t.deepEqual(Object.keys(fork.names), [
    'net.model.patch_embed.proj.weight',
    'net.model.blocks.0.ls1.gamma',
    'net.cluster1.0.weight',
    'net.cluster2.2.bias',
    'cluster_probe.clusters',
  ])
  t.deepEqual(fork.foreign, ['backbone.model.blocks.0.ls1.gamma'])
})
