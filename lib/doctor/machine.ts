/** The machine: its system, Node, processor, threads and memory. */
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, freemem, type as kernel, release, totalmem } from 'node:os'
import { memoryLimit } from '../native/cgroup.js'
import { type Host, thisHost } from '../native/host.js'
import { chooseThreads } from '../native/threads.js'
import type { Machine } from './report.js'

/** Describes the machine. */
export function describeMachine(): Machine {
  const host = thisHost()
  const processors = cpus()
  return {
    system: [systemName(), `${kernel()} ${release()}`].filter((name) => name !== null).join(', '),
    platform: host.platform,
    arch: host.arch,
    libc: libcOf(host),
    node: { version: host.node, path: process.execPath },
    processor: {
      model: processors[0]?.model.trim() || 'unknown model',
      logical: processors.length,
      usable: availableParallelism(),
    },
    threads: chooseThreads(),
    memory: { total: totalmem(), available: freemem(), limit: limitBelow(totalmem()) },
  }
}

function libcOf({ libc, glibc }: Host): string | null {
  return glibc ? `${libc} ${glibc}` : libc
}

/** The name of the Linux distribution; null on other systems. */
function systemName(): string | null {
  try {
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? null
  } catch {
    return null
  }
}

/** The control groups' memory limit, or null if it is at least the total memory. */
function limitBelow(total: number): number | null {
  const limit = memoryLimit()
  return limit !== undefined && limit < total ? limit : null
}
