/**
 * How long after an abort does a call settle, and is the event loop free meanwhile? Random moments of segmenting, with and
 * without the CRF, and of computing features and heat maps, at sizes from 224 to 4,000.
 * `npx tsx benchmarks/abort.ts <run> <image> [aborts]`
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { Stego } from '../lib/index.js'
import { createRandom } from '../lib/random/random.js'
import { report, useThreads } from './measure.js'

const [run, image, times = '200'] = process.argv.slice(2)
if (!run || !image) throw new Error('expected a run and an image')
const SIZES = [224, 320, 640, 1280, 4000]
const LONGEST = 3000

const threads = useThreads()
const model = await Stego.load(run)
const works: Record<string, (resolution: number, signal: AbortSignal) => Promise<unknown>> = {
  segment: (resolution, signal) => model.segment(image, { resolution, signal }),
  'segment, CRF': (resolution, signal) => model.segment(image, { resolution, crf: true, signal }),
  features: (resolution, signal) => model.features(image, { resolution, signal }),
  correspond: (resolution, signal) => model.correspond(image, null, { resolution, signal }),
}
const random = createRandom(0, 0)
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()
const settled: number[] = []
let finished = 0
for (let i = 0; i < Number(times); i++) {
  const names = Object.keys(works)
  const work = works[names[random.integer(names.length)]!]!
  const stop = new AbortController()
  const call = work(SIZES[random.integer(SIZES.length)]!, stop.signal).then(
    () => true,
    () => false,
  )
  const early = await Promise.race([call, setTimeout(random.integer(LONGEST), null)])
  if (early !== null) {
    finished++
    continue
  }
  const start = performance.now()
  stop.abort()
  await call
  settled.push(performance.now() - start)
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
