/** Neighbors of a folder of images, by function and by command. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { neighborsCommand } from '../../lib/cli/neighbors.js'
import { StegoError } from '../../lib/errors.js'
import { featureKey, openImages } from '../../lib/features/key.js'
import type { FeatureStoreProgress } from '../../lib/features/progress.js'
import { readNpz } from '../../lib/formats/npz.js'
import { decodeImage } from '../../lib/images/decode.js'
import { job, type NativeBackbone } from '../../lib/native/index.js'
import { computeNeighbors } from '../../lib/neighbors/compute.js'
import { loadNeighbors, writeNeighbors } from '../../lib/neighbors/neighbor-file.js'
import { readFlags } from '../../lib/options/flags.js'
import { loadBackbone } from '../../lib/weights/backbones.js'
import { fakeApi } from '../cli/fixtures/api.js'
import { recordingTerminal } from '../cli/fixtures/terminal.js'
import { makeDataset, temporaryFolder } from '../support/dataset.js'

const SIZE = { resolution: 32, fit: 'center' } as const
const CHEAP = { backbone: 'starter', position: 'keep', ...SIZE } as const

/** Features of an image by the starter, averaged over its patches. */
async function pooledFeatures(image: string, backbone: NativeBackbone): Promise<number[]> {
  const pixels = await decodeImage(image)
  const transform = { ...SIZE, multiple: 8 }
  const { data, shape } = await job((_, cancel) => backbone.features([pixels], transform, cancel))
  const patches = shape[2]! * shape[3]!
  return Array.from({ length: shape[1]! }, (_, channel) =>
    data
      .subarray(channel * patches, (channel + 1) * patches)
      .reduce((sum, value) => sum + value / patches, 0),
  )
}

function cosine(a: number[], b: number[]): number {
  const dot = a.reduce((sum, value, i) => sum + value * b[i]!, 0)
  return dot / (Math.hypot(...a) * Math.hypot(...b))
}

test('neighbors are those of averaged features, and go to a file and back', async (t) => {
  const data = await makeDataset(t, { train: 11, labeled: 2 })
  const progress: number[][] = []
  const onProgress = ({ type, done, total }: FeatureStoreProgress) =>
    type === 'features' && progress.push([done, total!])
  const found = await computeNeighbors({ data, k: 4, ...CHEAP, onProgress })
  t.deepEqual(progress, [
    [0, 11],
    [8, 11],
    [11, 11],
  ])
  t.deepEqual([found.count, found.k], [11, 4])
  const { images } = await openImages({ data })
  const backbone = await loadBackbone('starter')
  const vectors = await Promise.all(images.map(({ image }) => pooledFeatures(image, backbone)))
  for (const [image, vector] of vectors.entries()) {
    const ranked = vectors
      .map((other, index) => ({ index, similarity: cosine(vector, other) }))
      .filter(({ index }) => index !== image)
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, 4)
    t.deepEqual(
      [...found.indices.subarray(4 * image, 4 * image + 4)],
      ranked.map(({ index }) => index),
    )
    for (const [rank, { similarity }] of ranked.entries()) {
      t.true(Math.abs(found.similarities[4 * image + rank]! - similarity) < 1e-5)
    }
  }

  const file = join(await temporaryFolder(t), 'neighbors.safetensors')
  await writeNeighbors(file, found)
  const key = await featureKey({ backbone: 'starter', ...SIZE })
  t.deepEqual(await loadNeighbors(file, { images, k: 4, key }), {
    indices: found.indices,
    similarities: found.similarities,
  })
  await t.throwsAsync(loadNeighbors(file, { images, k: 4, key: { ...key, resolution: 40 } }), {
    code: 'ERR_STEGO_DATA_LAYOUT',
    message: /resolution 32, now 40/,
  })
})

test('crops have neighbors of their own, labels are not looked at', async (t) => {
  const data = await makeDataset(t, { train: 2 })
  await writeFile(join(data, 'labels', 'train', '00.png'), 'damaged')
  const found = await computeNeighbors({ data, k: 3, ...CHEAP, crops: 'five' })
  t.deepEqual([found.count, found.k], [10, 3])
  const other = await computeNeighbors({ data, k: 3, ...CHEAP, crops: 'five', cropRatio: 0.7 })
  t.notDeepEqual(other.indices, found.indices)
  t.notDeepEqual(other.fingerprints, found.fingerprints)
})

test('few images have few neighbors, one has none', async (t) => {
  const found = await computeNeighbors({ data: await makeDataset(t, { train: 3 }), ...CHEAP })
  t.is(found.k, 2)
  for (const image of [0, 1, 2]) {
    const others = [0, 1, 2].filter((other) => other !== image)
    t.deepEqual([...found.indices.subarray(2 * image, 2 * image + 2)].sort(), others)
  }
  await t.throwsAsync(computeNeighbors({ data: await makeDataset(t, { train: 1 }), ...CHEAP }), {
    code: 'ERR_STEGO_DATA_EMPTY',
  })
})

test('wrong options are refused, an aborted search ends with its reason', async (t) => {
  const data = await makeDataset(t, { train: 2 })
  const code = 'ERR_STEGO_OPTION'
  await t.throwsAsync(computeNeighbors({ data, k: 0 }), { code, message: /"k"/ })
  await t.throwsAsync(computeNeighbors({ data, neighbors: 3 } as unknown as { data: string }), { code })
  await t.throwsAsync(computeNeighbors({ data, backbone: 'starter', resolution: 36 }), {
    code: 'ERR_STEGO_SIZE',
  })
  await t.throwsAsync(computeNeighbors({ data, backbone: 'none' }), { code: 'ERR_STEGO_BACKBONE' })
  await t.throwsAsync(computeNeighbors({ data, split: 'val' }), { code: 'ERR_STEGO_DATA_MISSING' })
  const stop = new AbortController()
  const reason = new Error('changed my mind')
  const onProgress = () => stop.abort(reason)
  t.is(await t.throwsAsync(computeNeighbors({ data, ...CHEAP, onProgress, signal: stop.signal })), reason)
})

async function neighbors(...args: string[]) {
  const { terminal, stdout, stderr } = recordingTerminal()
  const { signal } = new AbortController()
  const given = readFlags(neighborsCommand.schema, args, 'stego neighbors')
  await neighborsCommand.run(given, { terminal, signal, cwd: '.', api: fakeApi({}) })
  return { stdout: stdout(), stderr: stderr() }
}

const SMALL = ['--backbone', 'starter', '--resolution', '32', '--position', 'keep']

test('the command writes both formats and says what to do with them', async (t) => {
  const data = await makeDataset(t, { train: 5 })
  const folder = await temporaryFolder(t)
  const file = join(folder, 'nns', 'nns_vit_tiny_bands_train_None_32.npz')
  const { stdout, stderr } = await neighbors(
    '--data',
    data,
    ...SMALL,
    '--out',
    file,
    '--feature-store.mode',
    'off',
  )
  t.regex(stdout, /^neighbors: 4 for each of 5 images, mean similarity [\d.]+\nfile: .*\nnext: stego train /)
  const again = `--data ${data} --backbone starter --resolution 32 --neighbor-file ${file} --position keep`
  t.true(stdout.endsWith(`next: stego train ${again}\n`))
  t.regex(stderr, /backbone features 5\/5/)
  const { data: indices, shape } = (await readNpz(file)).get('nns')!
  t.deepEqual(shape, [5, 5])
  t.deepEqual(
    [0, 1, 2, 3, 4].map((image) => indices[5 * image]),
    [0n, 1n, 2n, 3n, 4n],
  )

  const own = join(folder, 'own.safetensors')
  const json = await neighbors('--data', data, ...SMALL, '--k', '2', '--out', own, '--json')
  const { meanSimilarity, device, ...result } = JSON.parse(json.stdout)
  t.deepEqual(result, { file: own, images: 5, k: 2, recall: null })
  t.regex(device, /^(cpu|cuda:\d+)$/)
  t.true(meanSimilarity > 0 && meanSimilarity <= 1)
  const { images } = await openImages({ data })
  const loaded = await loadNeighbors(own, {
    images,
    k: 2,
    key: await featureKey({ backbone: 'starter', ...SIZE }),
  })
  t.deepEqual(
    loaded.indices,
    Int32Array.from({ length: 10 }, (_, i) => Number(indices[5 * Math.floor(i / 2) + 1 + (i % 2)])),
  )
})

test('the command refuses a name it cannot write before it computes anything', async (t) => {
  const error = await t.throwsAsync(neighbors('--data', 'nowhere', '--out', 'a.json'), {
    instanceOf: StegoError,
    code: 'ERR_STEGO_OPTION',
  })
  t.regex(error!.message, /\.safetensors or \.npz, got a\.json/)
  await t.throwsAsync(neighbors('--data', 'nowhere'), {
    code: 'ERR_STEGO_OPTION',
    message: /--out is missing/,
  })
})
