/** Backbones in Hugging Face's layout: folders, several files, and the configuration beside them. */
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Stego } from '../../lib/index.js'
import { job, type NativeBackbone, type Tensor } from '../../lib/native/index.js'
import { loadBackbone } from '../../lib/weights/backbones.js'
import { identifyBackbone } from '../../lib/weights/identity.js'
import { convertWeights, inspectWeights } from '../../lib/weights/index.js'
import { readModel } from '../../lib/weights/model-file.js'
import { makeDataset, SMALL, temporaryFolder } from '../support/dataset.js'
import { writeTensors } from '../support/weights.js'
import { difference, testImage, testPicture } from './fixtures.js'
import { CONFIG, huggingFace, smallVit, writeFolder, writeJson, writeShards } from './small-vit.js'

const tensors = huggingFace(smallVit())

async function featuresOf(backbone: NativeBackbone, input: Tensor = testImage()): Promise<Tensor> {
  return (await job((_, cancel) => backbone.trace(input, 1, cancel))).features[0]!
}

/** Loads a backbone and compares its features with those of the plain file with as many heads. */
async function same(t: ExecutionContext, path: string, heads: number): Promise<void> {
  const plain = join(await temporaryFolder(t), 'plain.safetensors')
  await writeTensors(plain, smallVit(), { heads: String(heads) })
  const [expected, given] = await Promise.all([plain, path].map((file) => loadBackbone(file)))
  t.is(given!.info.heads, heads)
  t.is(difference(await featuresOf(given!), await featuresOf(expected!)), 0)
}

test('a folder, its file and an index give the same features, with the heads of config.json', async (t) => {
  const folder = await temporaryFolder(t)
  const whole = await writeFolder(join(folder, 'whole'), tensors)
  const index = await writeShards(join(folder, 'parts'), tensors)
  for (const path of [whole, join(whole, 'model.safetensors'), index, dirname(index)]) {
    await same(t, path, 4)
    const { kind, layout, backbone, problem } = await inspectWeights(path)
    t.deepEqual([kind, layout, problem], ['backbone', 'huggingface', null])
    t.like(backbone, { dim: 96, depth: 3, patch: 8, grid: 7, heads: 4, headsFrom: 'config.json' })
  }
})

test('heads are converted with a backbone, or given by hand', async (t) => {
  const folder = await temporaryFolder(t)
  const source = await writeFolder(join(folder, 'vit'), tensors)
  const [known, given] = [join(folder, 'known.safetensors'), join(folder, 'given.safetensors')]
  t.like(await convertWeights(source, known), { kind: 'backbone', layout: 'huggingface' })
  await same(t, known, 4)
  await rm(join(source, 'config.json'))
  await t.throwsAsync(convertWeights(source, given), { message: /nothing says how many attention heads/ })
  await convertWeights(source, given, { heads: 6 })
  await same(t, given, 6)
  await convertWeights(known, given, { heads: 8 })
  await same(t, given, 8)
  t.like((await inspectWeights(given)).backbone, { heads: 8, headsFrom: 'metadata' })
  await t.throwsAsync(convertWeights(known, given, { heads: 7 }), {
    code: 'ERR_STEGO_OPTION',
    message: /divides the width of 96, got 7/,
  })
})

const CONTRADICTIONS: Record<string, [change: Record<string, unknown>, message: RegExp]> = {
  width: [{ hidden_size: 384 }, /contradict .*config\.json: hidden_size is 384 there, but 96 in the weights/],
  depth: [{ num_hidden_layers: 12 }, /num_hidden_layers is 12 there, but 3/],
  patch: [{ patch_size: 16 }, /patch_size is 16 there, but 8/],
  'heads that do not divide the width': [
    { num_attention_heads: 5 },
    /config\.json gives 5 attention heads, which do not divide its width of 96/,
  ],
  activation: [{ hidden_act: 'relu' }, /the activation "relu", but stego computes "gelu"/],
  'no heads at all': [
    { num_attention_heads: undefined },
    /nothing says how many attention heads.*not a multiple of 64/,
  ],
}

for (const [what, [change, message]] of Object.entries(CONTRADICTIONS)) {
  test(`a config.json that does not fit is refused: ${what}`, async (t) => {
    const folder = await writeFolder(await temporaryFolder(t), tensors, { ...CONFIG, ...change })
    const { kind, problem } = await inspectWeights(folder)
    t.is(kind, 'other')
    t.regex(problem!, message)
    const error = await t.throwsAsync(loadBackbone(folder), { code: 'ERR_STEGO_BACKBONE', message })
    t.true(error.message.includes(problem!))
  })
}

test('a config.json is not guessed at', async (t) => {
  const folder = await writeFolder(await temporaryFolder(t), tensors, { ...CONFIG, num_attention_heads: '4' })
  const config = join(folder, 'config.json')
  await t.throwsAsync(loadBackbone(folder), {
    message: /config\.json.*num_attention_heads must be a whole number/,
  })
  await writeFile(config, '{"hidden_size"')
  await t.throwsAsync(loadBackbone(folder), {
    code: 'ERR_STEGO_CHECKPOINT',
    message: /config\.json.*not JSON/,
  })
  // One of another program, beside a file with heads of its own.
  const file = join(folder, 'own.safetensors')
  await writeTensors(file, smallVit(), { heads: '6' })
  await same(t, file, 6)
  await writeJson(config, { editor: 'dark' })
  await same(t, file, 6)
  await writeJson(config, CONFIG)
  await t.throwsAsync(loadBackbone(file), {
    message: /metadata gives 6 attention heads, but .*config\.json gives 4/,
  })
})

test('other scalings of pixels are folded into the patch embedding', async (t) => {
  const folder = await temporaryFolder(t)
  const plain = await writeFolder(join(folder, 'plain'), tensors)
  const pixels = Float32Array.from({ length: 3 * 56 * 56 }, (_, i) => ((i * 37) % 256) / 255)
  const scaled = (mean: number[], std: number[], range = 1): Tensor => {
    const data = pixels.map((value, i) => {
      const channel = Math.floor(i / (56 * 56))
      return (range * value - mean[channel]!) / std[channel]!
    })
    return { data, shape: [1, 3, 56, 56] }
  }
  const imageNet = scaled([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
  const backbone = await loadBackbone(plain)
  const cases: [Record<string, unknown>, Tensor][] = [
    [{ image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] }, scaled([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])],
    [{ image_mean: [0.1, 0.5, 0.3], image_std: [0.2, 0.5, 0.9] }, scaled([0.1, 0.5, 0.3], [0.2, 0.5, 0.9])],
    [{ do_normalize: false }, scaled([0, 0, 0], [1, 1, 1])],
    [{ image_mean: 0, image_std: 1, rescale_factor: 1 / 127.5 }, scaled([0, 0, 0], [1, 1, 1], 2)],
    [
      { image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225], rescale_factor: 1 / 255 },
      imageNet,
    ],
  ]
  const identities = new Set([await identifyBackbone(plain)])
  for (const [i, [preprocessor, input]] of cases.entries()) {
    const path = await writeFolder(join(folder, String(i)), tensors)
    await writeJson(join(path, 'preprocessor_config.json'), preprocessor)
    const converted = join(folder, `${i}.safetensors`)
    await convertWeights(path, converted)
    const expected = await featuresOf(backbone, input)
    for (const file of [path, converted]) {
      t.true(difference(await featuresOf(await loadBackbone(file), imageNet), expected) < 1e-3, `${file}`)
    }
    identities.add(await identifyBackbone(path))
  }
  t.is(identities.size, cases.length) // the last one is ImageNet's
  const path = join(folder, '0')
  t.deepEqual((await inspectWeights(path)).backbone!.normalization, {
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
    range: 1,
  })
  for (const wrong of [{ image_mean: [0.5] }, { image_std: [0, 0, 0] }, { rescale_factor: 'x' }]) {
    await writeJson(join(path, 'preprocessor_config.json'), wrong)
    await t.throwsAsync(loadBackbone(path), {
      code: 'ERR_STEGO_CHECKPOINT',
      message: /preprocessor_config\.json/,
    })
  }
})

test("timm's config.json gives the scaling of pixels", async (t) => {
  const config = { architecture: 'vit', pretrained_cfg: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } }
  const folder = await temporaryFolder(t)
  await writeTensors(join(folder, 'model.safetensors'), smallVit(), { heads: '4' })
  for (const timm of [config, { architecture: 'vit', ...config.pretrained_cfg }]) {
    await writeJson(join(folder, 'config.json'), timm)
    const { backbone } = await inspectWeights(folder)
    t.deepEqual(backbone!.normalization.mean, [0.5, 0.5, 0.5])
  }
})

test('an index that does not fit its files is refused, and the file is named', async (t) => {
  const folder = await temporaryFolder(t)
  let number = 0
  const refused = async (
    change: (map: Record<string, unknown>) => unknown,
    code: string,
    message: RegExp,
  ) => {
    const index = await writeShards(join(folder, String(number++)), tensors, change)
    for (const path of [index, dirname(index)]) {
      for (const call of [loadBackbone, inspectWeights, identifyBackbone]) {
        if (call === identifyBackbone && message.source.includes('gone')) continue // it reads no headers
        await t.throwsAsync<Error>(call(path), { code, message }, String(message))
      }
    }
  }
  const first = 'embeddings.cls_token'
  const moved = (file: unknown) => (map: Record<string, unknown>) => ({
    weight_map: { ...map, [first]: file },
  })
  const damaged = 'ERR_STEGO_CHECKPOINT'
  await refused(
    moved('model-00003-of-00003.safetensors'),
    'ERR_STEGO_DATA_MISSING',
    /model-00003-of-00003\.safetensors.*index\.json names/,
  )
  await refused(
    (map) => ({ weight_map: { ...map, 'blocks.9.gone': 'model-00001-of-00002.safetensors' } }),
    damaged,
    /'blocks\.9\.gone' in .*model-00001-of-00002\.safetensors.*missing\./,
  )
  for (const file of ['../x.safetensors', '/etc/passwd', 'a/../../x', '..\\x', '.', 'a\0b']) {
    await refused(moved(file), damaged, /index\.json.*not a file in its folder/)
  }
  await refused(moved(7), damaged, /no file for 'embeddings\.cls_token'/)
  await refused(() => ({ weight_map: {} }), damaged, /weight_map is empty/)
  await refused(() => ({ metadata: {} }), damaged, /has no weight_map/)
  await refused(() => [], damaged, /has no weight_map/)
})

test('a shard that is cut or is a pointer is named', async (t) => {
  const index = await writeShards(await temporaryFolder(t), tensors)
  const shard = join(dirname(index), 'model-00002-of-00002.safetensors')
  await t.throwsAsync(loadBackbone(shard), { message: /file 2 of the 2 of a model: name their folder/ })
  const bytes = await readFile(shard)
  await writeFile(shard, bytes.subarray(0, bytes.length - 10))
  await t.throwsAsync(loadBackbone(index), {
    message: /model-00002-of-00002\.safetensors.*10 of \d+ bytes are missing/,
  })
  await writeFile(shard, 'version https://git-lfs.github.com/spec/v1\n')
  await t.throwsAsync(inspectWeights(index), {
    message: /model-00002-of-00002\.safetensors is a Git LFS pointer/,
  })
})

test('a folder without weights says what it has', async (t) => {
  const folder = await temporaryFolder(t)
  await writeJson(join(folder, 'config.json'), CONFIG)
  await t.throwsAsync(loadBackbone(folder), {
    code: 'ERR_STEGO_DATA_MISSING',
    message: /model\.safetensors.*Download/,
  })
  await writeFile(join(folder, 'tf_model.h5'), '')
  await t.throwsAsync(loadBackbone(folder), { message: /It has tf_model\.h5/ })
  await t.throwsAsync(inspectWeights(folder), { code: 'ERR_STEGO_RUN', message: /model\.safetensors/ })
})

test('the identity of one file is its hash; more files and heads count where they are given', async (t) => {
  const folder = await temporaryFolder(t)
  const whole = await writeFolder(join(folder, 'whole'), tensors)
  const file = join(whole, 'model.safetensors')
  const withHeads = await identifyBackbone(file)
  t.is(await identifyBackbone(whole), withHeads)
  const alone = join(folder, 'alone.safetensors')
  await copyFile(file, alone)
  const { createHash } = await import('node:crypto')
  const hash = createHash('sha256')
    .update(await readFile(alone))
    .digest('hex')
  t.is(await identifyBackbone(alone), `sha256:${hash}`)
  t.not(withHeads, `sha256:${hash}`)
  await writeJson(join(whole, 'config.json'), { ...CONFIG, num_attention_heads: 8 })
  t.not(await identifyBackbone(whole), withHeads)

  const index = await writeShards(join(folder, 'parts'), tensors)
  const parts = await identifyBackbone(index)
  t.regex(parts, /^sha256:[0-9a-f]{64}$/)
  t.is(await identifyBackbone(dirname(index)), parts)
  await rename(dirname(index), join(folder, 'elsewhere'))
  t.is(await identifyBackbone(join(folder, 'elsewhere')), parts)
  t.is(await identifyBackbone('dino-vits8'), 'dino-vits8')
})

test('a model that was trained on a folder is loaded again with its heads and features', async (t) => {
  const folder = await temporaryFolder(t)
  const vit = await writeFolder(join(folder, 'vit'), tensors)
  await writeJson(join(vit, 'preprocessor_config.json'), {
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
  })
  const data = await makeDataset(t, { train: 6 })
  const file = join(folder, 'model.safetensors')
  const model = await Stego.train({ ...SMALL, data, backbone: vit })
  const features = await model.features(testPicture(), { resolution: 56 })
  await model.save(file)
  model.dispose()
  await mkdir(join(folder, 'gone'))
  await rename(vit, join(folder, 'gone', 'vit'))
  const { record } = await readModel(file)
  t.like(record.backbone, { heads: 4, dim: 96, depth: 3 })
  const again = await Stego.load(file)
  t.is(difference(await again.features(testPicture(), { resolution: 56 }), features), 0)
})
