/** How many threads the native OpenMP team gets when nobody says. */
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { threadsFromEnv } from './env.js'

/** Physical cores where Linux tells them, otherwise undefined. */
function physicalCores(): number | undefined {
  const root = '/sys/devices/system/cpu'
  try {
    const siblings = readdirSync(root)
      .filter((name) => /^cpu\d+$/.test(name))
      .map((name) => readFileSync(`${root}/${name}/topology/thread_siblings_list`, 'utf8').trim())
    return siblings.length > 0 ? new Set(siblings).size : undefined
  } catch {
    return undefined
  }
}

/** `STEGO_THREADS`, or the physical cores, at most what the process may use. Two threads a core only slow it down. */
export function defaultThreads(): number {
  const parallelism = availableParallelism()
  return threadsFromEnv() ?? Math.min(physicalCores() ?? parallelism, parallelism)
}
