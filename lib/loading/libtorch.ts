/**
 * Opens libtorch before the addon that needs it, by absolute path: from the package that Node's resolution finds, or an
 * own one (own.ts). The addon's own search (its rpath) then meets libraries that are open already, and counts only where
 * there is neither.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Attempt } from './explain.js'
import { brokenLibrary } from './library-file.js'
import { sameSeries } from './own.js'
import { findPackage, libtorchPackage } from './packages.js'
import type { Request } from './places.js'

/** The addon without libtorch, beside the one with it (native/opener). */
interface Opener {
  /** Opens libraries in this order, for the whole process; throws what the system says. */
  open(libraries: string[]): void
  /** The version of libtorch that the addon beside it is built on. */
  libtorch: string
}

const OPENER = join('opener', 'libtorch-opener.node')

/** A libtorch that is opened before the addon. */
export interface Libtorch {
  /** `own`: the user named it; `package`: it is the platform's package. */
  source: 'own' | 'package'
  folder: string
  /** null where nothing says it. */
  version: string | null
  /** Its libraries by absolute path, in the order in which they need each other. */
  libraries: string[]
}

/** Why it was not opened. */
export type Unopened = Pick<Attempt, 'kind' | 'problem'>

/** The package of libtorch that the addon `file` sees; null where there is none. */
export function packageLibtorch(file: string, { platform, arch }: Request): Libtorch | null {
  const found = findPackage(libtorchPackage(platform, arch), dirname(file))
  if (!found) return null
  const { folder, manifest } = found
  const libraries = (manifest.libraries ?? []).map((library) => join(folder, library))
  return { source: 'package', folder, version: manifest.version, libraries }
}

/** Opens the libraries for the addon `file`; null when that went well, or when the addon has no opener beside it. */
export function openLibtorch(libtorch: Libtorch, file: string, request: Request): Unopened | null {
  const path = join(dirname(file), OPENER)
  const own = libtorch.source === 'own'
  const kind = own ? 'own libtorch' : 'broken'
  if (!existsSync(path)) return own ? { kind, problem: `no opener, ${OPENER}, is beside it` } : null
  try {
    const opener = createRequire(path)(path) as Opener
    const other = own ? otherSeries(libtorch, opener) : otherVersion(libtorch, request)
    if (other) return other
    const broken = libtorch.libraries.map((library) => brokenLibrary(library)).find((problem) => problem)
    if (broken) return { kind, problem: broken }
    // Opened here, an addon that misses a function of the own libtorch is refused; Node would end when it is called.
    opener.open(own ? [...libtorch.libraries, file] : libtorch.libraries)
    return null
  } catch (cause) {
    return { kind, problem: firstLine(cause) }
  }
}

function otherVersion({ version }: Libtorch, { stego, platform, arch }: Request): Unopened | null {
  const wanted = stego.manifest.libtorch
  const name = libtorchPackage(platform, arch)
  return version === wanted
    ? null
    : { kind: 'version', problem: `it needs ${name} ${wanted}, installed is ${version}` }
}

function otherSeries({ folder, version }: Libtorch, opener: Opener): Unopened | null {
  return version === null || sameSeries(version, opener.libtorch)
    ? null
    : {
        kind: 'own libtorch',
        problem: `${folder} is libtorch ${version}, it is built on ${opener.libtorch}`,
      }
}

/** What the system's loader says, without the stack that Node adds. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!
}
