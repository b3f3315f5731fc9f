/**
 * Moves every backbone, network and dense CRF of a process to one device, STEGO_TEST_DEVICE: `test` unless it is set, which is the
 * test device (test_device.cpp), so that the code for other devices runs where there is none; or `cuda:0`. For
 * `--import`.
 */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { addon } from '../../lib/native/index.js'

const device = process.env.STEGO_TEST_DEVICE || 'test'
if (device === 'test') {
  createRequire(import.meta.url)(
    fileURLToPath(new URL('../../build/Release/test-device/test-device.node', import.meta.url)),
  )
}
type Load = (stored: unknown, options: object, cancel: unknown) => unknown
type Loader = (new (...values: unknown[]) => object) & { load: Load }

/** The same class, whose load() has only that device. */
function moved(loader: Loader): Loader {
  return class extends loader {
    static override load: Load = (stored, options, cancel) =>
      loader.load(stored, { ...options, device }, cancel)
  }
}

type Problem = { options: { form?: string } }
type Crf = (problems: Problem[], ...others: unknown[]) => unknown
type MeanField = (new (
  ...values: unknown[]
) => object) & {
  begin: (problem: Problem, cancel: unknown) => unknown
}

/** The problem on that device, unless a test asks for a certain form on the CPU. */
const movedProblem = (problem: Problem) =>
  problem.options.form === undefined ? { ...problem, options: { ...problem.options, device } } : problem

const native = addon() as unknown as Record<'Backbone' | 'Network', Loader> & {
  MeanField: MeanField
  denseCrf: Crf
}
const { MeanField, denseCrf } = native
Object.assign(native, {
  Backbone: moved(native.Backbone),
  Network: moved(native.Network),
  MeanField: class extends MeanField {
    static override begin: MeanField['begin'] = (problem, cancel) =>
      MeanField.begin(movedProblem(problem), cancel)
  },
  denseCrf: ((problems, ...others) =>
    Array.isArray(problems)
      ? denseCrf(problems.map(movedProblem), ...others)
      : denseCrf(problems, ...others)) satisfies Crf,
})
