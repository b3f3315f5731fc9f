/**
 * How much memory does training on a million images take with their features in a store on disk? The image list is
 * simulated and the store is a sparse file of zeros marked as complete, so no images are needed. Everything else is
 * real: the list of images, neighbors, steps and k-means.
 */
import { readFileSync } from 'node:fs'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Split } from '../lib/datasets/source.js'
import { type FeaturePlan, openStore } from '../lib/features/plan.js'
import { PLAIN_RULE } from '../lib/images/samples.js'
import { trainSchema } from '../lib/method/train-options.js'
import { checked, job } from '../lib/native/index.js'
import { mixSeed } from '../lib/random/random.js'
import { fitClusters } from '../lib/training/clusters.js'
import { TrainingImages } from '../lib/training/data.js'
import { batchInput, createPairing, stepInput, stepSettings } from '../lib/training/step.js'
import { loadBackbone } from '../lib/weights/backbones.js'
import { networkOptions } from '../lib/weights/network-options.js'
import { report, useThreads } from './measure.js'

const count = Number(process.argv[2] ?? 1_000_000)
const steps = Number(process.argv[3] ?? 30)
const threads = useThreads()
const options = trainSchema.parse({ data: '.', featureStore: { mode: 'disk' } })
const backbone = await loadBackbone('starter')
const { dim, patch } = backbone.info
const side = options.resolution / patch
const transform = { resolution: options.resolution, fit: options.fit, multiple: patch } as const

/** Bytes of memory that belong to the process, not to the page cache. */
function ownMemory(): number {
  const line = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))
  return Number(line![1]) * 1024
}

let peak = 0
const stages: Record<string, unknown>[] = []
function stage(name: string): void {
  const now = ownMemory()
  peak = Math.max(peak, now)
  stages.push({ stage: name, 'MiB now': now / 2 ** 20, 'MiB peak so far': peak / 2 ** 20 })
}

/** CRC-32C of zeros, as stored in a store's entries. */
function checksumOfZeros(length: number): number {
  let value = 0xffffffff
  for (let i = 0; i < length; i++) {
    value ^= 0
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0x82f63b78 : 0)
  }
  return ~value >>> 0
}

stage('backbone loaded')
const folder = await mkdtemp(join(tmpdir(), 'stego-memory-'))
try {
  const items = Array.from({ length: count }, (_, i) => {
    const name = `image-${String(i).padStart(9, '0')}`
    return { name, image: `/data/photographs/2026/${name}.jpg`, label: null }
  })
  stage('list of images')
  const bytesPerImage = side * side * dim * 2 + 4 * dim
  const path = join(folder, 'simulated.features')
  const plan: FeaturePlan = {
    mode: 'disk',
    images: count,
    bytes: count * bytesPerImage,
    bytesPerImage,
    memoryBytes: 0,
    pictures: false,
    file: {
      path,
      key: '0'.repeat(64),
      description: '{}',
      dtype: 'float16',
      gridHeight: side,
      gridWidth: side,
    },
  }
  openStore(backbone, plan).dispose()
  await markComplete(path, [side * side * dim * 2, 4 * dim])
  stage('store made')
  const split: Split = {
    name: 'train',
    items,
    labeled: 0,
    classes: null,
    classNames: null,
    palette: null,
    own: null,
    decode: { rule: PLAIN_RULE },
    read: async () => Promise.reject(new Error('every image is in the store')),
  }
  const images = new TrainingImages(split, backbone, { transform, plan, salience: false })
  for await (const { kept } of images.computeAll()) if (kept !== count) throw new Error('records are missing')
  stage('means checked')
  const network = await job((native, cancel) =>
    native.Network.create(backbone, networkOptions(options, dim), false, cancel),
  )
  const trainer = checked((native) => new native.Trainer(network, images.store))
  const k = options.neighbors
  const indices = Int32Array.from({ length: count * k }, (_, i) => (Math.floor(i / k) + 1 + (i % k)) % count)
  const pairs = createPairing({ images: count, batch: options.batch, k, seed: 0, neighbors: { indices } })
  stage('neighbors')
  trainer.configure(stepSettings(options, { self: 0.5, knn: 0.4, random: 0.3 }))
  for (let step = 0; step < steps; step++) {
    const pair = pairs.at(step)
    await images.ensure(pair.images, pair.positives)
    const batch = await batchInput(images, pair, options)
    const input = await stepInput(images, batch, step + 1, options, transform)
    await job((_, cancel) => trainer.step({ ...input, seed: mixSeed(0, step) }, cancel))
    peak = Math.max(peak, ownMemory())
  }
  stage(`${steps} steps of ${options.batch}`)
  for (const head of ['kmeans', 'baselineKmeans'] as const) {
    const width = head === 'baselineKmeans' ? dim : options.dim
    const timer = setInterval(() => {
      peak = Math.max(peak, ownMemory())
    }, 20)
    const settings = { restarts: 1, seed: 0, bytesPerImage: 4 * width * side * side }
    await fitClusters(head, trainer, images, settings)
    clearInterval(timer)
    stage(`${head}`)
  }
  const { size, blocks } = await stat(path)
  report(
    `Training on ${count} images with their features on disk`,
    { threads, fileBytes: size, bytesOnDisk: 512 * blocks },
    stages,
  )
} finally {
  await rm(folder, { recursive: true })
}

/** Marks every record as written, with the checksums of zeros. */
async function markComplete(path: string, parts: number[]): Promise<void> {
  const entry = Buffer.alloc(16)
  entry.writeUInt32LE(1, 0)
  for (const [part, length] of parts.entries()) entry.writeUInt32LE(checksumOfZeros(length), 4 + 4 * part)
  const file = await open(path, 'r+')
  const many = Buffer.alloc(16 * 65_536, entry)
  for (let first = 0; first < count; first += 65_536) {
    const length = 16 * Math.min(65_536, count - first)
    await file.write(many, 0, length, 4096 + 16 * first)
  }
  await file.close()
}
