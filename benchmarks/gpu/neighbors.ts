/**
 * How long does the exact search for neighbors take on a GPU, beside products of blocks and topk by Python torch?
 *
 *     npx tsx benchmarks/gpu/neighbors.ts --device cuda:0 [--quick]
 *
 * 50,000 vectors of 384, 30 neighbors each. Ours are means of a feature store on the host: they go to the device and
 * the lists come back. Vectors are features of noise of one patch by S/8 with random weights.
 */
import { checked, job, type NativeBackbone, type NativeFeatureStore } from '../../lib/native/index.js'
import { createRandom } from '../../lib/random/random.js'
import { timed } from '../race.js'
import { randomVit } from '../random-vit.js'
import { device, loadOn, openPeer, prepare, quick, tell, turns } from './common.js'
import type { PeerWork } from './peer.js'

const COUNT = quick ? 500 : 50_000
const K = quick ? 5 : 30
/** Vectors whose lists are compared with the CPU's. */
const COMPARED = quick ? 500 : 2000
const PART = 1000
const VALUES = 3 * 8 * 8

async function fill(backbone: NativeBackbone, count: number): Promise<NativeFeatureStore> {
  const settings = { budgetBytes: 2 ** 34, pictures: false, file: null }
  const store = checked((native) => new native.FeatureStore(backbone, count, settings))
  const random = createRandom(0)
  for (let start = 0; start < count; start += PART) {
    const length = Math.min(PART, count - start)
    const indices = Int32Array.from({ length }, (_, i) => start + i)
    const data = Float32Array.from({ length: length * VALUES }, () => 4 * random.next() - 2)
    await job((_, cancel) => store.computePrepared(indices, { data, shape: [length, 3, 8, 8] }, cancel))
  }
  return store
}

const search = (store: NativeFeatureStore) => job((_, cancel) => store.neighbors(K, cancel))

/** The share of equal places in the lists of a device and of the CPU. */
async function agreement(backbone: NativeBackbone): Promise<number> {
  const ours = await search(await fill(backbone, COMPARED))
  const onCpu = await search(await fill(await loadOn(file, 'float32', 'cpu'), COMPARED))
  const equal = ours.indices.reduce((count, index, i) => count + Number(index === onCpu.indices[i]), 0)
  return (100 * equal) / ours.indices.length
}

const file = await randomVit('s8')
const backbone = await loadOn(file, 'float32')
const store = await fill(backbone, COUNT)
const peer = await openPeer()
try {
  const of = { vectors: COUNT, dim: backbone.info.dim, k: K }
  const work = { kind: 'neighbors', count: COUNT, dim: backbone.info.dim, k: K }
  const theirs = [
    await prepare(peer, 'torch, from the host and back', { ...work, source: 'host' }, of),
    await prepare(peer, 'torch, resident', work, of),
    await prepare(peer, 'torch, TF32, resident', { ...work, tf32: true }, of),
  ].filter((way): way is PeerWork => way !== null)
  const results = await turns([timed('ours', () => search(store)), ...theirs])
  for (const { name, median, spread, error } of results) {
    tell({ ...of, way: name, 'ms (median)': median, 'ms (all)': spread, ...(error && { error }) })
  }
} finally {
  peer?.end()
}
if (device !== 'cpu') {
  tell({ vectors: COMPARED, k: K, way: 'ours', 'equal to the CPU, %': await agreement(backbone) })
}
