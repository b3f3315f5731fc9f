/** The CPU quota of the control groups that a process runs in, as containers set it. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Reads the smallest CPU quota of this process's control group and its parents, v1 or v2, in cores; undefined if there is
 * none, or on systems other than Linux.
 * @param root folder that contains `proc` and `sys`
 */
export function cpuQuota(root = '/'): number | undefined {
  const groups = read(join(root, 'proc/self/cgroup'))?.trim().split('\n') ?? []
  const quotas = groups.flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.+)$/.exec(line) ?? []
    if (path === undefined) return []
    if (controllers === '') return quotasAbove(join(root, 'sys/fs/cgroup'), path, unifiedQuota)
    if (!controllers!.split(',').includes('cpu')) return []
    return ['cpu', 'cpu,cpuacct'].flatMap((mount) =>
      quotasAbove(join(root, 'sys/fs/cgroup', mount), path, legacyQuota),
    )
  })
  return quotas.length > 0 ? Math.min(...quotas) : undefined
}

/** Quotas of a group and its parents. In a container, the group's own path may lie outside the mount. */
function quotasAbove(mount: string, path: string, quotaOf: (group: string) => number | null): number[] {
  const quotas: number[] = []
  for (let group = path; ; group = dirname(group)) {
    const quota = quotaOf(join(mount, group))
    if (quota !== null) quotas.push(quota)
    if (group === dirname(group)) return quotas
  }
}

/** `cpu.max` of v2: `<quota or "max"> <period>`. */
function unifiedQuota(group: string): number | null {
  const [quota, period] = read(join(group, 'cpu.max'))?.trim().split(' ').map(Number) ?? []
  return ratio(quota, period)
}

/** v1: a quota of -1 is none. */
function legacyQuota(group: string): number | null {
  const number = (file: string) => Number(read(join(group, file)) ?? Number.NaN)
  return ratio(number('cpu.cfs_quota_us'), number('cpu.cfs_period_us'))
}

function ratio(quota = Number.NaN, period = Number.NaN): number | null {
  return quota > 0 && period > 0 ? quota / period : null
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
