/** Several ways to do the same, timed in turns: what disturbs the machine disturbs all of them alike. */
import { setTimeout } from 'node:timers/promises'

export interface Contender {
  name: string
  /** Does the work once; milliseconds. */
  run(): Promise<number>
}

export interface Result {
  name: string
  min: number
  median: number
  /** Half of the runs lie between these. */
  quartiles: [low: number, high: number]
  /** Median over the rounds of the first contender's time by this one's: above 1 it is faster than the first. */
  speed: number
}

/** Milliseconds after each run: teams of threads go on spinning for a while when their work is done. */
const PAUSE = 100

/** Runs all contenders `rounds` times, each once a round, after one round that does not count. */
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

/** A contender of work that does not time itself. */
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
