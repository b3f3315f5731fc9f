import { pathToFileURL } from 'node:url'
import test from 'ava'
import { type ResolvedRunOptions, trainSchema } from '../../lib/method/train-options.js'
import { fieldsOf } from '../../lib/options/describe.js'
import { parseOptions } from '../../lib/options/parse.js'
import { parseTrain } from '../../lib/training/input.js'

function fresh(input: unknown): ResolvedRunOptions {
  const request = parseTrain(input)
  if (request.resume !== null) throw new Error('expected a fresh run')
  return request.options
}

test('a data folder is enough', (t) => {
  const options = fresh({ data: 'photos' })
  t.is(options.data, 'photos')
  t.is(options.steps, 500)
  t.is(options.batch, 32)
  t.is(options.featureStore.memoryBytes, 2 * 1024 ** 3)
  t.is(options.shifts, 'auto')
  t.deepEqual(options.weights, { self: 0.67, knn: 0.25, random: 0.63 })
  t.deepEqual(options.learningRates, { head: 5e-4, linearProbe: 5e-3, clusterProbe: 5e-3 })
})

test('without data or a run to resume there is nothing to train', (t) => {
  t.throws(() => parseTrain({}), { message: /"data" is missing: expected the folder of images/ })
})

test('folders and files may be file: URLs, no others', (t) => {
  const url = pathToFileURL('/some/a folder')
  const options = fresh({ data: url, backbone: pathToFileURL('/some/w.pth'), out: url })
  t.is(options.data, '/some/a folder')
  t.is(options.backbone, '/some/w.pth')
  t.is(options.out, '/some/a folder')
  t.throws(() => parseTrain({ data: new URL('https://example.org/photos') }), { code: 'ERR_STEGO_OPTION' })
})

test('resolved options survive JSON and a second check unchanged', (t) => {
  const options = fresh({ data: 'photos', shifts: { self: 0.1, knn: 0.2, random: 0.3 }, validateEvery: 50 })
  t.deepEqual(parseOptions(trainSchema, JSON.parse(JSON.stringify(options)), 'config'), options)
})

test('signal and onEvent stand beside the options, and are checked', (t) => {
  const { signal } = new AbortController()
  const onEvent = () => {}
  const request = parseTrain({ data: 'photos', signal, onEvent })
  t.is(request.signal, signal)
  t.is(request.onEvent, onEvent)
  t.false('signal' in fresh({ data: 'photos', signal }))
  t.throws(() => parseTrain({ data: 'photos', onEvent: 'log' }), { message: /"onEvent" must be a function/ })
  t.throws(() => parseTrain({ data: 'photos', signal: {} }), { message: /"signal" must be an AbortSignal/ })
})

test('resuming takes the run and only the changes that were given', (t) => {
  t.deepEqual(parseTrain({ resume: 'runs/a' }), {
    resume: 'runs/a',
    changes: {},
    device: undefined,
    signal: undefined,
    onEvent: undefined,
    onProgress: undefined,
  })
  const request = parseTrain({ resume: 'runs/a', steps: 900, data: undefined, threads: null })
  t.deepEqual(request.resume !== null && request.changes, { steps: 900, threads: null })
})

test('what made a run what it is cannot change when it is resumed', (t) => {
  t.throws(() => parseTrain({ resume: 'runs/a', classes: 5, seed: 1 }), {
    code: 'ERR_STEGO_OPTION',
    message: /"classes", "seed" cannot change .* only "data", "steps", .* can be combined/,
  })
  t.throws(() => parseTrain({ resume: 'runs/a', steps: 0 }), { message: /"steps" must be an integer/ })
})

test('every option is documented', (t) => {
  const undocumented = fieldsOf(trainSchema).filter((field) => field.doc === '')
  t.deepEqual(undocumented, [])
})

test('of the feature store, its memory and its folder may change when a run is resumed', (t) => {
  const request = parseTrain({ resume: 'runs/a', featureStore: { folder: 'fast', memoryBytes: 0 } })
  t.deepEqual(request.resume !== null && request.changes, {
    featureStore: { folder: 'fast', memoryBytes: 0 },
  })
  t.throws(() => parseTrain({ resume: 'runs/a', featureStore: { folder: 'fast', mode: 'off' } }), {
    code: 'ERR_STEGO_OPTION',
    message: /"featureStore\.mode" cannot change .* only "data", .*, "featureStore\.folder" can be combined/,
  })
})
