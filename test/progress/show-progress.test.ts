import test from 'ava'
import { Stego, showProgress, type TrainOptions } from '../../lib/index.js'
import { recordingStream } from '../cli/fixtures/terminal.js'
import { makeDataset, SMALL } from '../support/dataset.js'

test('a run is shown to its end, and gives its model', async (t) => {
  const { stream, text } = recordingStream()
  const model = await showProgress(
    Stego.train({ ...SMALL, data: await makeDataset(t, { train: 3 }) }),
    stream,
  )
  t.true(model instanceof Stego)
  t.regex(text(), /images: 3 for training/)
  t.regex(text(), /training: step \d+\/\d+, correspondence/)
  t.regex(text(), /done: step \d+ after/)
  model.dispose()
})

test('a run that fails rejects with its error', async (t) => {
  const { stream, text } = recordingStream()
  const run = Stego.train({ data: '.', classes: 0 } as TrainOptions)
  await t.throwsAsync(showProgress(run, stream), { code: 'ERR_STEGO_OPTION' })
  t.is(text(), '')
})
