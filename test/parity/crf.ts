/** The dense CRF beside pydensecrf: probabilities after 1, 5 and 10 iterations, labels and KL divergence, by both forms. */
import {
  type CrfProblem,
  type CrfResult,
  type CrfTerm,
  checked,
  job,
  type Tensor,
} from '../../lib/native/index.js'
import { readMetadata } from '../support/weights.js'
import type { Golden } from './compare.js'
import type { Comparison } from './files.js'

/** Iterations after which a file records probabilities; the divergence is recorded at the start as well. */
const RECORDED = [0, 1, 5, 10]

/** Labels have to be the same where the two most probable ones are further apart than this. */
const CLEAR = 2e-4

export const compareDenseCrf: Comparison = async (golden, { file }) => {
  const metadata = await readMetadata(file)
  const [height, width] = [Number(metadata.height), Number(metadata.width)]
  const image = { data: golden.bytes('image').data, width, height }
  const unary = golden.float('unary')
  const labels = unary.shape[0]!
  const terms = readTerms(golden, metadata)
  for (const form of ['automatic', 'operators', 'kernels'] as const) {
    const options = { terms, iterations: 0, instructions: 'auto' as const, form }
    const fromSoftmax: CrfProblem = {
      image,
      scores: [{ kind: 'probabilities', values: golden.float('softmax') }],
      options,
    }
    const [[start]] = (await job((native, cancel) =>
      native.denseCrf([fromSoftmax], 'probabilities', cancel),
    )) as [[CrfResult]]
    expectProbabilities(golden, 'Q0', { data: start.probabilities!.data, shape: unary.shape })
    const problem: CrfProblem = {
      image,
      scores: [{ kind: 'unary', values: { data: unary.data, shape: [labels, height, width] } }],
      options,
    }
    const field = await job((native, cancel) => native.MeanField.begin(problem, cancel))
    const divergences: number[] = []
    for (const [i, iteration] of RECORDED.entries()) {
      const count = iteration - (RECORDED[i - 1] ?? 0)
      await job((_, cancel) => field.iterate(count, cancel))
      const { data } = await job(() => field.probabilities(0))
      expectProbabilities(golden, `Q${iteration}`, { data, shape: unary.shape })
      divergences.push(await job(() => field.divergence(0)))
    }
    const recorded = golden.tensor('kl').data as Float64Array
    const errors = divergences.map((value, i) => Math.abs(value - recorded[i]!) / Math.abs(recorded[i]!))
    golden.record('divergence', 'kl', Math.max(...errors))
    checked(() => field.dispose())
  }
}

/** Holds probabilities [C, ...] against recorded ones, and the labels wherever those are clear. */
export function expectProbabilities(golden: Golden, key: string, computed: Tensor): void {
  const recorded = golden.float(key)
  golden.expectPart('probability', key, computed, recorded)
  const pixels = recorded.data.length / recorded.shape[0]!
  let wrong = 0
  for (let p = 0; p < pixels; p++) {
    const [label, gap] = mostProbable(recorded, p, pixels)
    if (gap > CLEAR && mostProbable(computed, p, pixels)[0] !== label) wrong++
  }
  golden.record('mismatches', `${key} (labels)`, wrong)
}

/** The first most probable label of a pixel, and how much more probable it is than the next. */
function mostProbable({ data, shape }: Tensor, pixel: number, pixels: number): [number, number] {
  let [label, first, second] = [0, data[pixel]!, 0]
  for (let l = 1; l < shape[0]!; l++) {
    const value = data[l * pixels + pixel]!
    if (value > first) [label, second, first] = [l, first, value]
    else if (value > second) second = value
  }
  return [label, first - second]
}

function readTerms(golden: Golden, metadata: Record<string, string>): CrfTerm[] {
  return (['gauss', 'bilat'] as const)
    .filter((name) => metadata[`${name}_present`] === 'True')
    .map((name) => {
      const weight = metadata[`${name}_compat`]
      const numbers = (key: string) => [...(golden.tensor(key).data as Float64Array)]
      return {
        xyStd: numbers(`${name}_sxy`),
        colorStd: name === 'bilat' ? numbers('bilat_srgb') : null,
        compatibility:
          weight === undefined
            ? golden.float(`${name}_compat`)
            : { data: Float32Array.of(Number(weight)), shape: [1] },
        normalization: metadata[`${name}_norm`] as CrfTerm['normalization'],
      }
    })
}
