/** The fast form of the correspondence loss beside the plain one, from the same draws. */
import test from 'ava'
import { job, type LossOptions, type StepInput } from '../../lib/native/index.js'
import { lossOptions } from '../parity/loss.js'
import { labelMap, measure, pictures, SIDE, step, trainerOf } from '../support/steps.js'

const masks = pictures.map(() => labelMap((x) => (x < SIDE / 2 ? 1 : 0)))

const CASES: Record<string, { loss?: Partial<LossOptions>; input?: Partial<StepInput> }> = {
  'the defaults': {},
  'dropout on all features': { loss: { dropout: 0.3, featureDropout: true } },
  'the centering of the paper': { loss: { centering: 'paper' } },
  'no centering, no clamp': { loss: { centering: 'none', zeroClamp: false } },
  'similarities clamped at both ends': { loss: { stabilize: true } },
  'sums instead of means': { loss: { reduction: 'sum', correspondenceWeight: 0.01 } },
  'every position of the grid': { loss: { featureSamples: 'all' } },
  'no random pairs': { loss: { negativeSamples: 0 } },
  'salient positions': { input: { salience: masks, positiveSalience: masks } },
  'labels that supervise': {
    input: {
      oracle: true,
      positiveLabels: [1, 2, 0].map((n) => labelMap((x) => (x < 16 ? n : (n + 1) % 3))),
    },
  },
}

for (const [name, { loss, input }] of Object.entries(CASES)) {
  test(`both forms of the loss agree: ${name}`, async (t) => {
    const stepOf = async (plain: boolean) => {
      const { trainer } = await trainerOf()
      const given = { ...input, loss: lossOptions({ ...loss, plain }), histograms: true, gradients: true }
      return step(trainer, given)
    }
    const [fast, plain] = [await stepOf(false), await stepOf(true)]
    for (const term of ['correspondence', 'self', 'knn', 'random'] as const) close(t, fast[term], plain[term])
    for (const type of ['self', 'knn', 'random'] as const) {
      close(t, fast.similarity[type], plain.similarity[type])
      const [counts, others] = [fast.histograms![type], plain.histograms![type]]
      const moved = counts.reduce((sum, count, bin) => sum + Math.abs(count - others[bin]!), 0)
      const all = counts.reduce((sum, count) => sum + count, 0)
      t.is(
        all,
        others.reduce((sum, count) => sum + count, 0),
      )
      t.true(moved <= 2 + all / 1000, `${moved} of ${all} similarities of ${type} in another bin`)
    }
    for (const [parameter, { data }] of Object.entries(fast.gradients!)) {
      const others = plain.gradients![parameter]!.data
      const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6)
      const error = data.reduce((most, value, i) => Math.max(most, Math.abs(value - others[i]!)), 0)
      t.true(error <= 2e-5 * largest, `${parameter}: ${error} of ${largest}`)
    }
  })

  test(`both forms measure the same feature correspondences: ${name}`, async (t) => {
    const measureOf = async (plain: boolean) => {
      const { trainer } = await trainerOf()
      await measure(trainer, { ...input, loss: lossOptions({ ...loss, plain }) })
      return job(() => trainer.distributions({ self: 0.65, knn: 0.8, random: 0.95 }))
    }
    const [fast, plain] = [await measureOf(false), await measureOf(true)]
    for (const type of ['self', 'knn', 'random'] as const) {
      close(t, fast[type].mean, plain[type].mean)
      close(t, fast[type].value, plain[type].value, 2e-4) // two of the bins it is read from
    }
  })
}

function close(
  t: { true(value: boolean, message?: string): unknown },
  a: number,
  b: number,
  most = 2e-6,
): void {
  t.true(Math.abs(a - b) <= most * Math.max(1, Math.abs(a)), `${a} and ${b}`)
}
