/** Files that are nearly a backbone: what is wrong is said by inspectWeights and by whoever loads them. */
import { join } from 'node:path'
import test from 'ava'
import { encodeHeader } from '../../lib/formats/write-safetensors.js'
import type { Tensor } from '../../lib/native/index.js'
import { loadBackbone } from '../../lib/weights/backbones.js'
import { convertWeights, inspectWeights } from '../../lib/weights/index.js'
import { writeWhole } from '../../lib/write-whole.js'
import { packZip } from '../formats/numpy-writer.js'
import { temporaryFolder } from '../support/dataset.js'
import { writeTensors } from '../support/weights.js'
import { golden } from './fixtures.js'
import { huggingFace, smallVit, type Tensors } from './small-vit.js'

const HEADS = { heads: '4' }

const without = (tensors: Tensors, pattern: RegExp): Tensors =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => !pattern.test(name)))

const renamed = (tensors: Tensors, rename: (name: string) => string): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [rename(name), tensor]))

/** The first values of a tensor along its axes. */
function cut({ data, shape }: Tensor, axis: number, length: number): Tensor {
  const inner = shape.slice(axis + 1).reduce((product, side) => product * side, 1)
  const outer = data.length / inner / shape[axis]!
  const kept = Float32Array.from({ length: outer * length * inner }, (_, i) => {
    const block = Math.floor(i / (length * inner))
    return data[block * shape[axis]! * inner + (i % (length * inner))]!
  })
  return { data: kept, shape: shape.with(axis, length) }
}

const changed = (name: string, change: (tensor: Tensor) => Tensor): Tensors => {
  const tensors = smallVit()
  return { ...tensors, [name]: change(tensors[name]!) }
}

const valued = (name: string, at: number, value: number): Tensors =>
  changed(name, ({ data, shape }) => ({ data: data.map((old, i) => (i === at ? value : old)), shape }))

const dinov3 = (name: string) =>
  name
    .replace('encoder.layer.', 'layer.')
    .replace('attention.attention.query', 'attention.q_proj')
    .replace('patch_embeddings.projection', 'patch_embeddings')

const one = { data: new Float32Array(96), shape: [1, 1, 96] }

const PROBLEMS: Record<string, [tensors: Tensors, problem: RegExp]> = {
  'a tensor is missing': [
    without(smallVit(), /^blocks\.1\.mlp\.fc1\.bias$/),
    /^blocks\.1\.mlp\.fc1\.bias is missing$/,
  ],
  'several are': [
    without(smallVit(), /^blocks\.[12]\.mlp\.fc/),
    /^blocks\.1\.mlp\.fc1\.weight, blocks\.1\.mlp\.fc1\.bias, .* and 5 more are missing$/,
  ],
  'a key is missing': [
    without(huggingFace(smallVit()), /layer\.2\..*key\.bias/),
    /^encoder\.layer\.2\.attention\.attention\.key\.bias is missing$/,
  ],
  'a block is missing': [
    without(smallVit(), /^blocks\.1\./),
    /^block 1 is missing \(blocks\.1\.norm1\.weight/,
  ],
  'the first block is missing': [without(smallVit(), /^blocks\.0\./), /^block 0 is missing/],
  'the patch embedding is missing': [
    without(smallVit(), /^patch_embed/),
    /^patch_embed\.proj\.weight, patch_embed\.proj\.bias are missing$/,
  ],
  'no class token': [
    { ...without(smallVit(), /^cls_token/), pos_embed: cut(smallVit().pos_embed!, 1, 49) },
    /no class token \(cls_token\)/,
  ],
  'no final norm': [without(smallVit(), /^norm\./), /no final norm \(norm\.weight, norm\.bias\)/],
  'no final norm, in Hugging Face': [
    without(huggingFace(smallVit()), /^layernorm\./),
    /no final norm \(layernorm\.weight/,
  ],
  'no position embedding': [without(smallVit(), /^pos_embed/), /^pos_embed is missing$/],
  'positions that are not square': [
    changed('pos_embed', (tensor) => cut(tensor, 1, 43)),
    /pos_embed is not square: 42 patches/,
  ],
  'positions without the class token': [
    changed('pos_embed', (tensor) => cut(tensor, 1, 49)),
    /no place for the class token/,
  ],
  'gray images': [
    changed('patch_embed.proj.weight', (tensor) => cut(tensor, 1, 1)),
    /images of 1 channel, not of 3/,
  ],
  'oblong patches': [
    changed('patch_embed.proj.weight', (tensor) => cut(tensor, 3, 4)),
    /patches are 8 x 4 pixels/,
  ],
  'another width': [
    changed('blocks.2.attn.proj.weight', (tensor) => cut(tensor, 1, 95)),
    /blocks\.2\.attn\.proj\.weight is \[96, 95\].* needs \[96, 96\]/,
  ],
  NaN: [
    valued('blocks.2.mlp.fc1.weight', 77, Number.NaN),
    /not all finite: blocks\.2\.mlp\.fc1\.weight has NaN$/,
  ],
  infinity: [valued('norm.bias', 95, Number.NEGATIVE_INFINITY), /norm\.bias has an infinite value$/],
  registers: [
    { ...smallVit(), register_tokens: one },
    /register_tokens, which is not part of DINO's ViT.*registers/,
  ],
  LayerScale: [{ ...smallVit(), 'blocks.0.ls1.gamma': one }, /blocks\.0\.ls1\.gamma, .*of DINOv2/],
  'names of DINOv3': [
    renamed(huggingFace(smallVit()), dinov3),
    /named as those of DINOv3 \(layer\.0\.attention\.q_proj/,
  ],
  CLIP: [
    { 'vision_model.embeddings.class_embedding': one, 'vision_model.embeddings.patch_embedding.weight': one },
    /CLIP/,
  ],
  SigLIP: [{ 'vision_model.embeddings.patch_embedding.weight': one }, /SigLIP/],
}

for (const [what, [tensors, problem]] of Object.entries(PROBLEMS)) {
  test(`said alike wherever a backbone is read: ${what}`, async (t) => {
    const folder = await temporaryFolder(t)
    const file = join(folder, 'vit.safetensors')
    await writeTensors(file, tensors, HEADS)
    const inspection = await inspectWeights(file)
    t.deepEqual([inspection.kind, inspection.backbone], ['other', null])
    t.regex(inspection.problem!, problem)
    const loading = await t.throwsAsync(loadBackbone(file), { code: 'ERR_STEGO_BACKBONE' })
    const converting = await t.throwsAsync(convertWeights(file, join(folder, 'out.safetensors')), {
      code: 'ERR_STEGO_CHECKPOINT',
    })
    for (const { message } of [loading, converting]) {
      t.true(message.includes(inspection.problem!), message)
      t.true(message.includes(file), message)
    }
  })
}

test('names of wrappers are looked through', async (t) => {
  const folder = await temporaryFolder(t)
  const wrappers: Record<string, (name: string) => string> = {
    '_orig_mod.module.': (name) => `_orig_mod.module.${name}`,
    'module._orig_mod.': (name) => `module._orig_mod.${name}`,
    'module.backbone.': (name) => `module.backbone.${name}`,
    'teacher.': (name) => `teacher.${name}`,
    'student.': (name) => `student.${name}`,
    'state_dict.model.backbone.': (name) => `state_dict.model.backbone.${name}`,
    'blocks compiled one by one': (name) => name.replace(/^(blocks\.\d+)/, '$1._orig_mod'),
    FSDP: (name) => `_fsdp_wrapped_module.${name.replace(/^(blocks\.\d+)/, '$1._checkpoint_wrapped_module')}`,
  }
  for (const [what, rename] of Object.entries(wrappers)) {
    const file = join(folder, 'wrapped.safetensors')
    await writeTensors(file, renamed(smallVit(), rename), HEADS)
    t.like((await inspectWeights(file)).backbone, { dim: 96, depth: 3, heads: 4 }, what)
    t.is((await loadBackbone(file)).info.heads, 4, what)
    await writeTensors(file, renamed(without(smallVit(), /^blocks\.1\.norm2\.bias$/), rename), HEADS)
    t.regex((await inspectWeights(file)).problem!, /blocks\.1\.norm2\.bias is missing/, what)
  }
})

/** Writes a ViT in another type, with one value of the class token given by its bits. */
async function writeAs(file: string, dtype: string, bytes: number, bits: bigint): Promise<void> {
  const tensors = Object.entries(smallVit()).sort(([a], [b]) => (a < b ? -1 : 1))
  const values = tensors.map(([name, { data }]) => {
    const content = Buffer.alloc(data.length * bytes)
    const last = content.length - bytes
    if (name !== 'cls_token') return content
    if (bytes === 8) content.writeBigUInt64LE(bits, last)
    else content.writeUIntLE(Number(bits), last, bytes)
    return content
  })
  const entries = tensors.map(([name, { shape }]) => ({ name, dtype, shape }))
  await writeWhole(file, Buffer.concat([encodeHeader(entries, HEADS), ...values]))
}

test('other types: what is finite is loaded, what is not is named', async (t) => {
  const file = join(await temporaryFolder(t), 'vit.safetensors')
  const types: [dtype: string, bytes: number, most: bigint, infinite: bigint, nan: bigint][] = [
    ['F16', 2, 0x7bffn, 0xfc00n, 0x7e01n],
    ['BF16', 2, 0x7f7fn, 0xff80n, 0x7fc0n],
    ['F32', 4, 0x7f7fffffn, 0xff800000n, 0x7fc00000n],
    ['F64', 8, 0x47efffffe0000000n, 0xfff0000000000000n, 0x7ff8000000000000n],
    ['F64', 8, 0xc7efffffe0000000n, 0x47f0000000000000n, 0xfff8000000000000n],
  ]
  for (const [dtype, bytes, most, infinite, nan] of types) {
    await writeAs(file, dtype, bytes, most)
    t.is((await inspectWeights(file)).problem, null, dtype)
    t.is((await loadBackbone(file)).info.depth, 3, dtype)
    await writeAs(file, dtype, bytes, infinite)
    t.regex((await inspectWeights(file)).problem!, /cls_token has an infinite value/, dtype)
    await writeAs(file, dtype, bytes, nan)
    t.regex((await inspectWeights(file)).problem!, /cls_token has NaN/, dtype)
  }
  await writeAs(file, 'I16', 2, 0n)
  t.regex((await inspectWeights(file)).problem!, /has the type I16, but stego needs floating-point/)
})

test('a checkpoint that does not say how it was trained is not credited with defaults', async (t) => {
  const { assumed, backbone } = await inspectWeights(golden('leggedrobotics.ckpt'))
  t.is(backbone, null)
  for (const name of ['images', 'options.seed', 'options.batch', 'options.data', 'options.steps']) {
    t.true(assumed.includes(name), name)
  }
  for (const name of ['step', 'options.dim', 'options.learningRates', 'backbone.heads']) {
    t.false(assumed.includes(name), name)
  }
})

test('a TorchScript program without a backbone is named', async (t) => {
  const file = join(await temporaryFolder(t), 'model.pt')
  const program = (pickle: string) =>
    packZip(
      [
        { name: 'model/data.pkl', bytes: Buffer.from(pickle, 'latin1') },
        { name: 'model/code/__torch__.py', bytes: Buffer.from('class Model(Module): pass') },
      ],
      false,
    )
  await writeWhole(file, await program('\x80\x02N.'))
  t.regex((await inspectWeights(file)).problem!, /TorchScript program.*state_dict/)
  await t.throwsAsync(loadBackbone(file), { code: 'ERR_STEGO_BACKBONE', message: /TorchScript program/ })
  await writeWhole(file, await program('\x80\x02\xff.'))
  await t.throwsAsync(inspectWeights(file), {
    code: 'ERR_STEGO_CHECKPOINT',
    message: /model\.pt is a TorchScript/,
  })
})
