/**
 * How fast is the frozen backbone compared with a matrix product on the same machine at the same time, the official
 * formulation, and onnxruntime on the same weights?
 *
 *     npx tsx benchmarks/backbone.ts --model s8 --side 224 --batch 1 --batch 4 --rounds 9 --beside bfloat16,onnx
 *
 * Models are s8 and b8, with random weights, and starter. With the defaults, a run takes a minute or two; every side
 * is combined with every batch.
 */

import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { addon, type DType, job, type NativeBackbone, type Pixels, type Tensor } from '../lib/native/index.js'
import { writeWhole } from '../lib/write-whole.js'
import { readTensors, stored } from '../test/support/weights.js'
import { machinePeak, report, useThreads } from './measure.js'
import { encodeVit } from './peers/onnx-vit.js'
import { openOnnx } from './peers/onnxruntime.js'
import { type Contender, race, timed } from './race.js'
import { RANDOM_MODELS, type RandomModel, randomVit } from './random-vit.js'
import { startReference } from './reference/reference.js'

const { bfloat16Products } = addon().describeMachine().kernels

const { values: given } = parseArgs({
  options: {
    model: { type: 'string', default: 's8' },
    side: { type: 'string', multiple: true, default: ['224'] },
    batch: { type: 'string', multiple: true, default: ['1', '4'] },
    rounds: { type: 'string', default: '7' },
    /** Any of: bfloat16, if the processor supports it; official; onnx. */
    beside: { type: 'string', default: bfloat16Products ? 'bfloat16,official,onnx' : 'official,onnx' },
  },
})
const beside = given.beside.split(',')
const STARTER = fileURLToPath(new URL('../weights/starter-vit-tiny8.safetensors', import.meta.url))
const HEAD_WIDTH = 64

const threads = useThreads()
const file = RANDOM_MODELS.includes(given.model as RandomModel)
  ? await randomVit(given.model as RandomModel)
  : STARTER
const backbone = await load('float32')
const { dim, depth, patch, heads } = backbone.info

async function load(dtype: DType): Promise<NativeBackbone> {
  const tensors = await stored(file)
  const features = { kind: 'feat', layer: 1 } as const
  const options = { prefix: '', heads: 0, features, device: 'cpu', dtype } as const
  return job((native, cancel) => native.Backbone.load(tensors, options, cancel))
}

/** FLOP for one image (2 x multiply-add): blocks and patch embedding. */
function flop(side: number): number {
  const patches = (side / patch) ** 2
  const tokens = patches + 1
  return depth * (24 * tokens * dim ** 2 + 4 * tokens ** 2 * dim) + 2 * patches * dim * 3 * patch ** 2
}

/** One way to compute the features, and its difference from ours. */
interface Way extends Contender {
  difference?: number
  end?(): unknown
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)
}

async function onnx(images: Pixels[], side: number, ours: Tensor): Promise<Way> {
  const batch = images.length
  const transform = { resolution: side, fit: 'center', multiple: patch } as const
  const input = (await job((native) => native.prepareImages(images, transform))) as Tensor<Float32Array>
  const one: Tensor = { data: input.data.subarray(0, 3 * side * side), shape: [1, 3, side, side] }
  const { positions } = await job((_, cancel) => backbone.trace(one, 1, cancel))
  const weights = (await readTensors(file)) as Record<string, Tensor>
  const path = join(tmpdir(), `stego-benchmark-${process.pid}.onnx`)
  await writeWhole(path, encodeVit(weights, positions, { batch, side, dim, depth, heads, patch }))
  const model = await openOnnx(path, threads)
  await rm(path)
  const run = () => model.run(input.data, input.shape)
  const difference = largestDifference(await run(), ours.data)
  if (difference > 1e-4) throw new Error(`onnxruntime's features differ from ours by ${difference}.`)
  return { ...timed('onnxruntime', run), difference, end: () => model.release() }
}

async function measure(side: number, batch: number, peak: number): Promise<Record<string, unknown>[]> {
  const data = new Uint8Array(side * side * 3).map((_, i) => (i * 7919 + (i >> 9) * 31) % 256)
  const images = Array.from({ length: batch }, () => ({ data, width: side, height: side }))
  const transform = { resolution: side, fit: 'center', multiple: patch } as const
  const compute = (by: NativeBackbone) => job((_, cancel) => by.features(images, transform, cancel))
  const ours = (await compute(backbone)) as Tensor<Float32Array>
  const ways: Way[] = [timed('float32', () => compute(backbone))]
  if (beside.includes('bfloat16')) {
    const other = await load('bfloat16')
    const difference = largestDifference((await compute(other)).data as Float32Array, ours.data)
    ways.push({ ...timed('bfloat16', () => compute(other)), difference })
  }
  if (beside.includes('official')) {
    ways.push(await startReference('official_backbone', [file, dim / HEAD_WIDTH, side, batch, threads]))
  }
  if (beside.includes('onnx')) ways.push(await onnx(images, side, ours))
  const results = await race(ways, Number(given.rounds))
  for (const way of ways) await way.end?.()
  return results.map(({ name, min, median, quartiles, speed }, i) => ({
    side,
    batch,
    way: name,
    'ms per image (min)': min / batch,
    'ms per image (median)': median / batch,
    'middle half': quartiles.map((time) => (time / batch).toPrecision(4)).join(' - '),
    'share of peak': (flop(side) * batch) / min / 1e6 / peak,
    'float32 speedup over it': 1 / speed,
    'largest difference': ways[i]!.difference,
  }))
}

const rows: Record<string, unknown>[] = []
let peak = 0
for (const side of given.side.map(Number)) {
  for (const batch of given.batch.map(Number)) {
    peak = Math.max(peak, await machinePeak())
    rows.push(...(await measure(side, batch, peak)))
  }
}
report(
  `Backbone forward, ${given.model}`,
  { threads, dim, depth, patch, bfloat16Products, 'matrix product GFLOP/s': peak },
  rows,
)
