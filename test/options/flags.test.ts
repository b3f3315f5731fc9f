import test from 'ava'
import { z } from 'zod'
import { trainSchema } from '../../lib/method/train-options.js'
import { FLAG_WORDING, flagsOf, readFlags } from '../../lib/options/flags.js'
import { parseOptions } from '../../lib/options/parse.js'

const schema = trainSchema.extend({ json: z.boolean().optional() })
const read = (...args: string[]) => readFlags(schema, args, 'stego train')

test('every option has a flag named after its path', (t) => {
  const names = flagsOf(schema).map((flag) => flag.name)
  for (const name of ['data', 'shifts', 'shifts.self', 'weights.knn', 'learning-rates.head', 'zero-clamp']) {
    t.true(names.includes(name), name)
  }
  t.is(new Set(names).size, names.length)
})

test('flags give nested values of the types of the options', (t) => {
  const { values, words } = read(
    ...['--data', './photos', '--steps=200', '--weights.knn', '.5', '--learning-rates.head', '1e-4', 'word'],
    ...[
      '--shifts.self',
      '-0.3',
      '--no-zero-clamp',
      '--stabilize',
      '--feature-store.memory-bytes',
      '500MB',
      '--fit',
      'squash',
    ],
  )
  t.deepEqual(values, {
    data: './photos',
    steps: 200,
    weights: { knn: 0.5 },
    learningRates: { head: 1e-4 },
    shifts: { self: -0.3 },
    zeroClamp: false,
    stabilize: true,
    featureStore: { memoryBytes: 500_000_000 },
    fit: 'squash',
  })
  t.deepEqual(words, ['word'])
})

test('the last of several wins', (t) => {
  t.deepEqual(read('--steps', '1', '--steps', '2', '--json', '--json=false').values, {
    steps: 2,
    json: false,
  })
})

test('none stands for null where a number may be null', (t) => {
  t.deepEqual(read('--threads', 'none', '--validate-every', '5').values, { threads: null, validateEvery: 5 })
  t.deepEqual(read('--steps', 'none').values, { steps: 'none' })
})

test('everything after -- is a word', (t) => {
  t.deepEqual(read('--', '--steps', '-x').words, ['--steps', '-x'])
})

test('an unknown flag is answered with the nearest', (t) => {
  const refused = (args: string[], message: RegExp) =>
    t.throws(() => read(...args), { code: 'ERR_STEGO_OPTION', message })
  refused(['--bacth', '3'], /unknown flag --bacth\. Did you mean --batch\?/)
  refused(['--weight-self', '3'], /Did you mean --weights\.self\?/)
  refused(['--learningRates.head', '3'], /Did you mean --learning-rates\.head\?/)
  refused(['--no-zero-clam'], /Did you mean --no-zero-clamp\?/)
  refused(['--no-batch'], /unknown flag --no-batch/)
  refused(['-x'], /unknown flag -x\. Run "stego train --help" to list all flags/)
})

test('a flag without its value is refused, and does not swallow the next flag', (t) => {
  t.throws(() => read('--steps'), { message: /--steps needs a value: an integer of at least 1/ })
  t.throws(() => read('--data', '--steps', '5'), { message: /--data needs a value: the folder of images/ })
  t.deepEqual(read('--data=--steps').values, { data: '--steps' })
})

test('a switch takes no value', (t) => {
  t.throws(() => read('--zero-clamp=maybe'), { message: /--zero-clamp takes no value/ })
})

test('a whole and its parts exclude each other, in either order', (t) => {
  t.deepEqual(read('--shifts', 'auto').values, { shifts: 'auto' })
  const message = /--shifts and --shifts\.\* cannot be combined/
  t.throws(() => read('--shifts', 'auto', '--shifts.self', '1'), { message })
  t.throws(() => read('--shifts.self', '1', '--shifts', 'auto'), { message })
})

test('a size that cannot be read is refused with examples', (t) => {
  t.throws(() => read('--feature-store.memory-bytes', '2XB'), {
    message: /--feature-store.memory-bytes must be a size such as 500MB, 2GiB/,
  })
})

test('a wrong value is blamed on its flag', (t) => {
  const { values } = read('--data', 'x', '--steps', 'many', '--weights.knn', '-1', '--fit', 'centre')
  const error = t.throws(() => parseOptions(schema, values, 'stego train', FLAG_WORDING))
  t.deepEqual(error!.message.split('\n'), [
    'stego train:',
    '  --steps must be an integer of at least 1, got "many"',
    '  --fit must be "center" or "squash", got "centre"',
    '  --weights.knn must be a finite number of at least 0, got -1',
  ])
})

test('a choice may be none, or a number', (t) => {
  const read = (...args: string[]) => readFlags(trainSchema, args, 'stego train').values
  t.deepEqual(read('--projection', 'none', '--feature-samples', 'all'), {
    projection: null,
    featureSamples: 'all',
  })
  t.deepEqual(read('--projection', 'linear', '--feature-samples', '7'), {
    projection: 'linear',
    featureSamples: 7,
  })
})
