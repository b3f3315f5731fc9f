/** Training steps from a recorded start with recorded draws. */
import {
  checked,
  job,
  type LabelMap,
  type LossOptions,
  type NativeTrainer,
  type Tensor,
} from '../../lib/native/index.js'
import { readTensors, save } from '../support/weights.js'
import { parameterNames } from './backbone.js'
import { type Golden, scalar } from './compare.js'
import { type Comparison, type ParityContext, readGolden } from './files.js'
import { backboneTensors, loadNetwork } from './head.js'
import { CRF, lossOptions } from './loss.js'
import { entry } from './tensors.js'

const LEARNING_RATES = { head: 5e-4, linearProbe: 5e-3, clusterProbe: 5e-3 }

const HEAD_LAYERS = ['net.cluster1.0', 'net.cluster2.0', 'net.cluster2.2']

/** Recorded gradients of the 1 x 1 convolutions end in two axes of length 1, the addon's do not. */
const CONVOLUTIONS = ['cluster1.0.weight', 'cluster2.0.weight', 'cluster2.2.weight', 'linear.weight']
const OTHERS = ['cluster1.0.bias', 'cluster2.0.bias', 'cluster2.2.bias', 'clusters']

/** A recorded run: how many steps, and what it adds to the loss. */
interface Trace {
  steps: number
  layers: string[]
  loss: Partial<LossOptions>
  /** Whether the optional terms are on. */
  complete: boolean
}

/** Three steps of the default loss: losses and parameters of every step, gradients of the first. */
export const compareTraining = traceComparison({
  steps: 3,
  layers: ['linear_probe', ...HEAD_LAYERS],
  loss: {},
  complete: false,
})

/** One step with every optional term. */
export const compareAllTerms = traceComparison({
  steps: 1,
  layers: ['decoder', 'linear_probe', ...HEAD_LAYERS],
  loss: {
    stabilize: true,
    reconstructionWeight: 0.3,
    alignment: { weight: 0.2, axes: 'official' },
    crf: { ...CRF, weight: 0.1, samples: 30 },
  },
  complete: true,
})

/** Every trace is followed twice, by the fast forms and by the plain ones. */
function traceComparison(trace: Trace): Comparison {
  return async (golden, context) => {
    for (const plain of [false, true]) {
      await followTrace({ ...trace, loss: { ...trace.loss, plain } }, golden, context)
    }
  }
}

async function followTrace(trace: Trace, golden: Golden, context: ParityContext): Promise<void> {
  const parameters = ['cluster_probe.clusters', ...parameterNames(trace.layers)]
  const initial = parameters.map((name) => [name, golden.float(`init.${name}`)] as const)
  const weights = backboneTensors(await readGolden(context.find('dino_featurizer')))
  const network = await loadNetwork(
    context.temporary('initial'),
    { ...weights, ...Object.fromEntries(initial) },
    { decoder: trace.complete },
  )
  const batch = golden.float('s0.img').shape[0]!
  const count = trace.steps * 2 * batch
  const store = await job(
    async (native) =>
      new native.FeatureStore(network.backbone, count, {
        budgetBytes: Number.MAX_SAFE_INTEGER,
        pictures: trace.complete,
        file: null,
      }),
  )
  const trainer = await job(async (native) => new native.Trainer(network, store))
  for (let step = 0; step < trace.steps; step++) {
    const images = Int32Array.from({ length: batch }, (_, i) => step * 2 * batch + i)
    const positives = images.map((index) => index + batch)
    const input = golden.float(`s${step}.img`)
    const positiveInput = golden.float(`s${step}.img_pos`)
    await job((_, cancel) => store.computePrepared(images, input, cancel))
    await job((_, cancel) => store.computePrepared(positives, positiveInput, cancel))
    await compareStep(golden, trace, step, trainer, images, positives)
    const after = context.temporary(`step${step}`)
    await save(trainer, after)
    const saved = await readTensors(after)
    for (const name of parameters) golden.expect('parameter', `s${step}.after.${name}`, saved[name]!)
  }
  trainer.dispose()
  store.dispose()
  network.dispose()
}

async function compareStep(
  golden: Golden,
  trace: Trace,
  step: number,
  trainer: NativeTrainer,
  images: Int32Array,
  positives: Int32Array,
): Promise<void> {
  const draws = {
    coords1: golden.float(`s${step}.coords1`),
    coords2: golden.float(`s${step}.coords2`),
    permutations: golden.long(`s${step}.perms`),
    ...(trace.complete && { crfPlaces: golden.long(`s${step}.crf_coords`) }),
  }
  const loss = lossOptions({
    featureSamples: draws.coords1.shape[1]!,
    negativeSamples: draws.permutations.shape[0]!,
    ...trace.loss,
  })
  const labels = toLabelMaps(golden.long(`s${step}.label`))
  const views = trace.complete && {
    views: { input: golden.float(`s${step}.img_aug`), coordinates: golden.float(`s${step}.coord_aug`) },
  }
  const input = {
    images,
    positives,
    labels,
    oracle: false,
    seed: 0,
    draws,
  }
  checked(() => trainer.configure({ loss, learningRates: LEARNING_RATES }))
  const losses = await job((_, cancel) => trainer.step({ ...input, ...views, gradients: true }, cancel))
  const terms = {
    corr: losses.correspondence,
    cluster: losses.clusterProbe,
    linear: losses.linearProbe ?? Number.NaN,
    ...(trace.complete && {
      rec: losses.reconstruction ?? Number.NaN,
      aug_alignment: losses.alignment ?? Number.NaN,
      crf: losses.crf ?? Number.NaN,
    }),
  }
  for (const [name, value] of Object.entries(terms)) golden.expect('loss', `s${step}.${name}`, scalar(value))
  const { corr, cluster, linear, rec = 0, aug_alignment: alignment = 0, crf = 0 } = terms
  const optional = loss.reconstructionWeight * rec + loss.alignment.weight * alignment + loss.crf.weight * crf
  golden.expect('loss', `s${step}.total`, scalar(corr + cluster + linear + optional))
  if (step > 0) return
  const gradient = (name: string): Tensor => {
    const tensor = losses.gradients?.[name]
    if (!tensor) throw new Error(`the step returned no gradient of ${name}`)
    return tensor
  }
  for (const name of OTHERS) golden.expect('gradient', `s0.grad.${name}`, gradient(name))
  for (const name of CONVOLUTIONS) {
    const { data, shape } = gradient(name)
    golden.expect('gradient', `s0.grad.${name}`, { data, shape: [...shape, 1, 1] })
  }
}

/** Labels [B, H, W]; negative ones are void. */
function toLabelMaps(labels: Tensor<BigInt64Array>): LabelMap[] {
  const [batch, height, width] = labels.shape as [number, number, number]
  return Array.from({ length: batch }, (_, image) => {
    const data = Uint8Array.from(entry(labels, image).data, (value) => (value < 0n ? 255 : Number(value)))
    return { data, width, height }
  })
}
