/** Default size of the native OpenMP thread team. */
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { threadsFromEnv } from '../env.js'
import { cpuQuota } from './cgroup.js'

/** Number of physical cores on Linux; undefined if unknown. */
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

/** A thread count and the reason for it. */
export interface ThreadChoice {
  threads: number
  reason: string
}

/**
 * `STEGO_THREADS`, or the number of usable physical cores: two threads per core are slower, and so are more threads than
 * a container's CPU quota allows to run.
 */
export function chooseThreads(quota = cpuQuota()): ThreadChoice {
  const given = threadsFromEnv()
  if (given !== undefined) return { threads: given, reason: 'STEGO_THREADS' }
  const available = availableThreads()
  const allowed = quota === undefined ? available.threads : Math.max(1, Math.floor(quota))
  if (allowed >= available.threads) return available
  return { threads: allowed, reason: `CPU quota of ${Number(quota!.toFixed(2))} cores` }
}

function availableThreads(): ThreadChoice {
  const parallelism = availableParallelism()
  const cores = physicalCores()
  if (cores === undefined) return { threads: parallelism, reason: 'available to this process' }
  return cores <= parallelism
    ? { threads: cores, reason: 'one per physical core' }
    : { threads: parallelism, reason: `available to this process, of ${cores} physical cores` }
}

/** The default thread count. */
export const defaultThreads = (): number => chooseThreads().threads
