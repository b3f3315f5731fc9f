/** Where an addon may lie, in the order in which they are tried. */
import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { prebuildFolderFromEnv } from '../env.js'
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

/** The part of node-gyp-build that is used. */
interface NodeGypBuild {
  /** The addon of a folder; throws where there is none. */
  resolve(folder: string): string
}

/** An addon, and whether a build left it in `build/`; otherwise it lies in `prebuilds/<platform>-<arch>/`. */
export interface FoundAddon {
  file: string
  local: boolean
}

/** What node-gyp-build takes in a folder, a build before what is prebuilt; null where there is nothing for this process. */
export function findAddon(folder: string): FoundAddon | null {
  const found = ask(folder)
  // Failing all else it looks beside Node's program, where the addons of any package may lie.
  const roots = [folder, prebuildFolderFromEnv()].filter((root) => root !== undefined)
  const root = roots.map((root) => resolve(root)).find((root) => found !== null && holds(root, found))
  if (found === null || root === undefined) return null
  return { file: found, local: relative(root, found).startsWith(`build${sep}`) }
}

function ask(folder: string): string | null {
  // Loaded here: where a bundler has moved this code, ownPackage() has said so before.
  const library = createRequire(import.meta.url)('node-gyp-build/node-gyp-build.js') as NodeGypBuild
  try {
    return library.resolve(folder)
  } catch {
    return null
  }
}

function holds(folder: string, file: string): boolean {
  const path = relative(folder, file)
  return !path.startsWith('..') && !isAbsolute(path)
}
