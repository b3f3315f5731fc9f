/**
 * Does training block the event loop or Node's thread pool? Measures the lateness of a 5 ms timer and of reading a
 * file.
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Stego } from '../lib/index.js'
import { report } from './measure.js'

const data = process.argv[2]
if (data === undefined)
  throw new Error('usage: node --import=tsx benchmarks/event-loop.ts <folder of images> [steps]')
const steps = Number(process.argv[3] ?? 150)
const file = fileURLToPath(new URL('../package.json', import.meta.url))

const lateness: number[] = []
const reading: number[] = []
let stepping = false
let done = false

async function timer(): Promise<void> {
  while (!done) {
    const start = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 5))
    if (stepping) lateness.push(performance.now() - start - 5)
  }
}

async function reader(): Promise<void> {
  while (!done) {
    const start = performance.now()
    await readFile(file)
    if (stepping) reading.push(performance.now() - start)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const probes = Promise.all([timer(), reader()])
await Stego.train({
  data,
  backbone: 'starter',
  classes: 11,
  steps,
  onEvent: (event) => {
    if (event.type === 'shifts') stepping = true
    if (event.type === 'clusters') stepping = false
  },
})
done = true
await probes

const rows = Object.entries({ 'timer lateness': lateness, 'fs.readFile': reading }).map(([name, values]) => {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
  return {
    name,
    samples: sorted.length,
    'median ms': at(0.5),
    '99 % ms': at(0.99),
    '99.9 % ms': at(0.999),
    'max ms': at(1),
  }
})
report('Event loop while training runs', { steps }, rows)
