import test from 'ava'
import { trainCommandLine } from '../../lib/cli/train-command.js'
import { trainSchema } from '../../lib/method/train-options.js'
import { readFlags } from '../../lib/options/flags.js'

test('options are written as flags that give them back, those of other commands left out', (t) => {
  const values = {
    data: './photos',
    backbone: 'starter',
    validateEvery: null,
    zeroClamp: false,
    stabilize: true,
    weights: { knn: 0.5 },
    featureStore: { mode: 'disk', folder: 'fast/stores' },
  }
  const line = trainCommandLine({ ...values, k: 7, json: true, split: undefined })
  t.true(line.startsWith('stego train --data ./photos --backbone starter '))
  t.deepEqual(readFlags(trainSchema, line.split(' ').slice(2), 'stego train').values, values)
})

test('what a shell would take apart is quoted', (t) => {
  t.is(trainCommandLine({ data: 'my photos' }), "stego train --data 'my photos'")
})
