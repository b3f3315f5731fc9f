/**
 * How many images a second does the frozen backbone take on a GPU, beside Python torch?
 *
 *     npx tsx benchmarks/gpu/backbone.ts --device cuda:0 [--model s8] [--quick]
 *
 * S/8 and B/8 with random weights, or one of them, at 224 and 320. Ours, "to the host", takes bytes from the host and brings all features
 * back, as `Stego.features()` does; "sum" brings back the sum of unit features, so that features stay on the device.
 * Python torch: "resident" has its input on the device and leaves its features there; "to the host" is as ours.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DType, job, type NativeBackbone, type Pixels, type Tensor } from '../../lib/native/index.js'
import { timed } from '../race.js'
import { RANDOM_MODELS, type RandomModel, randomVit } from '../random-vit.js'
import {
  brief,
  loadOn,
  model,
  openPeer,
  prepare,
  quick,
  type Row,
  type Times,
  tell,
  turns,
} from './common.js'
import type { PeerWork } from './peer.js'

const MODELS = RANDOM_MODELS.filter((name) => model === undefined || model === name)
const SIDES = quick ? [32] : [224, 320]
const BATCHES = quick ? [1, 2] : [1, 8, 32, 128]
/** torch.compile takes up to a minute for each size: only where it matters most. */
const COMPILED = quick ? [] : [{ side: 224, batch: 128 }]

const scratch = mkdtempSync(join(tmpdir(), 'stego-bench-gpu-'))
const peer = await openPeer()

interface Work {
  backbone: NativeBackbone
  file: string
  model: RandomModel
  dtype: DType
  side: number
  batch: number
}

/** FLOP for one image (2 x multiply-add): blocks and patch embedding. */
function flop({ dim, depth, patch }: NativeBackbone['info'], side: number): number {
  const patches = (side / patch) ** 2
  const tokens = patches + 1
  return depth * (24 * tokens * dim ** 2 + 4 * tokens ** 2 * dim) + 2 * patches * dim * 3 * patch ** 2
}

/** The pictures of peer.py. */
function pictures(side: number, batch: number): Pixels[] {
  const data = new Uint8Array(side * side * 3).map((_, i) => (i * 7919 + (i >> 9) * 31) % 256)
  return Array.from({ length: batch }, () => ({ data, width: side, height: side }))
}

/** The largest difference of the first picture's features from Python torch's, [1, patches, C]; ours are [B, C, h, w]. */
function difference(ours: Tensor, file: string): number {
  const [, channels, height, width] = ours.shape as [number, number, number, number]
  const { buffer, byteOffset, byteLength } = readFileSync(file)
  const theirs = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength))
  const patches = height * width
  let most = 0
  for (let c = 0; c < channels; c++) {
    for (let p = 0; p < patches; p++) {
      most = Math.max(most, Math.abs(ours.data[c * patches + p]! - theirs[p * channels + c]!))
    }
  }
  return most
}

/** What Python torch does of it. */
async function peerWays({ file, dtype, side, batch }: Work, of: Row): Promise<PeerWork[]> {
  const work = { kind: 'backbone', file, side, batch, dtype }
  const isCompiled = dtype === 'bfloat16' && COMPILED.some((at) => at.side === side && at.batch === batch)
  const ways = [
    await prepare(peer, 'torch SDPA, resident', work, of),
    await prepare(peer, 'torch SDPA, to the host', { ...work, source: 'host' }, of),
    dtype === 'float32'
      ? await prepare(peer, 'torch SDPA, TF32, resident', { ...work, tf32: true }, of)
      : null,
    isCompiled ? await prepare(peer, 'torch.compile, resident', { ...work, compiled: true }, of) : null,
  ]
  return ways.filter((way) => way !== null)
}

async function measure(work: Work): Promise<void> {
  const { backbone, model, dtype, side, batch } = work
  const of = { model, side, batch, dtype }
  const images = pictures(side, batch)
  const transform = { resolution: side, fit: 'center', multiple: backbone.info.patch } as const
  const features = () => job((_, cancel) => backbone.features(images, transform, cancel))
  const sum = () => job((_, cancel) => backbone.sumUnits(images, null, transform, cancel))
  const theirs = await peerWays(work, of)
  const results = await turns([timed('ours, to the host', features), timed('ours, sum', sum), ...theirs])
  const saved = join(scratch, 'features.f32')
  const far = await theirs[0]?.save(saved).then(async () => difference(await features(), saved), brief)
  for (const { name, median, spread, error } of results) {
    tell({
      ...of,
      way: name,
      'images/s': (1000 * batch) / median,
      'ms (median)': median,
      'ms (all)': spread,
      'TFLOP/s': (flop(backbone.info, side) * batch) / median / 1e9,
      ...(name === 'ours, to the host' && { 'largest difference from torch': far }),
      ...(error && { error }),
    })
  }
  for (const way of theirs) await way.forget()
}

/** What a matrix product reaches on this machine, to judge the rest by. */
async function ceilings(): Promise<void> {
  const size = quick ? 256 : 8192
  for (const [dtype, tf32] of [
    ['float32', false],
    ['float32', true],
    ['bfloat16', false],
  ] as const) {
    const way = `torch, matrix product of ${size}${tf32 ? ', TF32' : ''}`
    const work = await prepare(peer, way, { kind: 'product', size, dtype, tf32 }, { dtype })
    if (!work) continue
    const [{ median, spread, error }] = (await turns([work])) as [Times]
    const rate = (2 * size ** 3) / median / 1e9
    tell({ dtype, way, 'ms (median)': median, 'ms (all)': spread, 'TFLOP/s': rate, ...(error && { error }) })
    await work.forget()
  }
}

try {
  await ceilings()
  for (const model of MODELS) {
    const file = await randomVit(model)
    for (const dtype of ['float32', 'bfloat16'] as const) {
      try {
        const backbone = await loadOn(file, dtype)
        for (const side of SIDES) {
          for (const batch of BATCHES) {
            try {
              await measure({ backbone, file, model, dtype, side, batch })
            } catch (error) {
              tell({ model, side, batch, dtype, way: 'ours', error: brief(error) })
            }
          }
        }
      } catch (error) {
        tell({ model, dtype, way: 'ours', error: brief(error) })
      }
    }
  }
} finally {
  peer?.end()
  rmSync(scratch, { recursive: true })
}
