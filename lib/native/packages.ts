/** Installed packages, found by Node's own resolution: under Plug'n'Play and in nested trees no relative path holds. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StegoError } from '../errors.js'

/** What is read of a package.json. */
export interface Manifest {
  name: string
  version: string
  /** Of `stego` itself: the version of libtorch it is built on. */
  libtorch?: string
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  /** Of a package of libtorch: its libraries, in the order in which they need each other. */
  libraries?: string[]
}

export interface InstalledPackage {
  folder: string
  manifest: Manifest
}

/** The package in a folder. */
export function readPackage(folder: string): InstalledPackage {
  return { folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) }
}

/** The package of this name as the files in `folder` see it; null where there is none. */
export function findPackage(name: string, folder: string): InstalledPackage | null {
  try {
    return readPackage(dirname(createRequire(join(folder, 'package.json')).resolve(`${name}/package.json`)))
  } catch {
    return null
  }
}

/** The package with the addon of a platform. */
export const addonPackage = (platform: string, arch: string) => `@stego/${platform}-${arch}`

/** The package with libtorch of a platform. */
export const libtorchPackage = (platform: string, arch: string) => `@stego/libtorch-${platform}-${arch}`

/**
 * The folder and the manifest of this package. Throws `ERR_STEGO_ADDON` where its code no longer lies in it: a bundler
 * has copied it elsewhere, and neither the addon nor the weights can be found from there.
 */
export function ownPackage(): InstalledPackage {
  try {
    const found = readPackage(fileURLToPath(new URL('../..', import.meta.url)))
    if (found.manifest.name === 'stego') return found
  } catch {
    // No file, or in a bundle of CommonJS no address of this code: as telling as another package's manifest.
  }
  throw new StegoError(
    'ERR_STEGO_ADDON',
    'expected the code of stego inside its own package, but it is not: a bundler has copied it elsewhere. ' +
      "Leave stego out of the bundle: esbuild --external:stego, webpack externals: ['stego'], " +
      "Next.js serverExternalPackages: ['stego'], and install it where the program runs.",
  )
}
