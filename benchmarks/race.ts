/**
 * Times several ways to do the same thing in turns, so that disturbances on the machine affect all of them equally.
 */
import { setTimeout } from 'node:timers/promises'

export interface Contender {
  name: string
  /** Does the work once and returns the milliseconds. */
  run(): Promise<number>
}

export interface Result {
  name: string
  min: number
  median: number
  /** Half of the runs lie between these. */
  quartiles: [low: number, high: number]
  /** Median over the rounds of the first contender's time divided by this one's: above 1, this one is faster. */
  speed: number
}

/** Pause after each run, in milliseconds: thread teams keep spinning for a while after their work is done. */
const PAUSE = 100

/** Runs all contenders for `rounds` rounds, once each per round, after one uncounted round. */
export async function race(contenders: Contender[], rounds: number): Promise<Result[]> {
  const times = contenders.map((): number[] => [])
  for (let round = 0; round <= rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      const elapsed = await contender.run()
      await setTimeout(PAUSE)
      if (round > 0) times[i]!.push(elapsed)
    }
  }
  return contenders.map(({ name }, i) => {
    const own = times[i]!
    return {
      name,
      min: Math.min(...own),
      median: quantile(own, 0.5),
      quartiles: [quantile(own, 0.25), quantile(own, 0.75)],
      speed: quantile(
        own.map((elapsed, round) => times[0]![round]! / elapsed),
        0.5,
      ),
    }
  })
}

/** A contender for work that does not time itself. */
export function timed(name: string, work: () => Promise<unknown>): Contender {
  return {
    name,
    run: async () => {
      const start = performance.now()
      await work()
      return performance.now() - start
    },
  }
}

function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = share * (sorted.length - 1)
  const below = sorted[Math.floor(place)]!
  return below + (sorted[Math.ceil(place)]! - below) * (place % 1)
}
