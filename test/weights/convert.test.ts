import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { commandHelp } from '../../lib/cli/help.js'
import { convertCommand } from '../../lib/cli/weights.js'
import { Stego } from '../../lib/index.js'
import { job } from '../../lib/native/index.js'
import { loadBackbone } from '../../lib/weights/backbones.js'
import { convertWeights } from '../../lib/weights/convert.js'
import { openWeights } from '../../lib/weights/weight-file.js'
import { fakeApi } from '../cli/fixtures/api.js'
import { recordingTerminal } from '../cli/fixtures/terminal.js'
import { temporaryFolder } from '../support/dataset.js'
import { golden, tensorBytes, testPicture } from './fixtures.js'

test('an official checkpoint to .safetensors and back: every bit, the configuration, the same predictions', async (t) => {
  const folder = await temporaryFolder(t)
  const [first, archive, second] = ['a.safetensors', 'new/b.pth', 'c.safetensors'].map((name) =>
    join(folder, name),
  )
  const conversion = await convertWeights(golden('official.ckpt'), first!)
  t.like(conversion, { kind: 'model', layout: 'official', format: 'safetensors', tensors: 42 })
  t.like(await convertWeights(first!, archive!), { layout: 'stego', format: 'torch', tensors: 42 })
  await convertWeights(archive!, second!)
  t.deepEqual(await readFile(second!), await readFile(first!))

  const { names } = await openWeights(golden('official.ckpt'))
  const original = await job((native) => native.readWeights(golden('official.ckpt'), names!))
  t.deepEqual(await job((native) => native.readWeights(first!)), original)
  for (const carried of ['decoder.weight', 'train_cluster_probe.clusters']) t.true(carried in original)
  const { metadata } = await openWeights(archive!)
  t.is(JSON.parse(metadata.hyper_parameters!).cfg.dataset_name, 'cocostuff27')

  const [from, to] = await Promise.all([golden('official.ckpt'), archive!].map((file) => Stego.load(file)))
  const segment = async (model: Stego) => (await model.segment(testPicture(), { resolution: 56 })).labels
  t.deepEqual(await segment(to!), await segment(from!))
  t.deepEqual(to!.info, from!.info)
})

test("backbones keep their type and heads, under DINO's names", async (t) => {
  const folder = await temporaryFolder(t)
  const files = ['dino', 'timm', 'huggingface'].map((name) => join(folder, `${name}.safetensors`))
  for (const file of files) {
    const name = file.slice(folder.length + 1).replace('safetensors', 'pth')
    t.like(await convertWeights(golden(name), file), { kind: 'backbone', tensors: 30 })
  }
  const [dino, timm, huggingFace] = await Promise.all(files.map(tensorBytes))
  t.regex(dino!['blocks.1.attn.qkv.weight']!, /^F16 \[36,12\] /)
  t.deepEqual(timm, dino)
  t.deepEqual(huggingFace, dino)
  t.is((await loadBackbone(files[0]!)).info.heads, 6)
  const back = join(folder, 'back.pt')
  await convertWeights(files[0]!, back)
  t.is((await loadBackbone(back)).info.heads, 6)
})

test('what can not be converted is said, and nothing is written', async (t) => {
  const to = join(await temporaryFolder(t), 'x.safetensors')
  await t.throwsAsync(convertWeights(golden('tensors.pth'), to), {
    code: 'ERR_STEGO_CHECKPOINT',
    message: /neither/,
  })
  await t.throwsAsync(convertWeights(golden('nothing.pth'), to), { code: 'ERR_STEGO_DATA_MISSING' })
  await t.throwsAsync(stat(to), { code: 'ENOENT' })
  await t.throwsAsync(convertWeights(golden('timm.pth'), `${to}.zip`), {
    code: 'ERR_STEGO_OPTION',
    message: /\.safetensors, \.pth/,
  })
  await t.throwsAsync(convertWeights(golden('timm.pth'), join(golden('timm.pth'), 'x.pth')), {
    code: 'ERR_STEGO_FILE',
  })
})

test('stego convert says what it did', async (t) => {
  const folder = await temporaryFolder(t)
  const run = async (words: string[], values = {}) => {
    const { terminal, stdout } = recordingTerminal()
    const signal = new AbortController().signal
    await convertCommand.run({ words, values }, { terminal, signal, cwd: '.', api: fakeApi({}) })
    return stdout()
  }
  const [model, archive] = [join(folder, 'm.safetensors'), join(folder, 'm.pth')]
  t.is(await run([golden('official.ckpt'), model]), `${model}: a model of 42 tensors, from official names\n`)
  t.is(await run([model, archive]), `${archive}: a model of 42 tensors\n`)
  t.like(JSON.parse(await run([archive, model], { json: true })), {
    to: model,
    format: 'safetensors',
    tensors: 42,
  })
})

test('help of convert: two examples, lines that fit', (t) => {
  const help = commandHelp({ purpose: 'Converts.' }, convertCommand, 100)
  t.regex(help, /^Usage: stego convert <file or run> <file>/)
  t.true(convertCommand.examples.length >= 2)
  t.deepEqual(
    help.split('\n').filter((line) => line.length > 100),
    [],
  )
})
