/** Shared by the benchmarks: timing, the machine's current peak, and output for people and machines. */
import { addon, job } from '../lib/native/index.js'
import { defaultThreads } from '../lib/native/threads.js'

export interface Timing {
  min: number
  median: number
}

/** Milliseconds of `work`, after `warmUp` uncounted runs. */
export async function time(work: () => Promise<unknown>, repeats: number, warmUp = 2): Promise<Timing> {
  const times: number[] = []
  for (let i = 0; i < warmUp + repeats; i++) {
    const start = performance.now()
    await work()
    if (i >= warmUp) times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  return { min: times[0]!, median: times[Math.floor(times.length / 2)]! }
}

/** The GFLOP/s of a float32 matrix product on this machine right now. */
export async function machinePeak(): Promise<number> {
  return job((native) => native.matrixProductPeak(1024, 20))
}

/** Sets and returns the number of threads. */
export function useThreads(): number {
  const threads = defaultThreads()
  addon().configure({ threads })
  return threads
}

/** Prints a table on stdout, and then the rows as one JSON line. */
export function report(
  question: string,
  context: Record<string, unknown>,
  rows: Record<string, unknown>[],
): void {
  console.log(question)
  console.table(
    rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, round(value)]))),
  )
  console.log(JSON.stringify({ question, ...context, rows }))
}

const round = (value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value)
