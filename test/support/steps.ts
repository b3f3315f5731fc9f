/** A small trainer on three drawn pictures, and steps for it. */
import {
  checked,
  job,
  type NativeTrainer,
  type NetworkOptions,
  type StepInput,
  type StepLosses,
  type StepSettings,
} from '../../lib/native/index.js'
import { loadBackbone } from '../../lib/weights/backbones.js'
import { lossOptions } from '../parity/loss.js'
import { NETWORK } from './network.js'

export const SIDE = 32
export const BATCH = 3
export const transform = { resolution: SIDE, fit: 'center', multiple: 8 } as const

/** Pictures that differ from each other and from their mirror image. */
const picture = (n: number) => ({
  data: Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * (7 + 4 * n) + ((i * i) >> 7)) % 256),
  width: SIDE,
  height: SIDE,
})
export const pictures = Array.from({ length: BATCH }, (_, n) => picture(n))

export const labelMap = (value: (x: number, y: number) => number) => ({
  data: Uint8Array.from({ length: SIDE * SIDE }, (_, i) => value(i % SIDE, Math.floor(i / SIDE))),
  width: SIDE,
  height: SIDE,
})

export const load = (features: { kind: 'feat' | 'keys'; layer: number }) =>
  loadBackbone('starter', { features })

export async function trainerOf(options: Partial<NetworkOptions> = {}, pictures_ = false) {
  const backbone = await load({ kind: 'feat', layer: 1 })
  const network = await job((native, cancel) =>
    native.Network.create(backbone, { ...NETWORK, ...options }, true, cancel),
  )
  const store = await job(
    async (native) =>
      new native.FeatureStore(backbone, BATCH, { budgetBytes: 2 ** 24, pictures: pictures_, file: null }),
  )
  const indices = Int32Array.of(0, 1, 2)
  await job((_, cancel) => store.compute(indices, pictures, transform, cancel))
  const trainer = await job(async (native) => new native.Trainer(network, store))
  return { backbone, network, store, trainer }
}

/** A step, and what it has in common with others. */
export type StepChanges = Partial<StepInput & StepSettings>

/** Runs one step with these changes. */
export async function step(trainer: NativeTrainer, changes: StepChanges = {}): Promise<StepLosses> {
  configure(trainer, changes)
  return job((_, cancel) => trainer.step(stepInput(changes), cancel))
}

/** Measures feature correspondences of one batch. */
export async function measure(trainer: NativeTrainer, changes: StepChanges = {}): Promise<void> {
  configure(trainer, changes)
  return job((_, cancel) => trainer.measure(stepInput(changes), cancel))
}

function configure(trainer: NativeTrainer, { loss, learningRates }: StepChanges): void {
  const still = { head: 0, linearProbe: 0, clusterProbe: 0 }
  checked(() => trainer.configure({ loss: loss ?? lossOptions({}), learningRates: learningRates ?? still }))
}

const stepInput = ({ loss: _, learningRates: __, ...changes }: StepChanges): StepInput => ({
  images: Int32Array.of(0, 1, 2),
  positives: Int32Array.of(1, 2, 0),
  labels: pictures.map((_, n) => labelMap((x) => (x < SIDE / 2 ? n % 3 : (n + 1) % 3))),
  oracle: false,
  seed: 3,
  ...changes,
})
