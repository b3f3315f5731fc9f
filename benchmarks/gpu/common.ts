/**
 * Shared by the benchmarks of this folder: their options, turns, and rows. Every script takes `--device <name>` and
 * `--quick`, and prints a line of JSON for each row as soon as there is one, so that nothing is lost where time runs out:
 * `scripts/cuda-check.js` collects them.
 */
import { parseArgs } from 'node:util'
import { type DType, job, type NativeBackbone } from '../../lib/native/index.js'
import { stored } from '../../test/support/weights.js'
import { useThreads } from '../measure.js'
import type { Contender } from '../race.js'
import { type Peer, type PeerWork, startPeer } from './peer.js'

export const { device, quick, model } = parseArgs({
  options: {
    device: { type: 'string', default: 'cuda:0' },
    quick: { type: 'boolean', default: false },
    model: { type: 'string' },
  },
}).values

useThreads()

export type Row = Record<string, unknown>

/** Prints a row for machines; numbers keep four digits. */
export function tell(row: Row): void {
  const rounded = Object.entries(row).map(([key, value]) => [
    key,
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value,
  ])
  console.log(JSON.stringify({ row: Object.fromEntries(rounded) }))
}

/** Prints something that is true of all rows. */
export const note = (text: string) => console.log(JSON.stringify({ note: text }))

/** A backbone on the device. */
export async function loadOn(file: string, dtype: DType, on = device): Promise<NativeBackbone> {
  const tensors = await stored(file)
  const features = { kind: 'feat', layer: 1 } as const
  const options = { prefix: '', heads: 0, features, device: on as 'cpu', dtype }
  return job((native, cancel) => native.Backbone.load(tensors, options, cancel))
}

/** Milliseconds of one contender. */
export interface Times {
  name: string
  /** In the order of the rounds; empty if it failed. */
  ms: number[]
  median: number
  spread: string
  error?: string
}

const WARM_UP = quick ? 1 : 3
const REPEATS = quick ? 2 : 7
const FEWEST = 5
/** Seconds after which a race ends, once there are enough repeats. */
const ENOUGH = 20

/** Runs all contenders in turns, after rounds that do not count. One that fails leaves the race. */
export async function turns(contenders: Contender[]): Promise<Times[]> {
  const times = contenders.map((): number[] => [])
  const errors = new Map<number, string>()
  const started = performance.now()
  for (let round = 0; round < WARM_UP + REPEATS; round++) {
    const late = performance.now() - started > 1000 * ENOUGH
    if (late && round >= WARM_UP + FEWEST) break
    for (const [i, contender] of contenders.entries()) {
      if (errors.has(i)) continue
      try {
        const elapsed = await contender.run()
        if (round >= WARM_UP) times[i]!.push(elapsed)
      } catch (error) {
        errors.set(i, brief(error))
      }
    }
  }
  return contenders.map(({ name }, i) => {
    const ms = errors.has(i) ? [] : times[i]!
    const sorted = ms.toSorted((a, b) => a - b)
    const spread = ms.length > 0 ? `${digits(sorted[0]!)} - ${digits(sorted.at(-1)!)}` : ''
    return { name, ms, median: middle(sorted), spread, error: errors.get(i) }
  })
}

/** The median of sorted numbers; not a number if there are none. */
export const middle = (sorted: number[]) =>
  sorted.length === 0
    ? Number.NaN
    : (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2

const digits = (value: number) => String(Number(value.toPrecision(4)))

/** An error in one line. */
export const brief = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 300)

/** Python torch, and what it is for the output; null, with a note, where it cannot be started. */
export async function openPeer(): Promise<Peer | null> {
  try {
    const peer = await startPeer(device)
    const { torch, cuda, device: where } = peer.facts
    note(`Python torch ${torch}${cuda ? `, CUDA ${cuda}` : ''}, on ${where}`)
    return peer
  } catch (error) {
    note(`Python torch does not run, its columns are missing: ${brief(error)}`)
    return null
  }
}

/** Prepares work of Python torch; tells the row of its failure and returns null if it cannot do it. */
export async function prepare(peer: Peer | null, name: string, work: Row, of: Row): Promise<PeerWork | null> {
  try {
    return (await peer?.prepare(name, work)) ?? null
  } catch (error) {
    tell({ ...of, way: name, error: brief(error) })
    return null
  }
}
