/** Every reader on damaged files. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import sharp, { type PngOptions } from 'sharp'
import { explaining } from '../../lib/formats/format-error.js'
import { decodeMat } from '../../lib/formats/mat.js'
import { parseNpy } from '../../lib/formats/npy.js'
import { decodeNpz } from '../../lib/formats/npz.js'
import { decodePngIndices } from '../../lib/formats/png.js'
import { decodeTensorFile } from '../../lib/formats/read-tensor-file.js'
import { tensorsToRead } from '../../lib/formats/tensor-file.js'
import { runs } from '../support/level.js'
import { repairPng, repairZip } from './checksums.js'
import { fuzz, type Target } from './fuzz.js'
import { compressed, MI, MX, matFile, matrix } from './mat-writer.js'

const ROUNDS = runs('long') ? 100_000 : 300

const files = (...names: string[]) =>
  Promise.all(names.map((name) => readFile(fileURLToPath(new URL(`../${name}`, import.meta.url)))))

/** Reads a weight file, and checks that tensors to read lie in it. */
async function readWeights(bytes: Buffer, file: string): Promise<void> {
  const described = await decodeTensorFile(bytes, file)
  const names = described.tensors.flatMap(({ name, problem }) => (problem === null ? [name] : []))
  for (const { name, offset, extent } of tensorsToRead(described, names)) {
    if (!(offset >= 0 && extent >= 0 && offset + extent <= bytes.length)) {
      throw new Error(`${name} leaves the file`)
    }
  }
  JSON.stringify(described)
}

const pixels = { raw: { width: 9, height: 7, channels: 1 as const } }
const image = Uint8Array.from({ length: 63 }, (_, i) => (i * i) % 5)
const png = (options: PngOptions) => sharp(image, pixels).toColourspace('b-w').png(options).toBuffer()

const plain = matrix(
  { name: 'x', class: MX.double, shape: [2, 3], type: MI.uint8, values: [1, 2, 3, 4, 5, 6] },
  'little',
)

const TARGETS: Record<string, () => Promise<Target>> = {
  safetensors: async () => ({
    file: 'damaged.safetensors',
    seeds: await files('weights/golden/tensors.safetensors', 'weights/golden/leggedrobotics.safetensors'),
    read: readWeights,
  }),
  'torch zip': async () => ({
    file: 'damaged.pth',
    seeds: await files(
      'weights/golden/tensors.pth',
      'weights/golden/protocol3.pth',
      'weights/golden/protocol5.pth',
    ),
    read: readWeights,
  }),
  'torch legacy': async () => ({
    file: 'damaged.pth',
    seeds: await files('weights/golden/tensors.legacy.pth'),
    read: readWeights,
  }),
  npy: async () => ({
    file: 'damaged.npy',
    seeds: await files('golden/npz/version1.npy', 'golden/npz/version2.npy', 'golden/npz/version3.npy'),
    read: (bytes, name) => explaining(name, 'npz', async () => parseNpy(bytes)),
  }),
  npz: async () => ({
    file: 'damaged.npz',
    seeds: await files('golden/npz/stored.npz', 'golden/npz/zip64.npz', 'golden/npz/structured.npz'),
    read: decodeNpz,
    repair: repairZip,
  }),
  mat: async () => ({
    file: 'damaged.mat',
    seeds: [
      matFile([plain]),
      matFile([compressed(plain, 'little')]),
      ...(await files('golden/mat/scipy-plain.mat')),
    ],
    read: (bytes, file) => decodeMat(bytes, 'x', file),
  }),
  png: async () => ({
    file: 'damaged.png',
    seeds: await Promise.all([png({}), png({ progressive: true }), png({ palette: true, colours: 4 })]),
    read: decodePngIndices,
    repair: repairPng,
  }),
}

for (const [name, target] of Object.entries(TARGETS)) {
  test.serial(`${name}: ${ROUNDS} damaged files are read or refused by name`, async (t) => {
    const { read, refused, slowest } = await fuzz(await target(), ROUNDS)
    t.log(`read ${read}, refused ${JSON.stringify(refused)}; slowest: file ${slowest.round}`)
    t.true(Object.values(refused).reduce((sum, count) => sum + count, read) === ROUNDS)
  })
}
