/** Installed packages, found by Node's own resolution: under Plug'n'Play and in nested trees no relative path holds. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

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
