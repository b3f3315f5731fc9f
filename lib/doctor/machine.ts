/** The machine: its system, Node, processor, threads and memory. */
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, freemem, type as kernel, release, totalmem } from 'node:os'
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
    memory: { total: totalmem(), available: freemem(), limit: memoryLimit() },
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

/** The control group's memory limit, or null if it is at least the total memory. */
function memoryLimit(): number | null {
  const limit = process.constrainedMemory()
  return limit !== undefined && limit > 0 && limit < totalmem() ? limit : null
}
