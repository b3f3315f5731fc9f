/** Where an addon may lie, in the order in which they are tried. */
import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { addonPackage, findPackage, type InstalledPackage } from './packages.js'

/** What to load, and for whom. */
export interface Request {
  /** The package `stego` itself. */
  stego: InstalledPackage
  platform: string
  arch: string
  /** `STEGO_NATIVE_PATH`. */
  nativePath?: string
  /** `STEGO_LIBTORCH`. */
  libtorch?: string
  /** `STEGO_INSTRUCTIONS`. */
  instructions?: string
}

export interface Place {
  /** The place in words. */
  name: string
  /** The addon; null where there is none. */
  file: string | null
  /** The platform package it lies in. */
  from?: InstalledPackage
  /** Whether libtorch is looked for as a package; a local build knows the one it was linked with. */
  packaged: boolean
}

/** The name of the addon's file, wherever it lies. */
const ADDON = 'stego.node'

/**
 * A path the user names is taken or refused, never passed over; otherwise a local build, the platform's package, and
 * `prebuilds/<platform>-<arch>/`.
 */
export function places({ stego, platform, arch, nativePath }: Request): Place[] {
  if (nativePath) {
    return [{ name: `STEGO_NATIVE_PATH=${nativePath}`, file: namedFile(nativePath), packaged: true }]
  }
  const name = addonPackage(platform, arch)
  const from = findPackage(name, stego.folder) ?? undefined
  const build = join('build', 'Release', ADDON)
  const prebuilt = join('prebuilds', `${platform}-${arch}`, ADDON)
  return [
    { name: `a local build, ${build}`, file: existing(join(stego.folder, build)), packaged: false },
    { name: `the package ${name}`, file: from ? join(from.folder, ADDON) : null, from, packaged: true },
    { name: prebuilt, file: existing(join(stego.folder, prebuilt)), packaged: true },
  ]
}

/** The file a user names, or the addon in the folder they name. */
function namedFile(path: string): string | null {
  const file = existing(resolve(path))
  return file && statSync(file).isDirectory() ? existing(join(file, ADDON)) : file
}

const existing = (path: string) => (existsSync(path) ? path : null)
