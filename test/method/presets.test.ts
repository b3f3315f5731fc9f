import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { mergeOptions, readConfig } from '../../lib/cli/config.js'
import { PRESET_NAMES, PRESETS } from '../../lib/method/presets.js'
import type { ResolvedRunOptions } from '../../lib/method/train-options.js'
import { parseTrain } from '../../lib/training/input.js'

function fresh(input: unknown): ResolvedRunOptions {
  const request = parseTrain(input)
  if (request.resume !== null) throw new Error('expected a fresh run')
  return request.options
}

test('a preset fills in what it was tuned with', (t) => {
  for (const preset of PRESET_NAMES) {
    const { options } = PRESETS[preset]
    t.like(fresh({ data: 'd', preset }), { ...options, preset })
  }
  const cocostuff = fresh({ data: 'd', preset: 'cocostuff27-vits8' })
  t.deepEqual(cocostuff.shifts, { self: 0.08, knn: 0.02, random: 0.66 })
  t.deepEqual([cocostuff.steps, cocostuff.batch, cocostuff.crops], [5000, 16, 'five'])
})

test('no preset is the active block of the official file, which is of another dataset', (t) => {
  for (const { options } of Object.values(PRESETS)) {
    t.notDeepEqual(options.shifts as object, { self: 0.18, knn: 0.12, random: 0.46 })
  }
})

test('one field beside a preset changes that field alone', (t) => {
  const preset = 'cityscapes-vitb8'
  const { weights, shifts, ...others } = fresh({
    data: 'd',
    preset,
    steps: 7000,
    weights: { knn: 0.5 },
    shifts: { self: 0.4 },
  })
  t.deepEqual(weights, { ...PRESETS[preset].options.weights, knn: 0.5 })
  t.deepEqual(shifts, { ...PRESETS[preset].options.shifts, self: 0.4 })
  t.is(others.steps, 7000)
  t.is(others.dim, 100)
})

test('shifts of a preset are not carried to another backbone', (t) => {
  t.is(fresh({ data: 'd', preset: 'potsdam-vits8', backbone: 'starter' }).shifts, 'auto')
  const given = { self: 0.1, knn: 0.2, random: 0.3 }
  t.deepEqual(fresh({ data: 'd', preset: 'potsdam-vits8', backbone: 'starter', shifts: given }).shifts, given)
})

test('resolved options with a preset come out of a second check unchanged', (t) => {
  const options = fresh({ data: 'd', preset: 'potsdam-vits8', backbone: 'starter', dim: 50 })
  t.deepEqual(fresh(options), options)
})

test('an unknown preset is refused with the names', (t) => {
  t.throws(() => parseTrain({ data: 'd', preset: 'cocostuff' }), {
    code: 'ERR_STEGO_OPTION',
    message: /"cocostuff27-vits8"/,
  })
})

test('flags stand before a configuration file, nested ones one by one', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'stego-config-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'config.yaml')
  writeFileSync(file, 'preset: potsdam-vits8\nsteps: 100\nweights:\n  self: 0.5\n  knn: 0.4\n')
  const merged = mergeOptions(await readConfig(file), { data: 'd', steps: 200, weights: { knn: 0.1 } })
  const { steps, weights, dataset } = fresh(merged)
  t.is(steps, 200)
  t.is(dataset, 'potsdam')
  t.deepEqual(weights, { self: 0.5, knn: 0.1, random: 0.63 })
  writeFileSync(file, '- a list')
  await t.throwsAsync(readConfig(file), { code: 'ERR_STEGO_OPTION', message: /map of options/ })
  writeFileSync(file, 'a: [')
  await t.throwsAsync(readConfig(file), { code: 'ERR_STEGO_OPTION', message: /not valid YAML/ })
  await t.throwsAsync(readConfig(join(folder, 'none.yaml')), { code: 'ERR_STEGO_OPTION', message: /ENOENT/ })
})
