import test from 'ava'
import { Stego, showProgress, type TrainOptions } from '../../lib/index.js'
import { notebookStream } from '../../lib/progress/notebook-stream.js'
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

test.serial('in a notebook, lines go to the cell', (t) => {
  t.is(notebookStream(), null)
  const { argv } = process
  const { log } = console
  t.teardown(() => {
    process.argv = argv
    console.log = log
    Reflect.deleteProperty(globalThis, 'Deno')
  })
  process.argv = ['node', '/usr/lib/node_modules/tslab/bin/tslab', 'kernel', '--config-path', 'x']
  t.not(notebookStream(), null)
  process.argv = argv
  Object.assign(globalThis, { Deno: { jupyter: {} } })
  const printed: string[] = []
  console.log = (line: string) => printed.push(line)
  const stream = notebookStream()!
  stream.write('one\ntw')
  stream.write('o\n')
  t.deepEqual(printed, ['one', 'two'])
  t.falsy(stream.isTTY)
  const outside = {
    get jupyter() {
      throw new Error('only in its kernel')
    },
  }
  Object.assign(globalThis, { Deno: outside })
  t.is(notebookStream(), null)
})

test('a run that fails rejects with its error', async (t) => {
  const { stream, text } = recordingStream()
  const run = Stego.train({ data: '.', classes: 0 } as TrainOptions)
  await t.throwsAsync(showProgress(run, stream), { code: 'ERR_STEGO_OPTION' })
  t.is(text(), '')
})
