/** Files of neighbors: this package's and the original's. */
import { appendFile, copyFile, cp, readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { fingerprintImages, type ListedImage } from '../../lib/datasets/fingerprint.js'
import { type FeatureKey, featureKey } from '../../lib/features/key.js'
import { parseNpy } from '../../lib/formats/npy.js'
import { readNpz } from '../../lib/formats/npz.js'
import type { Tensor, TensorData } from '../../lib/native/index.js'
import { nearestNeighbors } from '../../lib/neighbors/nearest-neighbors.js'
import { type ImageNeighbors, loadNeighbors, writeNeighbors } from '../../lib/neighbors/neighbor-file.js'
import { readOfficialNeighbors } from '../../lib/neighbors/official.js'
import { writeNpz } from '../formats/numpy-writer.js'
import { temporaryFolder } from '../support/dataset.js'
import { writeTensors } from '../support/weights.js'

const golden = (name: string) => fileURLToPath(new URL(`../golden/npz/${name}`, import.meta.url))
const KEY: FeatureKey = {
  backbone: 'starter',
  resolution: 224,
  fit: 'center',
  featureKind: 'feat',
  featureLayer: 1,
  dtype: 'float32',
}

/** Four files that pass for images: nothing here decodes them. */
async function makeImages(t: ExecutionContext): Promise<{ root: string; images: ListedImage[] }> {
  const root = await temporaryFolder(t)
  const images: ListedImage[] = []
  for (const [index, name] of ['a', 'b', 'c', 'd'].entries()) {
    const image = join(root, `${name}.jpg`)
    await writeFile(image, Buffer.alloc(20000, `content ${index}`))
    images.push({ name, image })
  }
  return { root, images }
}

async function neighborsOf(images: ListedImage[], key = KEY): Promise<ImageNeighbors> {
  return {
    count: 4,
    k: 2,
    indices: Int32Array.of(1, 2, 0, 3, 3, 0, 2, 1),
    similarities: Float32Array.of(0.9, 0.8, 0.9, 0.7, 0.6, 0.5, 0.6, 0.5),
    key,
    fingerprints: await fingerprintImages(images),
  }
}

test('neighbors come back from both formats, all columns or fewer', async (t) => {
  const { root, images } = await makeImages(t)
  const written = await neighborsOf(images)
  for (const name of ['new/neighbors.safetensors', 'new/nns.NPZ']) {
    const file = join(root, name)
    const official = name.endsWith('NPZ')
    await writeNeighbors(file, written)
    t.deepEqual(await loadNeighbors(file, { images, k: 2, key: KEY }), {
      indices: written.indices,
      similarities: official ? null : written.similarities,
    })
    const first = await loadNeighbors(file, { images, k: 1, key: KEY })
    t.deepEqual(first.indices, Int32Array.of(1, 0, 3, 2))
    if (!official) t.deepEqual(first.similarities, Float32Array.of(0.9, 0.9, 0.6, 0.6))
    await t.throwsAsync(loadNeighbors(file, { images, k: 3, key: KEY }), {
      code: 'ERR_STEGO_DATA_LAYOUT',
      message: /has 2 neighbors per image, but 3 are needed/,
    })
  }
  t.deepEqual((await readdir(join(root, 'new'))).sort(), ['neighbors.safetensors', 'nns.NPZ'])
  const { data, shape } = (await readNpz(join(root, 'new', 'nns.NPZ'))).get('nns')!
  t.deepEqual(shape, [4, 3])
  t.deepEqual(data, BigInt64Array.of(0n, 1n, 2n, 1n, 0n, 3n, 2n, 3n, 0n, 3n, 2n, 1n))
})

test('images are known by name and content, wherever and since whenever they lie', async (t) => {
  const { root, images } = await makeImages(t)
  const file = join(root, 'neighbors.safetensors')
  const neighbors = await neighborsOf(images)
  await writeNeighbors(file, neighbors)
  const load = (changed: ListedImage[]) => loadNeighbors(file, { images: changed, k: 2, key: KEY })

  const copy = await temporaryFolder(t)
  await cp(root, copy, { recursive: true })
  await utimes(join(copy, 'a.jpg'), 1, 1)
  const moved = images.map(({ name }) => ({ name, image: join(copy, `${name}.jpg`) }))
  t.deepEqual((await load(moved)).indices, neighbors.indices)

  const refused = (changed: ListedImage[], message: RegExp) =>
    t.throwsAsync(load(changed), { code: 'ERR_STEGO_DATA_LAYOUT', message })
  await refused(images.slice(1), /4 images, but there are 3/)
  await refused(
    images.with(2, { ...images[2]!, name: 'e' }),
    /else: \S+c\.jpg had a different name or content\./,
  )
  await refused(images.toReversed(), /d\.jpg and 3 more of the images had a different/)
  await refused(images.with(1, { ...images[1]!, crop: { part: 2 } }), /b\.jpg had a different/)
  const rewrite = async (place: number) => {
    const bytes = await readFile(moved[1]!.image)
    await writeFile(moved[1]!.image, bytes.with(place, 0))
  }
  for (const change of [() => appendFile(moved[1]!.image, ' '), () => rewrite(3), () => rewrite(-3)]) {
    await copyFile(images[1]!.image, moved[1]!.image)
    await change()
    await refused(moved, /b\.jpg had a different name or content/)
  }
  await rename(moved[1]!.image, join(copy, 'gone'))
  await t.throwsAsync(load(moved), { code: 'ERR_STEGO_DATA_MISSING', message: /b\.jpg/ })
})

test('everything else that determines neighbors is named where it differs', async (t) => {
  const { root, images } = await makeImages(t)
  const weights = join(root, 'weights.safetensors')
  await writeFile(weights, 'weights')
  const source = { backbone: weights, resolution: 224, fit: 'center' } as const
  const file = join(root, 'neighbors.safetensors')
  await writeNeighbors(file, await neighborsOf(images, await featureKey(source)))
  const load = async (changes: Partial<Parameters<typeof featureKey>[0]>) =>
    loadNeighbors(file, { images, k: 2, key: await featureKey({ ...source, ...changes }) })
  const code = 'ERR_STEGO_DATA_LAYOUT'

  const copy = join(root, 'copy.safetensors')
  await copyFile(weights, copy)
  t.is((await load({ backbone: copy })).indices.length, 8)
  await appendFile(copy, '!')
  await t.throwsAsync(load({ backbone: copy }), {
    code,
    message: /backbone sha256:\w{64}, now sha256:\w{64}\./,
  })
  await t.throwsAsync(load({ backbone: 'starter' }), { code, message: /backbone sha256:\w+, now starter\./ })
  await t.throwsAsync(load({ resolution: 320, fit: 'squash' }), {
    code,
    message: /else: resolution 224, now 320; fit center, now squash\. Recompute them/,
  })
})

test('damaged and foreign files of this package', async (t) => {
  const { root, images } = await makeImages(t)
  const file = join(root, 'neighbors.safetensors')
  const { count, k, indices, similarities, fingerprints } = await neighborsOf(images)
  const good: Record<string, Tensor<TensorData>> = {
    indices: { data: indices, shape: [count, k] },
    similarities: { data: similarities, shape: [count, k] },
    fingerprints: { data: fingerprints, shape: [count, 16] },
  }
  const metadata = { format: 'stego-neighbors', version: '1', key: JSON.stringify(KEY) }
  const load = async (tensors: typeof good, strings: Record<string, string>) => {
    await writeTensors(file, tensors, strings)
    return loadNeighbors(file, { images, k: 2, key: KEY })
  }
  t.deepEqual((await load(good, metadata)).indices, indices)

  const tensors: Record<string, typeof good> = {
    'no similarities': { indices: good.indices!, fingerprints: good.fingerprints! },
    'an index beyond': { ...good, indices: { data: indices.with(3, 4), shape: [4, 2] } },
    'a negative index': { ...good, indices: { data: indices.with(3, -1), shape: [4, 2] } },
    'an image as its own neighbor': { ...good, indices: { data: indices.with(2, 1), shape: [4, 2] } },
    'indices of another type': { ...good, indices: { data: new Float32Array(8), shape: [4, 2] } },
    'another shape': { ...good, similarities: { data: new Float32Array(4), shape: [4, 1] } },
    'short fingerprints': { ...good, fingerprints: { data: new Uint8Array(32), shape: [4, 8] } },
    'no columns': { ...good, indices: { data: new Int32Array(0), shape: [4, 0] } },
  }
  for (const [what, wrong] of Object.entries(tensors)) {
    await t.throwsAsync(load(wrong, metadata), { code: 'ERR_STEGO_CHECKPOINT', message: /damaged/ }, what)
  }
  const keys = ['', '{', '{}', JSON.stringify({ ...KEY, more: 1 }), JSON.stringify({ ...KEY, fit: 'middle' })]
  for (const key of keys) {
    await t.throwsAsync(load(good, { ...metadata, key }), { code: 'ERR_STEGO_CHECKPOINT' }, key)
  }
  for (const other of [{}, { ...metadata, format: 'stego' }, { ...metadata, version: '2' }]) {
    await t.throwsAsync(load(good, other as Record<string, string>), {
      code: 'ERR_STEGO_CHECKPOINT',
      message: /no nearest neighbors that this version/,
    })
  }
  await writeFile(file, 'nothing')
  await t.throwsAsync(loadNeighbors(file, { images, k: 2, key: KEY }), { code: 'ERR_STEGO_CHECKPOINT' })
  const none = join(root, 'none.safetensors')
  await t.throwsAsync(loadNeighbors(none, { images, k: 2, key: KEY }), { code: 'ERR_STEGO_DATA_MISSING' })
})

test('other extensions and places that cannot be written', async (t) => {
  const { root, images } = await makeImages(t)
  const neighbors = await neighborsOf(images)
  const code = 'ERR_STEGO_OPTION'
  await t.throwsAsync(writeNeighbors(join(root, 'a.json'), neighbors), {
    code,
    message: /\.safetensors or \.npz/,
  })
  await t.throwsAsync(loadNeighbors(join(root, 'a'), { images, k: 2, key: KEY }), { code })
  const inside = join(root, 'a.jpg', 'a.safetensors')
  await t.throwsAsync(writeNeighbors(inside, neighbors), {
    code: 'ERR_STEGO_FILE',
    message: /cannot be written/,
  })
})

test("the original's files: the exact neighbors of 40 vectors", async (t) => {
  const file = golden('nns_vit_small_tiny_train_None_224.npz')
  const indices = await readOfficialNeighbors(file, { count: 40, k: 29 })
  const { data, shape } = parseNpy(await readFile(golden('tiny_vectors.npy')))
  const vectors = { data: data as Float32Array, shape }
  t.deepEqual(indices, (await nearestNeighbors(vectors, { k: 29 })).indices.data)

  const seven = await readOfficialNeighbors(file, { count: 40, k: 7 })
  t.deepEqual(
    seven,
    indices.filter((_, place) => place % 29 < 7),
  )
  const code = 'ERR_STEGO_DATA_LAYOUT'
  await t.throwsAsync(readOfficialNeighbors(file, { count: 40, k: 30 }), { code, message: /29 neighbors/ })
  await t.throwsAsync(readOfficialNeighbors(file, { count: 41, k: 7 }), { code, message: /40 images, .* 41/ })
})

test("the original's files: an image is left out wherever it stands, any whole type will do", async (t) => {
  const file = join(await temporaryFolder(t), 'nns.npz')
  // Row 0 is as it should be; 1 stands behind its duplicate; 2 is missing from its own row.
  const rows = [0, 1, 2, 2, 1, 0, 1, 0, 0]
  for (const data of [Int32Array.from(rows), BigInt64Array.from(rows, BigInt), Uint8Array.from(rows)]) {
    await writeNpz(file, { nns: { data, shape: [3, 3] } })
    const indices = await readOfficialNeighbors(file, { count: 3, k: 2 })
    t.deepEqual(indices, Int32Array.of(1, 2, 2, 0, 1, 0))
  }
  const refused = async (array: Parameters<typeof writeNpz>[1], code: string, message: RegExp) => {
    await writeNpz(file, array)
    await t.throwsAsync(readOfficialNeighbors(file, { count: 3, k: 2 }), { code, message })
  }
  const nns = (data: Int32Array | BigInt64Array | Float32Array, shape = [3, 3]) => ({ nns: { data, shape } })
  await refused(nns(Int32Array.from(rows).with(4, 3)), 'ERR_STEGO_FILE', /0 to 2 .*got 3 for image 1/)
  await refused(nns(Int32Array.from(rows).with(4, -1)), 'ERR_STEGO_FILE', /got -1/)
  await refused(nns(BigInt64Array.from(rows, BigInt).with(8, 2n ** 62n)), 'ERR_STEGO_FILE', /for image 2/)
  await refused(nns(Float32Array.from(rows)), 'ERR_STEGO_FILE', /expected an integer array/)
  await refused(nns(Int32Array.from(rows), [9]), 'ERR_STEGO_FILE', /\[images, columns\]/)
  await refused({ other: { data: new Int32Array(9), shape: [3, 3] } }, 'ERR_STEGO_FILE', /"nns"/)
  await refused(nns(new Int32Array(3), [3, 1]), 'ERR_STEGO_DATA_LAYOUT', /has 0 neighbors/)
})
