/** Training steps from a recorded start with recorded draws. */
import { job, type LabelMap, type NativeTrainer, type Tensor } from '../../lib/native.js'
import { parameterNames } from './backbone.js'
import { type Golden, scalar } from './compare.js'
import { type Comparison, readGolden } from './files.js'
import { backboneTensors, loadNetwork } from './head.js'
import { lossOptions } from './loss.js'
import { entry } from './tensors.js'

const STEPS = 3
const LEARNING_RATES = { head: 5e-4, linear: 5e-3, cluster: 5e-3 }

const PARAMETERS = [
  'cluster_probe.clusters',
  ...parameterNames(['linear_probe', 'net.cluster1.0', 'net.cluster2.0', 'net.cluster2.2']),
]

/** Recorded gradients of the 1 x 1 convolutions end in two axes of length 1, the addon's do not. */
const CONVOLUTIONS = ['cluster1.0.weight', 'cluster2.0.weight', 'cluster2.2.weight', 'linear.weight']
const OTHERS = ['cluster1.0.bias', 'cluster2.0.bias', 'cluster2.2.bias', 'clusters']

/** Losses and parameters of every step, gradients of the first. */
export const compareTraining: Comparison = async (golden, surroundings) => {
  const initial = PARAMETERS.map((name) => [name, golden.float(`init.${name}`)] as const)
  const weights = backboneTensors(await readGolden(surroundings.find('dino_featurizer')))
  const network = await loadNetwork(
    surroundings.temporary('initial'),
    { ...weights, ...Object.fromEntries(initial) },
    'nonlinear',
  )
  const batch = golden.float('s0.img').shape[0]!
  const store = await job(
    async (native) => new native.FeatureStore(network.backbone, STEPS * 2 * batch, Number.MAX_SAFE_INTEGER),
  )
  const trainer = await job(async (native) => new native.Trainer(network, store))
  for (let step = 0; step < STEPS; step++) {
    const images = Int32Array.from({ length: batch }, (_, i) => step * 2 * batch + i)
    const positives = images.map((index) => index + batch)
    const input = golden.float(`s${step}.img`)
    const positiveInput = golden.float(`s${step}.img_pos`)
    await job((_, cancel) => store.computePrepared(images, input, cancel))
    await job((_, cancel) => store.computePrepared(positives, positiveInput, cancel))
    await compareStep(golden, step, trainer, images, positives)
    const after = surroundings.temporary(`step${step}`)
    await job(() => trainer.save(after, {}))
    const saved = await job((native) => native.readWeights(after))
    for (const name of PARAMETERS) golden.expect('parameter', `s${step}.after.${name}`, saved[name]!)
  }
  trainer.dispose()
  store.dispose()
  network.dispose()
}

async function compareStep(
  golden: Golden,
  step: number,
  trainer: NativeTrainer,
  images: Int32Array,
  positives: Int32Array,
): Promise<void> {
  const draws = {
    coords1: golden.float(`s${step}.coords1`),
    coords2: golden.float(`s${step}.coords2`),
    permutations: golden.long(`s${step}.perms`),
  }
  const loss = lossOptions({
    featureSamples: draws.coords1.shape[1]!,
    negativeSamples: draws.permutations.shape[0]!,
  })
  const labels = toLabelMaps(golden.long(`s${step}.label`))
  const input = { images, positives, labels, seed: 0, learningRates: LEARNING_RATES, loss, draws }
  const losses = await job((_, cancel) => trainer.step({ ...input, gradients: true }, cancel))
  const { correspondence, cluster } = losses
  const linear = losses.linear ?? Number.NaN
  golden.expect('loss', `s${step}.corr`, scalar(correspondence))
  golden.expect('loss', `s${step}.cluster`, scalar(cluster))
  golden.expect('loss', `s${step}.linear`, scalar(linear))
  golden.expect('loss', `s${step}.total`, scalar(correspondence + cluster + linear))
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
