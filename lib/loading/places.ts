/** Where an addon may lie, in the order in which they are tried. */
import { existsSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { NamedPath } from '../env.js'
import { type Libc, libcOf } from './libc.js'
import { findAddon, type Kind, type Target } from './node-gyp-build.js'
import { addonPackage, findPackage, type InstalledPackage } from './packages.js'

/** What to load, and for whom. */
export interface Request {
  /** The package `stego` itself. */
  stego: InstalledPackage
  platform: string
  arch: string
  /** The C library; where it is not said, that of this process. */
  libc?: Libc
  /** `STEGO_NATIVE_PATH` or `STEGO_PREBUILD`. */
  named?: NamedPath
  /** `PREBUILDS_ONLY`: without local builds. */
  prebuildsOnly?: boolean
  /** `STEGO_LIBTORCH`. */
  libtorch?: string
}

export interface Place {
  /** The place in words, with the file in it where there is one. */
  name: string
  /** The addon; null where there is none. */
  file: string | null
  /** The platform package it lies in. */
  from?: InstalledPackage
  /** Whether libtorch is looked for as a package; a local build knows the one it was linked with. */
  packaged: boolean
}

/** The name of the addon's file as a build leaves it. */
const BUILT = 'stego.node'

/**
 * A path the user names is taken or refused, never passed over; otherwise a local build, the platform's package, and
 * `prebuilds/<platform>-<arch>/`.
 */
export function places({ stego, platform, arch, libc, named, prebuildsOnly }: Request): Place[] {
  const target = { platform, arch, libc: libc ?? libcOf(process.execPath) }
  if (named) {
    const file = namedFile(named.path, prebuildsOnly ? ['prebuilt'] : ['local', 'prebuilt'], target)
    return [{ name: `${named.variable}=${named.path}`, file, packaged: true }]
  }
  const name = addonPackage(platform, arch)
  const from = findPackage(name, stego.folder)
  const prebuilds = join('prebuilds', `${platform}-${arch}`)
  return [
    ...(prebuildsOnly ? [] : [localBuild(stego.folder, target)]),
    from ? packageOf(name, from, target) : { name: `the package ${name}`, file: null, packaged: true },
    ownPrebuild(prebuilds, stego.folder, target),
  ]
}

function localBuild(folder: string, target: Target): Place {
  const file = findAddon(folder, 'local', target)
  const shown = file === null ? join('build', 'Release') : relative(folder, file)
  return { name: `a local build, ${shown}`, file, packaged: false }
}

function packageOf(name: string, from: InstalledPackage, target: Target): Place {
  const file = findAddon(from.folder, 'prebuilt', target)
  const shown = file === null ? '' : `, ${relative(from.folder, file)}`
  return { name: `the package ${name}${shown}`, file, from, packaged: true }
}

function ownPrebuild(prebuilds: string, folder: string, target: Target): Place {
  const file = findAddon(folder, 'prebuilt', target)
  return { name: file === null ? prebuilds : relative(folder, file), file, packaged: true }
}

/** The file a user names; of a folder stego.node in it, or what node-gyp-build finds there. */
function namedFile(path: string, kinds: Kind[], target: Target): string | null {
  const file = existing(resolve(path))
  if (file === null || !statSync(file).isDirectory()) return file
  const found = kinds.map((kind) => findAddon(file, kind, target)).find((addon) => addon !== null)
  return existing(join(file, BUILT)) ?? found ?? null
}

const existing = (path: string) => (existsSync(path) ? path : null)
