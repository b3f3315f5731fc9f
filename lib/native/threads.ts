/** How many threads the native OpenMP team gets when nobody says. */
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { threadsFromEnv } from '../env.js'

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

/** How many threads, and in words why as many. */
export interface ThreadChoice {
  threads: number
  reason: string
}

/** `STEGO_THREADS`, or the physical cores, at most what the process may use. Two threads a core only slow it down. */
export function chooseThreads(): ThreadChoice {
  const given = threadsFromEnv()
  if (given !== undefined) return { threads: given, reason: 'STEGO_THREADS' }
  const parallelism = availableParallelism()
  const cores = physicalCores()
  if (cores === undefined) return { threads: parallelism, reason: 'what this process may use' }
  return cores <= parallelism
    ? { threads: cores, reason: 'one for each physical core' }
    : { threads: parallelism, reason: `what this process may use, of ${cores} physical cores` }
}

/** The number alone. */
export const defaultThreads = (): number => chooseThreads().threads
