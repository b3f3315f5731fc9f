import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { readTensorFile } from '../../lib/formats/read-tensor-file.js'
import { addon, checked, job, type NeighborSearch, type Tensor } from '../../lib/native/index.js'
import { loadBackbone } from '../../lib/weights/backbones.js'
import { temporaryFolder } from '../support/dataset.js'
import { NETWORK } from '../support/network.js'
import { readTensors, save, writeTensors } from '../support/weights.js'

/** The addon as plain JavaScript sees it. */
type LooseMethods = Record<string, (...args: unknown[]) => unknown>
type LooseClass = new (...args: unknown[]) => LooseMethods

const tensor = (shape: number[], fill: (i: number) => number = () => 0): Tensor => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => fill(i)),
  shape,
})
const starter = fileURLToPath(new URL('../../weights/starter-vit-tiny8.safetensors', import.meta.url))
const SEARCH: NeighborSearch = { method: 'auto', probes: 64, seed: 0, products: 'auto' }
const image = { data: new Uint8Array(32 * 32 * 3), width: 32, height: 32 }
const transform = { resolution: 32, fit: 'center', multiple: 8 } as const

test('wrong values from JavaScript are refused, not misread', async (t) => {
  const native = addon() as unknown as LooseMethods
  const { Backbone, Network, FeatureStore, Trainer } = addon() as unknown as Record<string, LooseClass>
  const backbone = (await loadBackbone('starter')) as unknown as LooseMethods
  const room = { budgetBytes: 0, pictures: false, file: null }
  const store = new FeatureStore!(backbone, 2, room)
  const calls: Record<string, () => unknown> = {
    'nothing at all': () => native.readTensors!(),
    'a number for tensors': () => native.readTensors!(3),
    'a tensor that lies nowhere': () => native.readTensors!({ a: [{}] }),
    'a handle made by hand': () => new Backbone!(),
    'a handle made from an object': () => new Network!({}),
    'a store as a backbone': () => new FeatureStore!(store, 2, room),
    'a plain object as a backbone': () => new FeatureStore!({}, 2, room),
    'a store of no images': () => new FeatureStore!(backbone, 0, room),
    'a trainer of nothing': () => new Trainer!(null, undefined),
    'an image with too few bytes': () => backbone.features!([{ ...image, width: 33 }], transform),
    'an image of negative size': () => backbone.features!([{ ...image, width: -32, height: -32 }], transform),
    'a float array for bytes': () =>
      backbone.features!([{ ...image, data: new Float32Array(3072) }], transform),
    'no images': () => backbone.features!([], transform),
    'a resolution that is no number': () =>
      backbone.features!([image], { ...transform, resolution: Number.NaN }),
    'an unknown fit': () => backbone.features!([image], { ...transform, fit: 'middle' }),
    'a token made by hand': () => backbone.features!([image], transform, { cancel() {} }),
    'too many threads': () => native.configure!({ threads: 1e9 }),
    'indices as plain numbers': () => store.compute!([0], [image], transform),
    'a tensor whose shape does not fit': () =>
      native.samplePoints!({ data: new Float32Array(3), shape: [2, 2] }, 1),
    'a tensor of an absurd shape': () =>
      native.denormalize!({ data: new Float32Array(0), shape: [2 ** 40, 2 ** 40, 0, 3] }),
    'a detached tensor': () => {
      const detached = tensor([3, 2, 2])
      structuredClone(detached.data.buffer, { transfer: [detached.data.buffer as ArrayBuffer] })
      return native.denormalize!(detached)
    },
  }
  for (const [what, call] of Object.entries(calls)) {
    await t.throwsAsync(async () => call(), { code: 'ERR_STEGO_ARGUMENT' }, what)
  }
})

test('a tensor of another shape or type is named with what was expected', (t) => {
  const code = 'ERR_STEGO_ARGUMENT'
  t.throws(() => checked((native) => native.denormalize(tensor([2, 4, 4]))), {
    code,
    message: 'Expected a float32 image [3, H, W], got Float [2, 4, 4].',
  })
})

test('what only the native thread can see is refused there', async (t) => {
  const backbone = await loadBackbone('starter')
  const store = new (addon().FeatureStore)(backbone, 2, { budgetBytes: 2 ** 20, pictures: false, file: null })
  const code = 'ERR_STEGO_ARGUMENT'
  await t.throwsAsync(
    job((_, cancel) => store.compute(Int32Array.of(2), [image], transform, cancel)),
    { code },
  )
  await t.throwsAsync(
    job((_, cancel) => store.compute(Int32Array.of(-1), [image], transform, cancel)),
    { code },
  )
  await t.throwsAsync(
    job((_, cancel) => store.compute(Int32Array.of(0, 1), [image], transform, cancel)),
    { code },
  )
  await t.throwsAsync(
    job((_, cancel) => store.neighbors(1, cancel)),
    { code, message: /computed first/ },
  )
  await job((_, cancel) => store.compute(Int32Array.of(0, 1), [image, image], transform, cancel))
  await t.throwsAsync(
    job((_, cancel) => store.neighbors(2, cancel)),
    { code },
  )
  await t.throwsAsync(
    job((native) => native.nearestNeighbors(tensor([3, 2]), 3, SEARCH)),
    { code, message: /between 1 and 2, got 3/ },
  )
  await t.throwsAsync(
    job((native) =>
      native.nearestNeighbors(tensor([3, 2]), 1, { ...SEARCH, method: 'inverted-file', probes: 0 }),
    ),
    { code, message: /at least one list/ },
  )
  await t.throwsAsync(
    job((native) =>
      native.nearestNeighbors(
        tensor([3, 2], (i) => (i === 3 ? Number.NaN : 1)),
        1,
        SEARCH,
      ),
    ),
    { code, message: /non-finite value in row 1/ },
  )
  const wide = { ...image, width: 16, data: new Uint8Array(32 * 16 * 3) }
  const whole = { ...transform, fit: 'whole' } as const
  await t.throwsAsync(
    job((_, cancel) => backbone.features([image, wide], whole, cancel)),
    { code },
  )
})

test('a canceled job ends early and the next one runs', async (t) => {
  const backbone = await loadBackbone('starter')
  const stop = new AbortController()
  const big = { data: new Uint8Array(512 * 512 * 3), width: 512, height: 512 }
  const wide = { resolution: 512, fit: 'center', multiple: 8 } as const
  const cancelled = job((_, cancel) => backbone.features(Array(8).fill(big), wide, cancel), stop.signal)
  const reason = new Error('changed my mind')
  setImmediate(() => stop.abort(reason))
  t.is(await t.throwsAsync(cancelled), reason)
  t.deepEqual((await job((_, cancel) => backbone.features([image], transform, cancel))).shape, [1, 192, 4, 4])
})

test('jobs submitted at once run in order and all settle', async (t) => {
  const backbone = await loadBackbone('starter')
  const finished: number[] = []
  await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      await job((_, cancel) => backbone.features([image], transform, cancel))
      finished.push(i)
    }),
  )
  t.deepEqual(
    finished,
    Array.from({ length: 20 }, (_, i) => i),
  )
})

test('features of one image do not depend on its batch by more than rounding', async (t) => {
  const backbone = await loadBackbone('starter')
  const images = Array.from({ length: 5 }, (_, n) => ({
    ...image,
    data: image.data.map((_, i) => (i * (n + 3)) % 256),
  }))
  const batch = await job((_, cancel) => backbone.features(images, transform, cancel))
  for (const [n, one] of images.entries()) {
    const { data } = await job((_, cancel) => backbone.features([one], transform, cancel))
    const largest = Math.max(...data.map((value, i) => Math.abs(value - batch.data[n * data.length + i]!)))
    t.true(largest < 2e-5, `${largest}`)
  }
})

test('weights are written and read as they are, whatever their names and values', async (t) => {
  const file = join(await temporaryFolder(t), 'weights.safetensors')
  const tensors = {
    'a "quoted" \\ name\n€': tensor([2, 3], (i) => [0, -0, Number.NaN, Infinity, -Infinity, 1e-45][i]!),
    scalar: tensor([], () => 3),
    empty: tensor([0, 4]),
    integers: { data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n), shape: [2] },
    bytes: { data: Uint8Array.of(0, 255), shape: [2, 1] },
  }
  await writeTensors(file, tensors, { note: 'zwölf "Boxkämpfer"\t\u0001' })
  t.deepEqual(await readTensors(file), tensors)
  const { metadata, tensors: listed } = await readTensorFile(file)
  t.deepEqual(metadata, { note: 'zwölf "Boxkämpfer"\t\u0001' })
  t.deepEqual(listed.map(({ name }) => name).toSorted(), Object.keys(tensors).toSorted())
})

test('the starter is what its description says', async (t) => {
  const { dim, patch, depth, heads, parameters } = (await loadBackbone('starter')).info
  t.deepEqual({ dim, patch, depth, heads }, { dim: 192, patch: 8, depth: 12, heads: 3 })
  t.is(parameters, 5_526_720)
  const { tensors } = await readTensorFile(starter)
  t.true(tensors.every(({ dtype }) => dtype === 'F16'))
})

test('a network begins as PyTorch would: bounds by fan-in, clusters normal', async (t) => {
  const backbone = await loadBackbone('starter')
  const options = { ...NETWORK, classes: 8, clusters: 8, dim: 70 }
  const network = await job((native, cancel) => native.Network.create(backbone, options, true, cancel))
  const file = join(await temporaryFolder(t), 'fresh.safetensors')
  await save(network, file)
  const tensors = await readTensors(file)
  const values = (name: string) => [...(tensors[name]!.data as Float32Array)]
  for (const [name, inputs] of [
    ['net.cluster1.0.weight', 192],
    ['net.cluster2.0.weight', 192],
    ['linear_probe.weight', 70],
  ] as const) {
    const largest = Math.max(...values(name).map(Math.abs))
    t.true(largest <= 1 / Math.sqrt(inputs) && largest > 0.95 / Math.sqrt(inputs), name)
  }
  const clusters = values('cluster_probe.clusters')
  const variance = clusters.reduce((sum, value) => sum + value * value, 0) / clusters.length
  t.true(Math.abs(variance - 1) < 0.2)
  t.deepEqual(tensors['net.cluster1.0.weight']!.shape, [70, 192, 1, 1])
})
