/** Small data sets for tests: colored bands with noise, in the layout that training reads. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import sharp from 'sharp'
import { createRandom } from '../../lib/random/random.js'

/** A folder that goes when the test ends. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stego-test-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export interface DatasetOptions {
  train: number
  val?: number
  /** How many images of each split have labels; default all. */
  labeled?: number
  width?: number
  height?: number
}

/** Writes `imgs/{train,val}` and `labels/{train,val}`; returns the folder. */
export async function makeDataset(t: ExecutionContext, options: DatasetOptions): Promise<string> {
  const { train, val = 0, labeled = Number.POSITIVE_INFINITY, width = 64, height = 48 } = options
  const root = await temporaryFolder(t)
  let index = 0
  for (const [split, count] of Object.entries({ train, val })) {
    if (count === 0) continue
    await mkdir(join(root, 'imgs', split), { recursive: true })
    if (labeled > 0) await mkdir(join(root, 'labels', split), { recursive: true })
    for (let i = 0; i < count; i++) {
      const scene = drawBands(index++, width, height)
      const name = String(i).padStart(2, '0')
      await sharp(scene.pixels, { raw: { width, height, channels: 3 } })
        .png()
        .toFile(join(root, 'imgs', split, `${name}.png`))
      if (i >= labeled) continue
      await sharp(scene.labels, { raw: { width, height, channels: 1 } })
        .toColourspace('b-w')
        .png()
        .toFile(join(root, 'labels', split, `${name}.png`))
    }
  }
  return root
}

/** Three noisy bands of drawn heights and classes out of eight, each class with a color of its own. */
function drawBands(seed: number, width: number, height: number) {
  const random = createRandom(seed, 7)
  const classes = random.permutation(8)
  const borders = [0.2 + 0.3 * random.next(), 0.6 + 0.3 * random.next()]
  const pixels = new Uint8Array(width * height * 3)
  const labels = new Uint8Array(width * height)
  for (let i = 0; i < width * height; i++) {
    const y = Math.floor(i / width) / height
    const label = classes[borders.filter((border) => y >= border).length]!
    labels[i] = label
    for (let c = 0; c < 3; c++) pixels[3 * i + c] = ((label >> c) & 1) * 150 + random.integer(100)
  }
  return { pixels, labels }
}

/** Options that make a run short: 16 patches an image, and place is not measured. */
export const SMALL = {
  backbone: 'starter',
  position: 'keep',
  validationResolution: 32,
  classes: 8,
  resolution: 32,
  batch: 4,
  steps: 4,
  dim: 12,
  kmeansRestarts: 1,
} as const
