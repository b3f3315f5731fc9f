/**
 * How long after an abort does a call settle, and is the event loop free meanwhile? Random moments of segmenting, with and
 * without the CRF, of computing features and heat maps, and of the CRF alone, at sizes from 224 to 4,000.
 * `npx tsx benchmarks/abort.ts <run> <image> [aborts]`
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { denseCrf } from '../lib/crf/index.js'
import { decodeImage } from '../lib/images/decode.js'
import { Stego } from '../lib/index.js'
import { createRandom } from '../lib/random/random.js'
import { report, useThreads } from './measure.js'

const [run, image, times = '200'] = process.argv.slice(2)
if (!run || !image) throw new Error('expected a run and an image')
const SIZES = [224, 320, 640, 1280, 4000]
/** The latest moment of an abort, in milliseconds: of small and of large pictures. */
const LATEST = { small: 1500, large: 12_000 }
const LARGE = 1000
const LABELS = 12
/** Slower ones are named. */
const SLOW = 150

const threads = useThreads()
const model = await Stego.load(run)
const works: Record<string, (resolution: number, signal: AbortSignal) => Promise<unknown>> = {
  segment: (resolution, signal) => model.segment(image, { resolution, signal }),
  'segment, CRF': (resolution, signal) => model.segment(image, { resolution, crf: true, signal }),
  features: (resolution, signal) => model.features(image, { resolution, signal }),
  correspond: (resolution, signal) => model.correspond(image, null, { resolution, signal }),
  'CRF alone': (resolution, signal) => denseCrf({ ...crfInputs.get(resolution)!, signal }),
}

/** Random scores on the pixels of the image's middle, at most 2,000 a side. */
const pixels = await decodeImage(image)
function crfInput(resolution: number) {
  const [width, height] = [
    Math.min(resolution, pixels.width, 2000),
    Math.min(resolution, pixels.height, 2000),
  ]
  const data = new Uint8Array(3 * width * height)
  for (let y = 0; y < height; y++) {
    const from = 3 * y * pixels.width
    data.set(pixels.data.subarray(from, from + 3 * width), 3 * y * width)
  }
  const values = Float32Array.from({ length: LABELS * width * height }, (_, i) => (i * 31) % 7)
  const image = { data, width, height, channels: 3 as const }
  return { image, logits: { data: values, shape: [LABELS, height, width] } }
}
const crfInputs = new Map(SIZES.map((size) => [size, crfInput(size)]))
const random = createRandom(0, 0)
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()
const settled: number[] = []
let finished = 0
for (let i = 0; i < Number(times); i++) {
  const names = Object.keys(works)
  const name = names[random.integer(names.length)]!
  const size = SIZES[random.integer(SIZES.length)]!
  const stop = new AbortController()
  const call = works[name]!(size, stop.signal).then(
    () => true,
    () => false,
  )
  const early = await Promise.race([
    call,
    setTimeout(random.integer(size > LARGE ? LATEST.large : LATEST.small), null),
  ])
  if (early !== null) {
    finished++
    continue
  }
  const start = performance.now()
  stop.abort()
  await call
  settled.push(performance.now() - start)
  if (settled.at(-1)! > SLOW) console.log(`${name} at ${size}: ${Math.round(settled.at(-1)!)} ms`)
}
delay.disable()
settled.sort((a, b) => a - b)
const at = (share: number) =>
  Math.round(settled[Math.min(settled.length - 1, Math.floor(share * settled.length))]!)
report('milliseconds from abort to settling', { run, threads }, [
  {
    aborts: settled.length,
    'finished before': finished,
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
    'event loop, p99': Math.round(delay.percentile(99) / 1e6),
    'event loop, max': Math.round(delay.max / 1e6),
  },
])
