import test from 'ava'
import { z } from 'zod'
import { StegoError } from '../../lib/errors.js'
import { evaluateSchema } from '../../lib/evaluation/options.js'
import { featuresSchema, segmentSchema } from '../../lib/model/options.js'
import { parseOptions } from '../../lib/options/parse.js'
import { option, pairValues } from '../../lib/options/schema.js'

const schema = z.strictObject({
  batch: option(z.int().min(2).default(32), { doc: 'Images a step.' }),
  classes: z.int().min(2).max(255).default(8),
  dropout: z.number().min(0).lt(1).default(0.1),
  fit: z.enum(['center', 'squash']).default('center'),
  clamp: z.boolean().default(true),
  threads: z.int().min(1).nullable().default(null),
  split: z.string().min(1).default('train'),
  shifts: option(z.union([z.literal('auto'), pairValues(() => z.number())]).default('auto'), {
    doc: 'Shifts.',
    expected: '"auto" or { self, knn, random }',
  }),
  weights: pairValues(() => z.number().min(0).default(0.5)).prefault({}),
})

const parse = (input: unknown) => parseOptions(schema, input, 'Stego.train()')

/** The message for options that are wrong in one way. */
function complaint(t: { throws: typeof test.prototype.throws }, input: unknown): string {
  return t.throws(() => parse(input), { instanceOf: StegoError, code: 'ERR_STEGO_OPTION' })!.message
}

test('defaults fill what is left out or undefined, at every depth', (t) => {
  const all = parse({ batch: undefined, weights: { knn: 1 } })
  t.is(all.batch, 32)
  t.is(all.threads, null)
  t.deepEqual(all.weights, { self: 0.5, knn: 1, random: 0.5 })
  t.deepEqual(parse(undefined), parse({}))
})

test('a misspelled name is answered with the nearest known one', (t) => {
  t.is(complaint(t, { bacth: 3 }), 'Stego.train(): unknown option "bacth". Did you mean "batch"?')
})

test('a misspelled nested name is answered with its whole path', (t) => {
  const message = complaint(t, { weights: { sefl: 1 } })
  t.is(message, 'Stego.train(): unknown option "weights.sefl". Did you mean "weights.self"?')
  t.regex(
    complaint(t, { shifts: { sefl: 1, knn: 0, random: 0 } }),
    /"shifts\.sefl"\. Did you mean "shifts\.self"/,
  )
})

test('a name near none lists those there are', (t) => {
  t.regex(complaint(t, { epochs: 3 }), /unknown option "epochs"\. Known options: batch, classes, dropout, /)
  t.regex(
    complaint(t, { weights: { epochs: 3 } }),
    /Known options: weights\.self, weights\.knn, weights\.random$/,
  )
  t.regex(complaint(t, JSON.parse('{"__proto__": 1}')), /unknown option "__proto__"/)
})

const WRONG: [input: object, message: string][] = [
  [{ batch: 1 }, '"batch" must be an integer of at least 2, got 1 (number)'],
  [{ batch: 2.5 }, '"batch" must be an integer of at least 2, got 2.5 (number)'],
  [{ batch: '32' }, '"batch" must be an integer of at least 2, got "32" (string)'],
  [{ batch: Number.NaN }, '"batch" must be an integer of at least 2, got NaN'],
  [{ batch: null }, '"batch" must be an integer of at least 2, got null'],
  [{ batch: 32n }, '"batch" must be an integer of at least 2, got 32n (bigint)'],
  [{ batch: [32] }, '"batch" must be an integer of at least 2, got an array of 1'],
  [{ classes: 256 }, '"classes" must be an integer from 2 to 255, got 256 (number)'],
  [{ classes: Number.POSITIVE_INFINITY }, '"classes" must be an integer from 2 to 255, got Infinity'],
  [{ dropout: 1 }, '"dropout" must be a finite number from 0 to below 1, got 1 (number)'],
  [{ dropout: Number.NaN }, '"dropout" must be a finite number from 0 to below 1, got NaN'],
  [{ fit: 'centre' }, '"fit" must be "center" or "squash", got "centre" (string)'],
  [{ clamp: 1 }, '"clamp" must be true or false, got 1 (number)'],
  [{ threads: 0 }, '"threads" must be an integer of at least 1 or null, got 0 (number)'],
  [{ split: '' }, '"split" must be a non-empty string, got "" (string)'],
  [{ shifts: 'oto' }, '"shifts" must be "auto" or { self, knn, random }, got "oto" (string)'],
  [{ shifts: null }, '"shifts" must be "auto" or { self, knn, random }, got null'],
  [{ shifts: { self: 0, knn: 0 } }, '"shifts.random" is missing: expected a finite number'],
  [{ weights: { knn: -1 } }, '"weights.knn" must be a finite number of at least 0, got -1 (number)'],
  [{ weights: [1, 2, 3] }, '"weights" must be an object { self, knn, random }, got an array of 3'],
  [{ weights: null }, '"weights" must be an object { self, knn, random }, got null'],
]

for (const [input, message] of WRONG) {
  test(`refused: ${message}`, (t) => {
    t.is(complaint(t, input), `Stego.train(): ${message}`)
  })
}

test('an integer beyond exact ones is told the limit', (t) => {
  t.regex(complaint(t, { batch: 2 ** 53 }), /from 2 to 9007199254740991, got 9007199254740992/)
})

test('several mistakes come together, one a line', (t) => {
  t.deepEqual(complaint(t, { batch: 1, fit: 'none', weigths: {} }).split('\n'), [
    'Stego.train():',
    '  "batch" must be an integer of at least 2, got 1 (number)',
    '  "fit" must be "center" or "squash", got "none" (string)',
    '  unknown option "weigths". Did you mean "weights"?',
  ])
})

test('what is not an object of options is refused as a whole', (t) => {
  const start = 'Stego.train(): options must be an object such as { batch: ... }, got '
  t.is(complaint(t, './photos'), `${start}"./photos" (string)`)
  t.is(complaint(t, null), `${start}null`)
  t.is(complaint(t, []), `${start}an array of 0`)
  t.is(complaint(t, new Map()), `${start}an instance of Map`)
  t.is(
    complaint(t, () => {}),
    `${start}a function`,
  )
})

test('an AbortSignal is taken as it is, anything else as a signal is refused', (t) => {
  const { signal } = new AbortController()
  t.is(parseOptions(segmentSchema, { signal }, 'model.segment()').signal, signal)
  t.throws(() => parseOptions(segmentSchema, { signal: new AbortController() }, 'model.segment()'), {
    message: /^model\.segment\(\): "signal" must be an AbortSignal, got an instance of AbortController/,
  })
})

test('the defaults of segment, evaluate and features', (t) => {
  t.deepEqual(parseOptions(segmentSchema, undefined, ''), {
    resolution: 320,
    flip: true,
    maxPatches: 12_800,
    maxPixels: 100_000_000,
    bands: null,
    range: null,
    labels: 'auto',
    crf: false,
    probabilities: false,
  })
  t.deepEqual(parseOptions(evaluateSchema, { data: 'x' }, ''), {
    data: 'x',
    split: 'val',
    dataset: null,
    classMap: null,
    ignoreLabel: null,
    recursive: true,
    maxPixels: 100_000_000,
    bands: null,
    range: null,
    onBadImage: 'fail',
    crops: null,
    cropRatio: 0.5,
    resolution: 320,
    fit: 'center',
    flip: true,
    crf: false,
    batch: 8,
    matching: 'one-to-one',
    official: false,
    temperature: 2,
  })
  t.deepEqual(parseOptions(featuresSchema, {}, ''), {
    resolution: 224,
    fit: 'whole',
    maxPatches: 12_800,
    maxPixels: 100_000_000,
    bands: null,
    range: null,
  })
})
