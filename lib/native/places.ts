/** Locations of the addon in search order. */
import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { prebuildFolderFromEnv } from '../env.js'
import { cudaParts } from './cuda.js'
import type { Libtorch } from './libtorch.js'
import { addonPackage, cudaPackage, findPackage, type InstalledPackage } from './packages.js'
import type { Request } from './request.js'

export type { Request } from './request.js'

export interface Place {
  /** Description of the location, including the file if there is one. */
  name: string
  /** The addon file; null if there is none. */
  file: string | null
  /** The platform package that contains it. */
  from?: InstalledPackage
  /** Whether to look for a libtorch package. A local build is linked to its own. */
  packaged: boolean
  /** The libtorch for CUDA that it needs. */
  libtorch?: Libtorch
}

/** File name of a built addon. */
const BUILT = 'stego.node'

/**
 * Lists the locations to try: only STEGO_NATIVE_PATH if it is set; otherwise the package for CUDA if everything it needs
 * is there, a build or prebuild in this package, then the platform package.
 */
export function places(request: Request): Place[] {
  const { stego, platform, arch, nativePath } = request
  if (nativePath) {
    return [{ name: `STEGO_NATIVE_PATH=${nativePath}`, file: namedFile(nativePath), packaged: true }]
  }
  return [...forCuda(request), ownBuild(stego.folder), packaged(addonPackage(platform, arch), stego.folder)]
}

/** The package for CUDA. Whether there is a driver is not asked when a GPU is: then CUDA says it better. */
function forCuda(request: Request): Place[] {
  const { stego, platform, arch, device = 'auto' } = request
  if (device === 'cpu') return []
  const { addon, libtorch, driver } = cudaParts(request) ?? {}
  if (!addon || !libtorch || (device === 'auto' && !driver)) return []
  return [{ ...packaged(cudaPackage(platform, arch), stego.folder), libtorch }]
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

/** Resolves STEGO_NATIVE_PATH: a file, or a folder with stego.node or an addon that node-gyp-build finds. */
function namedFile(path: string): string | null {
  const file = existing(resolve(path))
  if (file === null || !statSync(file).isDirectory()) return file
  return existing(join(file, BUILT)) ?? findAddon(file)?.file ?? null
}

const existing = (path: string) => (existsSync(path) ? path : null)

/** The part of node-gyp-build that is used. */
interface NodeGypBuild {
  /** Returns the addon in a folder. Throws if there is none. */
  resolve(folder: string): string
}

/** An addon from a local build in `build/`, or from `prebuilds/<platform>-<arch>/`. */
export interface FoundAddon {
  file: string
  local: boolean
}

/** Finds the addon that node-gyp-build picks in a folder, builds before prebuilds; null if there is none. */
export function findAddon(folder: string): FoundAddon | null {
  const found = ask(folder)
  // As a last resort it looks next to the Node executable, where addons of other packages may be.
  const roots = [folder, prebuildFolderFromEnv()].filter((root) => root !== undefined)
  const root = roots.map((root) => resolve(root)).find((root) => found !== null && holds(root, found))
  if (found === null || root === undefined) return null
  return { file: found, local: relative(root, found).startsWith(`build${sep}`) }
}

function ask(folder: string): string | null {
  // Loaded lazily: if a bundler moved this code, ownPackage() has already thrown.
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
