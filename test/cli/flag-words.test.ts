import test from 'ava'
import { inFlags } from '../../lib/cli/flag-words.js'
import { trainCommand } from '../../lib/cli/train.js'
import { StegoError } from '../../lib/errors.js'

const said = (message: string) =>
  (inFlags(new StegoError('ERR_STEGO_RUN', message), trainCommand) as StegoError).message

test('options that a message names become flags', (t) => {
  t.is(said('Choose another one with `out`.'), 'Choose another one with --out.')
  t.is(said('Resume that with `resume: "runs/my run"`.'), "Resume that with --resume 'runs/my run'.")
  t.is(said('(`featureStore.folder`)'), '(--feature-store.folder)')
  t.is(said("keep them (`featureStore.mode: 'memory'`)"), 'keep them (--feature-store.mode memory)')
  t.is(said('`classMap` is only for "auto"'), '--class-map is only for "auto"')
  t.is(said('set `zeroClamp: false`'), 'set --no-zero-clamp')
  t.is(said('Use smaller `learningRates` or `weights`.'), 'Use smaller --learning-rates.* or --weights.*.')
  t.is(said('"batch" must be larger'), '--batch must be larger')
  t.is(said('or use backbone "starter", which'), 'or use --backbone starter, which')
})

test('other words stay as they are', (t) => {
  for (const message of [
    'run `npm install stego`',
    'the file out.png and data/out',
    'unknown split "data". Did you mean "val"?',
    '`constructor` is no option',
  ]) {
    t.is(said(message), message)
  }
  const other = new Error('`out`')
  t.is(inFlags(other, trainCommand), other)
})

test('code and cause are kept', (t) => {
  const cause = new Error('why')
  const error = inFlags(new StegoError('ERR_STEGO_FILE', 'see `out`', { cause }), trainCommand) as StegoError
  t.is(error.code, 'ERR_STEGO_FILE')
  t.is(error.cause, cause)
})
