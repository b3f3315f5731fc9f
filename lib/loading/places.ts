/** Where an addon may lie, in the order in which they are tried. */
import { existsSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { findAddon } from './node-gyp-build.js'
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
 * A path the user names is taken or refused, never passed over; otherwise what was built or prebuilt in the package
 * itself, and then the platform's package.
 */
export function places({ stego, platform, arch, nativePath }: Request): Place[] {
  if (nativePath) {
    return [{ name: `STEGO_NATIVE_PATH=${nativePath}`, file: namedFile(nativePath), packaged: true }]
  }
  return [ownBuild(stego.folder), packaged(addonPackage(platform, arch), stego.folder)]
}

function ownBuild(folder: string): Place {
  const found = findAddon(folder)
  if (found === null)
    return { name: 'a local build, build/Release, or prebuilds', file: null, packaged: true }
  const { file, local } = found
  return {
    name: `${local ? 'a local build' : 'prebuilds'}, ${relative(folder, file)}`,
    file,
    packaged: !local,
  }
}

function packaged(name: string, folder: string): Place {
  const from = findPackage(name, folder)
  if (from === null) return { name: `the package ${name}`, file: null, packaged: true }
  const file = findAddon(from.folder)?.file ?? null
  const shown = file === null ? '' : `, ${relative(from.folder, file)}`
  return { name: `the package ${name}${shown}`, file, from, packaged: true }
}

/** The file a user names; of a folder stego.node in it, or what node-gyp-build finds there. */
function namedFile(path: string): string | null {
  const file = existing(resolve(path))
  if (file === null || !statSync(file).isDirectory()) return file
  return existing(join(file, BUILT)) ?? findAddon(file)?.file ?? null
}

const existing = (path: string) => (existsSync(path) ? path : null)
