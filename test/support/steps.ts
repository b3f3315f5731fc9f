/** A small trainer on three drawn pictures, and steps for it. */
import { job, type NetworkOptions, type StepInput } from '../../lib/native/index.js'
import { loadBackbone } from '../../lib/weights/backbones.js'
import { lossOptions } from '../parity/loss.js'
import { NETWORK } from './network.js'

export const SIDE = 32
export const BATCH = 3
export const transform = { resolution: SIDE, crop: 'center', multiple: 8 } as const

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

export const stepInput = (changes: Partial<StepInput> = {}): StepInput => ({
  images: Int32Array.of(0, 1, 2),
  positives: Int32Array.of(1, 2, 0),
  labels: pictures.map((_, n) => labelMap((x) => (x < SIDE / 2 ? n % 3 : (n + 1) % 3))),
  oracle: false,
  seed: 3,
  learningRates: { head: 0, linear: 0, cluster: 0 },
  loss: lossOptions({}),
  ...changes,
})
