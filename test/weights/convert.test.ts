import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { commandHelp } from '../../lib/cli/help.js'
import { convertCommand } from '../../lib/cli/weights.js'
import { Stego } from '../../lib/index.js'
import { loadBackbone } from '../../lib/weights/backbones.js'
import { convertWeights } from '../../lib/weights/convert.js'
import { openWeights } from '../../lib/weights/weight-file.js'
import { fakeApi } from '../cli/fixtures/api.js'
import { recordingTerminal } from '../cli/fixtures/terminal.js'
import { temporaryFolder } from '../support/dataset.js'
import { readTensors } from '../support/weights.js'
import { golden, tensorBytes, testPicture } from './fixtures.js'

test('an official checkpoint to .safetensors: every bit, the configuration, the same predictions', async (t) => {
  const folder = await temporaryFolder(t)
  const [first, second] = [join(folder, 'a.safetensors'), join(folder, 'new', 'b.safetensors')]
  const conversion = await convertWeights(golden('official.ckpt'), first)
  t.like(conversion, { kind: 'model', layout: 'official', tensors: 42 })
  t.like(await convertWeights(first, second), { layout: 'stego', tensors: 42 })
  t.deepEqual(await readFile(second), await readFile(first))

  const { names } = await openWeights(golden('official.ckpt'))
  const original = await readTensors(golden('official.ckpt'), names!)
  t.deepEqual(await readTensors(first), original)
  for (const carried of ['decoder.weight', 'train_cluster_probe.clusters']) t.true(carried in original)
  const { metadata } = await openWeights(second)
  t.is(JSON.parse(metadata.hyper_parameters!).cfg.dataset_name, 'cocostuff27')

  const [from, to] = await Promise.all([golden('official.ckpt'), second].map((file) => Stego.load(file)))
  const segment = async (model: Stego) => (await model.segment(testPicture(), { resolution: 56 })).labels
  t.deepEqual(await segment(to!), await segment(from!))
  t.deepEqual(to!.info, from!.info)
})

test('views and shared storages are written whole', async (t) => {
  const to = join(await temporaryFolder(t), 'leggedrobotics.safetensors')
  await convertWeights(golden('leggedrobotics.ckpt'), to)
  const { names } = await openWeights(golden('leggedrobotics.ckpt'))
  t.deepEqual(await readTensors(to), await readTensors(golden('leggedrobotics.ckpt'), names!))
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
})

test('what cannot be converted is said, and nothing is written', async (t) => {
  const to = join(await temporaryFolder(t), 'x.safetensors')
  await t.throwsAsync(convertWeights(golden('tensors.pth'), to), {
    code: 'ERR_STEGO_CHECKPOINT',
    message: /not a model or backbone/,
  })
  await t.throwsAsync(convertWeights(golden('nothing.pth'), to), { code: 'ERR_STEGO_DATA_MISSING' })
  await t.throwsAsync(stat(to), { code: 'ENOENT' })
  await t.throwsAsync(convertWeights(golden('timm.pth'), to.replace('safetensors', 'pth')), {
    code: 'ERR_STEGO_OPTION',
    message: /ending in \.safetensors.*safetensors\.torch\.load_file/,
  })
  await t.throwsAsync(convertWeights(golden('timm.pth'), join(golden('timm.pth'), 'x.safetensors')), {
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
  const [model, again] = [join(folder, 'm.safetensors'), join(folder, 'n.safetensors')]
  t.is(
    await run([golden('official.ckpt'), model]),
    `${model}: model with 42 tensors, converted from official names\n`,
  )
  t.is(await run([model, again]), `${again}: model with 42 tensors\n`)
  t.like(JSON.parse(await run([again, model], { json: true })), {
    to: model,
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
