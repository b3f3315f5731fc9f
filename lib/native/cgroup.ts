/** Limits of the control groups that a process runs in, as containers set them, v1 and v2. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Reads the smallest CPU quota of this process's control group and its parents, in cores; undefined if there is none, or
 * on systems other than Linux.
 * @param root folder that contains `proc` and `sys`
 */
export function cpuQuota(root = '/'): number | undefined {
  return smallest(root, 'cpu', ['cpu', 'cpu,cpuacct'], {
    unified(group) {
      // `<quota or "max"> <period>`
      const [quota, period] = read(join(group, 'cpu.max'))?.trim().split(' ').map(Number) ?? []
      return ratio(quota, period)
    },
    // A quota of -1 is none.
    legacy: (group) =>
      ratio(number(join(group, 'cpu.cfs_quota_us')), number(join(group, 'cpu.cfs_period_us'))),
  })
}

/** The smallest memory limit, in bytes; undefined if there is none. `root` as for `cpuQuota`. */
export function memoryLimit(root = '/'): number | undefined {
  const limitOf = (file: string) => {
    const limit = number(file)
    return limit > 0 && limit < NO_LIMIT ? limit : null
  }
  return smallest(root, 'memory', ['memory'], {
    unified: (group) => limitOf(join(group, 'memory.max')),
    legacy: (group) => limitOf(join(group, 'memory.limit_in_bytes')),
  })
}

/** v1 writes the largest number of pages where there is no limit. */
const NO_LIMIT = 2 ** 60

/** How to read a limit from a group's folder; null if it has none. */
interface Reading {
  unified(group: string): number | null
  legacy(group: string): number | null
}

function smallest(
  root: string,
  controller: string,
  mounts: string[],
  { unified, legacy }: Reading,
): number | undefined {
  const groups = read(join(root, 'proc/self/cgroup'))?.trim().split('\n') ?? []
  const limits = groups.flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.+)$/.exec(line) ?? []
    if (path === undefined) return []
    if (controllers === '') return limitsAbove(join(root, 'sys/fs/cgroup'), path, unified)
    if (!controllers!.split(',').includes(controller)) return []
    return mounts.flatMap((mount) => limitsAbove(join(root, 'sys/fs/cgroup', mount), path, legacy))
  })
  return limits.length > 0 ? Math.min(...limits) : undefined
}

/** Limits of a group and its parents. In a container, the group's own path may lie outside the mount. */
function limitsAbove(mount: string, path: string, limitOf: (group: string) => number | null): number[] {
  const limits: number[] = []
  for (let group = path; ; group = dirname(group)) {
    const limit = limitOf(join(mount, group))
    if (limit !== null) limits.push(limit)
    if (group === dirname(group)) return limits
  }
}

function ratio(quota = Number.NaN, period = Number.NaN): number | null {
  return quota > 0 && period > 0 ? quota / period : null
}

const number = (file: string) => Number(read(file) ?? Number.NaN)

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
