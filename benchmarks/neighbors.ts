/**
 * How fast are nearest neighbors compared with the official formulation on the same vectors at the same time?
 *
 *     npx tsx benchmarks/neighbors.ts --images 10000 --images 50000 --rounds 3
 *     npx tsx benchmarks/neighbors.ts --million
 *
 * The synthetic vectors are clustered like the means of images (image-means.ts). Before the race, the official
 * program checks that all the exact lists match float64 cosines. `--million` instead runs a single search of a
 * million vectors with an inverted file: minutes, and 2.5 GB of memory.
 */
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { job, type NeighborSearch, type Tensor } from '../lib/native/index.js'
import { writeWhole } from '../lib/write-whole.js'
import { imageMeans } from './image-means.js'
import { machinePeak, report, useThreads } from './measure.js'
import { race, timed } from './race.js'
import { startReference } from './reference/reference.js'

const { values: given } = parseArgs({
  options: {
    images: { type: 'string', multiple: true, default: ['10000', '50000'] },
    rounds: { type: 'string', default: '3' },
    million: { type: 'boolean', default: false },
  },
})
const DIM = 384
const K = 30
const MILLION = 1_000_000
const threads = useThreads()

function search(vectors: Tensor, options: Pick<NeighborSearch, 'method' | 'products'>) {
  return job((native, cancel) =>
    native.nearestNeighbors(vectors, K, { probes: 64, seed: 0, ...options }, cancel),
  )
}

/** Our own variants come first: int8 products if the processor supports them. */
async function compare(count: number): Promise<Record<string, unknown>[]> {
  const vectors = imageMeans(count, DIM)
  const file = join(tmpdir(), `stego-benchmark-${process.pid}.f32`)
  await writeWhole(file, Buffer.from(vectors.data.buffer))
  try {
    const decided: number[] = []
    const ways = (['auto', 'float32'] as const).map((products, i) =>
      timed(`exact, ${products} products`, async () => {
        const found = await search(vectors, { method: 'exact', products })
        decided[i] = found.decided
      }),
    )
    const official = await startReference('official_neighbors', [file, count, DIM, K, threads])
    const results = await race([official, ...ways], Number(given.rounds))
    official.end()
    return results.map(({ name, min, median, quartiles, speed }, i) => ({
      images: count,
      way: name,
      'ms (min)': min,
      'ms (median)': median,
      'middle half': quartiles.map((time) => time.toPrecision(4)).join(' - '),
      'speed relative to official': speed,
      'pairs decided by the exact cosine, %':
        i > 0 ? (100 * decided[i - 1]!) / ((count * (count - 1)) / 2) : undefined,
      'largest difference': i === 0 ? official.difference : undefined,
    }))
  } finally {
    rmSync(file)
  }
}

async function million(): Promise<Record<string, unknown>> {
  const vectors = imageMeans(MILLION, DIM)
  const start = performance.now()
  const { recall, decided } = await search(vectors, { method: 'inverted-file', products: 'auto' })
  return {
    images: MILLION,
    way: 'inverted file',
    seconds: (performance.now() - start) / 1000,
    recall,
    'pairs decided by the exact cosine, per image': decided / MILLION,
    'memory of the vectors, MiB': vectors.data.byteLength / 2 ** 20,
    'peak memory of the process, MiB': process.resourceUsage().maxRSS / 1024,
  }
}

const peak = await machinePeak()
const context = { threads, dim: DIM, k: K, 'matrix product GFLOP/s': peak }
if (given.million) {
  report('Neighbors by an inverted file', context, [await million()])
} else {
  const rows: Record<string, unknown>[] = []
  for (const count of given.images.map(Number)) rows.push(...(await compare(count)))
  report('Exact neighbors', context, rows)
}
