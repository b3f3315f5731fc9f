/**
 * Opens libtorch before the addon that needs it: by absolute path, from the package that Node's resolution finds. The
 * addon's own search (its rpath) then meets libraries that are open already, and counts only where no package is found.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { findPackage, libtorchPackage } from './packages.js'
import type { Request } from './places.js'

/** The addon without libtorch, beside the one with it (native/opener). */
interface Opener {
  /** Opens libraries in this order, for the whole process; throws what the system says. */
  open(libraries: string[]): void
}

const OPENER = join('opener', 'libtorch-opener.node')

/** How it went: `problem` says why libtorch could not be opened; `found` is false where there is no package of it. */
export interface Opened {
  found: boolean
  problem?: string
  /** The package is of another version than this one needs. */
  otherVersion?: boolean
}

/** Opens the libtorch that the addon `file` sees. Does nothing where there is none: then the addon's rpath counts. */
export function openLibtorch(file: string, { stego, platform, arch }: Request): Opened {
  const folder = dirname(file)
  const libtorch = findPackage(libtorchPackage(platform, arch), folder)
  const opener = join(folder, OPENER)
  if (!libtorch || !existsSync(opener)) return { found: libtorch !== null }
  const { name, version, libraries = [] } = libtorch.manifest
  const wanted = stego.manifest.libtorch
  if (version !== wanted) {
    return { found: true, otherVersion: true, problem: `it needs ${name} ${wanted}, installed is ${version}` }
  }
  try {
    const { open } = createRequire(opener)(opener) as Opener
    open(libraries.map((library) => join(libtorch.folder, library)))
    return { found: true }
  } catch (cause) {
    return { found: true, problem: firstLine(cause) }
  }
}

/** What the system's loader says, without the stack that Node adds. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!
}
