/**
 * How fast is the dense CRF, beside pydensecrf on the same pictures in the same minutes?
 *
 * `npx tsx benchmarks/crf.ts <folder of images> [pictures] [repeats]`. The reference is the Python of
 * STEGO_BENCH_PYTHON, in which pydensecrf can be imported (`pip install --no-build-isolation pydensecrf2` beside
 * cython 0.29.36); without it its columns are empty.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { openFolder } from '../lib/data/folder.js'
import { createRandom } from '../lib/data/random.js'
import { addon, type CrfOptions, type CrfProblem, checked, job, type Tensor } from '../lib/native.js'
import { report, time } from './measure.js'

const [folder, pictures = '5', repeats = '5'] = process.argv.slice(2)
if (folder === undefined) {
  throw new Error('usage: npx tsx benchmarks/crf.ts <folder of images> [pictures] [repeats]')
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

/** Unaries of blurry random regions, as a network's probabilities are. */
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

/** Milliseconds of pydensecrf, all of it from the unaries on: the best of some runs. */
function reference({ image, scores }: CrfProblem): number | null {
  if (!python) return null
  const [pixels, unary] = [join(scratch, 'image.raw'), join(scratch, 'unary.raw')]
  writeFileSync(pixels, image.data)
  const { data } = scores[0]!.values
  writeFileSync(unary, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  const script = fileURLToPath(new URL('crf_reference.py', import.meta.url))
  const sizes = [image.width, image.height, LABELS, ITERATIONS, repeats].map(String)
  const { status, stdout, stderr } = spawnSync(python, [script, pixels, unary, ...sizes], {
    encoding: 'utf8',
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  })
  if (status !== 0) throw new Error(`the reference failed: ${stderr}`)
  return Number(stdout)
}

/** The process's largest resident memory so far, in MiB. */
const peakMemory = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024

const rows = []
for (const [width, height] of [
  [320, 320],
  [500, 375],
] as const) {
  const values = unaries(width, height)
  for (const { name, data } of await images(width, height)) {
    const problem: CrfProblem = {
      image: { data, width, height },
      scores: [{ kind: 'unary', values }],
      options,
    }
    const theirs = reference(problem)
    const refine = (problems: CrfProblem[]) =>
      time(() => job((native, cancel) => native.denseCrf(problems, 'labels', cancel)), Number(repeats), 1)
    addon().configure({ threads: 1 })
    const alone = await refine([problem])
    addon().configure({ threads: 2 })
    const two = await refine([problem])
    const batch = await refine(Array.from({ length: BATCH }, () => problem))
    const field = await job((native, cancel) => native.MeanField.begin(problem, cancel))
    const { vertices, bytes } = checked(() => field.info)
    checked(() => field.dispose())
    const perImage = batch.min / BATCH
    rows.push({
      picture: name,
      size: `${width}x${height}`,
      vertices: vertices[1],
      MiB: bytes / 2 ** 20,
      'peak MiB': peakMemory(),
      '1 thread ms': alone.min,
      '2 threads ms': two.min,
      'batch, images/s': 1000 / perImage,
      'pydensecrf ms': theirs,
      'times, 2 threads': theirs === null ? null : theirs / two.min,
      'times, batch': theirs === null ? null : theirs / perImage,
    })
  }
}
rmSync(scratch, { recursive: true })
report('Dense CRF, STEGO constants, 10 iterations, float32', { labels: LABELS, batch: BATCH }, rows)
