/** The option `device` through the public API, on any machine. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { correspondFeatures } from '../../../lib/correspond/index.js'
import { Stego, type TrainingEvent } from '../../../lib/index.js'
import { parseTrain } from '../../../lib/training/input.js'
import { inspectWeights } from '../../../lib/weights/index.js'
import { makeDataset, SMALL, temporaryFolder } from '../../support/dataset.js'

test('a run, its model and what is loaded say where they compute, and nothing that is written does', async (t) => {
  const data = await makeDataset(t, { train: 4 })
  const out = join(await temporaryFolder(t), 'run')
  const run = Stego.train({ ...SMALL, data, out, steps: 1, device: 'cpu' })
  const events: TrainingEvent[] = []
  for await (const event of run) events.push(event)
  t.like(events[0], { type: 'start', device: 'cpu', deviceName: null })
  const model = await run
  t.is(model.device, 'cpu')
  t.like(model.info, { device: 'cpu', deviceName: null })

  t.notRegex(readFileSync(join(out, 'config.yaml'), 'utf8'), /device/)
  const { metadata, model: stored } = await inspectWeights(out)
  t.notRegex(metadata.model!, /device/)
  t.false('device' in stored!)

  const resumed = await Stego.train({ resume: out, steps: 2, device: 'cpu' })
  t.is(resumed.info.step, 2)
  t.is((await Stego.load(out, { device: 'cpu' })).device, 'cpu')
  const image = join(data, 'imgs', 'train', '00.png')
  t.is((await model.correspond(image)).device, 'cpu')
})

test('a device that is not there is refused, by whatever takes one', async (t) => {
  const data = await makeDataset(t, { train: 4 })
  const image = join(data, 'imgs', 'train', '00.png')
  const expected = {
    code: 'ERR_STEGO_DEVICE',
    message: /^the device "cuda:99" cannot be used: .*Device "cpu" works/,
  }
  await t.throwsAsync(async () => Stego.train({ ...SMALL, data, device: 'cuda:99' }), expected)
  await t.throwsAsync(correspondFeatures('starter', image, null, { device: 'cuda:99' }), expected)
})

test('what is no device is an error of the option', async (t) => {
  const load = Stego.load('runs/none', { device: 'gpu' as 'cuda' })
  await t.throwsAsync(load, {
    code: 'ERR_STEGO_OPTION',
    message: /Stego\.load\(\).*device.*auto, cpu, cuda, or cuda:0 and so on/,
  })
  t.throws(() => parseTrain({ resume: 'runs/a', device: 'cuda:' }), { code: 'ERR_STEGO_OPTION' })
  t.like(parseTrain({ resume: 'runs/a', device: 'cuda:1' }), { device: 'cuda:1', changes: {} })
})
