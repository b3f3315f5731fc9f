/** Finds installed packages through Node's resolution, since relative paths break with Plug'n'Play and nested trees. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StegoError } from '../errors.js'

/** The parts of a package.json that are used. */
export interface Manifest {
  name: string
  version: string
  /** In `stego` itself: the libtorch version it is built against. */
  libtorch?: string
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  /** In a libtorch package: its libraries in load order. */
  libraries?: string[]
}

export interface InstalledPackage {
  folder: string
  manifest: Manifest
}

/** Reads the package in a folder. */
export function readPackage(folder: string): InstalledPackage {
  return { folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) }
}

/** Resolves a package from `folder`; null if it is not installed. */
export function findPackage(name: string, folder: string): InstalledPackage | null {
  try {
    return readPackage(dirname(createRequire(join(folder, 'package.json')).resolve(`${name}/package.json`)))
  } catch {
    return null
  }
}

/** Name of a platform's addon package. */
export const addonPackage = (platform: string, arch: string) => `@stego/${platform}-${arch}`

/** Name of a platform's addon package for CUDA 13. */
export const cudaPackage = (platform: string, arch: string) => `@stego/${platform}-${arch}-cuda13`

/** Name of a platform's libtorch package. */
export const libtorchPackage = (platform: string, arch: string) => `@stego/libtorch-${platform}-${arch}`

/**
 * Returns the folder and manifest of this package. Throws `ERR_STEGO_ADDON` if a bundler moved its code elsewhere, from
 * where neither the addon nor the weights can be found.
 */
export function ownPackage(): InstalledPackage {
  try {
    const found = readPackage(fileURLToPath(new URL('../..', import.meta.url)))
    if (found.manifest.name === 'stego') return found
  } catch {
    // The file is missing, or a CommonJS bundle has no import.meta.url: bundled in either case.
  }
  throw new StegoError(
    'ERR_STEGO_ADDON',
    'expected stego to run from its own package, but a bundler has copied it elsewhere. ' +
      'Keep stego out of the bundle: esbuild --external:stego, webpack externals: [/^stego/], ' +
      "Next.js serverExternalPackages: ['stego']. Install it where the program runs.",
  )
}
