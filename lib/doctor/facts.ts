/** The packages that make up an installation. */
import { constants, readFileSync, statSync } from 'node:fs'
import { access, lstat, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, freemem, type as kernel, release, totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { type Host, thisHost } from '../native/host.js'
import {
  addonPackage,
  findPackage,
  type InstalledPackage,
  libtorchPackage,
  readPackage,
} from '../native/packages.js'
import type { Request } from '../native/places.js'
import { chooseThreads } from '../native/threads.js'
import { starterWeights } from '../weights/starter.js'
import type { CacheReport, DoctorReport, Machine, PackageReport } from './report.js'

/** `stego`, its platform packages and the image library, installed or not. */
export function describePackages({ stego, platform, arch }: Request): PackageReport[] {
  const { manifest, folder } = stego
  const pins = { ...manifest.dependencies, ...manifest.optionalDependencies }
  const addon = addonPackage(platform, arch)
  const holder = findPackage(addon, folder)?.folder ?? folder
  const report = (name: string, from: string, expected: string | null): PackageReport => {
    const found = findPackage(name, from) ?? findByEntry(name, from)
    return { name, version: found?.manifest.version ?? null, folder: found?.folder ?? null, expected }
  }
  return [
    { name: manifest.name, version: manifest.version, folder: resolve(folder), expected: null },
    report(addon, folder, pins[addon] ?? null),
    report(libtorchPackage(platform, arch), holder, manifest.libtorch ?? null),
    report('@stego/starter', folder, pins['@stego/starter'] ?? null),
    report('sharp', folder, null),
  ]
}

/** Finds a package that does not export its package.json, by searching upward from its entry point. */
function findByEntry(name: string, from: string): InstalledPackage | null {
  try {
    let folder = dirname(createRequire(join(from, 'package.json')).resolve(name))
    while (dirname(folder) !== folder) {
      const found = packageIn(folder)
      if (found?.manifest.name === name) return found
      folder = dirname(folder)
    }
  } catch {}
  return null
}

function packageIn(folder: string): InstalledPackage | null {
  try {
    return readPackage(folder)
  } catch {
    return null
  }
}

/** The starter weights, or null if they are missing. */
export function describeStarter({ stego }: Request): DoctorReport['starter'] {
  try {
    const file = starterWeights(stego.folder)
    return { file, bytes: statSync(file).size }
  } catch {
    return null
  }
}

/** Lists the cache folder and checks that it is writable or can be created. Links are not followed. */
export async function describeCache(folder: string): Promise<CacheReport> {
  const names = await readdir(folder).catch(() => null)
  const entries = await Promise.all(
    (names ?? []).map(async (name) => ({ name, bytes: await sizeOf(join(folder, name)) })),
  )
  entries.sort((one, other) => other.bytes - one.bytes || (one.name < other.name ? -1 : 1))
  return {
    folder,
    exists: names !== null,
    writable: await isWritable(folder),
    bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
    entries,
  }
}

/** Size of a file, or of all files in a folder. Unreadable or vanished files count as 0. */
async function sizeOf(path: string): Promise<number> {
  const found = await lstat(path).catch(() => null)
  if (!found?.isDirectory()) return found?.size ?? 0
  let bytes = 0
  for (const name of await readdir(path).catch(() => [])) bytes += await sizeOf(join(path, name))
  return bytes
}

/** Checks the folder, or its nearest existing parent. */
async function isWritable(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK)
    return true
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(folder) !== folder
    return missing && isWritable(dirname(folder))
  }
}

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
