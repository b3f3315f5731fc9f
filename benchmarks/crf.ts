/**
 * How fast is the dense CRF compared with pydensecrf on the same pictures at the same time?
 *
 * `npx tsx benchmarks/crf.ts <folder of images> [pictures] [repeats] [sizes]`. The reference runs in the
 * Python at STEGO_BENCH_PYTHON, which must be able to import pydensecrf (`pip install --no-build-isolation pydensecrf2`
 * with cython 0.29.36); without it, its columns are empty. "MiB" is the memory a CRF holds while it iterates. "peak MiB"
 * is the process's peak beyond its memory before the first CRF, including what the allocator keeps from earlier rows.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { openFolder } from '../lib/datasets/folder.js'
import { addon, type CrfOptions, type CrfProblem, checked, job, type Tensor } from '../lib/native/index.js'
import { createRandom } from '../lib/random/random.js'
import { report, time } from './measure.js'

const [folder, pictures = '5', repeats = '5', sizes = '320x320,500x375'] = process.argv.slice(2)
if (folder === undefined) {
  throw new Error('usage: npx tsx benchmarks/crf.ts <folder of images> [pictures] [repeats] [sizes]')
}
const LABELS = 27
const ITERATIONS = 10
const BATCH = 6
const python = process.env.STEGO_BENCH_PYTHON
const scratch = mkdtempSync(join(tmpdir(), 'stego-bench-crf-'))

const one = (weight: number): Tensor => ({ data: Float32Array.of(weight), shape: [1] })
const options: CrfOptions = {
  terms: [
    { xyStd: [1, 1], colorStd: null, compatibility: one(3), normalization: 'symmetric' },
    { xyStd: [67, 67], colorStd: [3, 3, 3], compatibility: one(4), normalization: 'symmetric' },
  ],
  iterations: ITERATIONS,
  instructions: 'auto',
}

/** Unaries of blurry random regions, similar to a network's probabilities. */
function unaries(width: number, height: number): Tensor {
  const random = createRandom(1)
  const waves = Array.from({ length: LABELS }, () => Array.from({ length: 3 }, () => random.next()))
  const data = new Float32Array(LABELS * width * height)
  for (const [l, [a, b, c]] of waves.entries()) {
    for (let p = 0; p < width * height; p++) {
      const wave = Math.sin((p % width) * 0.1 * a! + 6 * c!) + Math.cos(Math.floor(p / width) * 0.1 * b!)
      data[l * width * height + p] = 3 - wave + random.next()
    }
  }
  return { data, shape: [LABELS, height, width] }
}

async function images(width: number, height: number) {
  const { items } = await openFolder(folder!, 'val').catch(() => openFolder(folder!, 'train'))
  const step = Math.max(1, Math.floor(items.length / Number(pictures)))
  const chosen = items.filter((_, i) => i % step === 0).slice(0, Number(pictures))
  const random = createRandom(2)
  const smooth = new Uint8Array(width * height * 3).map((_, i) => {
    const p = Math.floor(i / 3)
    return 100 + 80 * Math.sin((p % width) / 60 + (i % 3)) + 40 * Math.cos(p / width / 45)
  })
  const noise = new Uint8Array(width * height * 3).map(() => 256 * random.next())
  const files = await Promise.all(
    chosen.map(async ({ image }) => ({
      name: image.split('/').at(-1)!,
      data: new Uint8Array(
        await sharp(image).resize(width, height, { fit: 'cover' }).removeAlpha().raw().toBuffer(),
      ),
    })),
  )
  return [...files, { name: 'smooth', data: smooth }, { name: 'noise', data: noise }]
}

/** Milliseconds of pydensecrf from the unaries to the result, the best of several runs; and its MiB. */
function reference({ image, scores }: CrfProblem): { ms: number; MiB: number } | null {
  if (!python) return null
  const [pixels, unary] = [join(scratch, 'image.raw'), join(scratch, 'unary.raw')]
  writeFileSync(pixels, image.data)
  const { data } = scores[0]!.values
  writeFileSync(unary, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  const script = fileURLToPath(new URL('crf_reference.py', import.meta.url))
  const numbers = [image.width, image.height, LABELS, ITERATIONS, repeats].map(String)
  const { status, stdout, stderr } = spawnSync(python, [script, pixels, unary, ...numbers], {
    encoding: 'utf8',
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  })
  if (status !== 0) throw new Error(`the reference failed: ${stderr}`)
  return JSON.parse(stdout)
}

/** Memory that this process uses, in MiB: now, and the peak since `forgetPeak()`. */
const memory = (name: 'VmRSS' | 'VmHWM') =>
  Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024
const forgetPeak = () => writeFileSync('/proc/self/clear_refs', '5')

const rows = []
addon().configure({ threads: 2 })
let base: number | undefined
for (const size of sizes.split(',')) {
  const [width, height] = size.split('x').map(Number) as [number, number]
  const values = unaries(width, height)
  for (const { name, data } of await images(width, height)) {
    const problem: CrfProblem = {
      image: { data, width, height },
      scores: [{ kind: 'unary', values }],
      options,
    }
    const theirs = reference(problem)
    base ??= memory('VmRSS')
    const refine = async (problems: CrfProblem[]) => {
      forgetPeak()
      const run = () => job((native, cancel) => native.denseCrf(problems, 'labels', cancel))
      const { min } = await time(run, Number(repeats), 1)
      return { ms: min, MiB: memory('VmHWM') - base! }
    }
    addon().configure({ threads: 1 })
    const alone = await refine([problem])
    addon().configure({ threads: 2 })
    const two = await refine([problem])
    const batch = await refine(Array.from({ length: BATCH }, () => problem))
    const field = await job((native, cancel) => native.MeanField.begin(problem, cancel))
    const { vertices, bytes } = checked(() => field.info)
    checked(() => field.dispose())
    const perImage = batch.ms / BATCH
    const times = (ms: number) => theirs && theirs.ms / ms
    rows.push({
      picture: name,
      size,
      vertices: vertices[1],
      '1 thread ms': alone.ms,
      '2 threads ms': two.ms,
      'batch, images/s': 1000 / perImage,
      MiB: bytes / 2 ** 20,
      'peak MiB': two.MiB,
      'batch, peak MiB': batch.MiB,
      'pydensecrf ms': theirs?.ms,
      'pydensecrf MiB': theirs?.MiB,
      'times, 1 thread': times(alone.ms),
      'times, 2 threads': times(two.ms),
      'times, batch': times(perImage),
    })
  }
}
rmSync(scratch, { recursive: true })
report('Dense CRF, STEGO constants, 10 iterations, float32', { labels: LABELS, batch: BATCH }, rows)
