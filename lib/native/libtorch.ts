/**
 * Opens libtorch before the addon that needs it, by absolute path: from the package that Node's resolution finds, or an
 * own one (own.ts). The addon's own search (its rpath) then meets libraries that are open already, and counts only where
 * there is neither.
 */
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { StegoError } from '../errors.js'
import type { Attempt } from './explain.js'
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

/** Libraries in the order in which they need each other; without one of OpenMP the system's is used. */
const LIBRARIES: Record<string, { openmp: RegExp; needed: string[] }> = {
  linux: { openmp: /^libgomp\b.*\.so(\.1)?$/, needed: ['libc10.so', 'libtorch_cpu.so'] },
  darwin: { openmp: /^libi?omp5?\.dylib$/, needed: ['libc10.dylib', 'libtorch_cpu.dylib'] },
  win32: { openmp: /^libiomp5md\.dll$/, needed: ['c10.dll', 'torch_cpu.dll'] },
}

/** Files that tell the version, in the folder above `lib`, and how. */
const VERSIONS: [file: string, pattern: RegExp][] = [
  ['include/torch/headeronly/version.h', /#define TORCH_VERSION\s[^"]*"([\d.]+)/],
  ['include/torch/csrc/api/include/torch/version.h', /#define TORCH_VERSION\s[^"]*"([\d.]+)/],
  ['build-version', /^([\d.]+)/],
  ['version.py', /__version__ = '([\d.]+)/],
  ['package.json', /"version": *"([\d.]+)/],
]

/**
 * The libtorch in `folder` or in its `lib`. Throws `ERR_STEGO_ADDON` where there is none; what it is beyond the names of
 * its files, openLibtorch() finds out.
 */
export function ownLibtorch(folder: string, platform: string): Libtorch {
  const top = resolve(folder)
  const { openmp, needed } = LIBRARIES[platform] ?? LIBRARIES.linux!
  const holds = (place: string) => needed.every((library) => existsSync(join(place, library)))
  const lib = [join(top, 'lib'), top].find(holds)
  if (!lib) {
    throw new StegoError(
      'ERR_STEGO_ADDON',
      `STEGO_LIBTORCH=${folder} holds no libtorch: expected ${needed.join(' and ')} in it or in its lib folder, ` +
        `${existsSync(top) ? 'found them in neither' : 'but it does not exist'}. Set it to an unpacked libtorch or to the ` +
        "torch folder of a Python environment, or unset it: then the package's is used.",
    )
  }
  const others = readdirSync(lib).filter((name) => openmp.test(name))
  return {
    source: 'own',
    folder: top,
    version: versionOf(lib === top ? dirname(top) : top),
    libraries: [...others, ...needed].map((library) => join(lib, library)),
  }
}

/** Whether two versions agree in all but the last number: between others the C++ interface changes. */
export function sameSeries(one: string, other: string): boolean {
  const series = (version: string) => version.split('.').slice(0, 2).join('.')
  return series(one) === series(other)
}

function versionOf(folder: string): string | null {
  for (const [file, pattern] of VERSIONS) {
    const path = join(folder, file)
    const found = existsSync(path) && pattern.exec(readFileSync(path, 'utf8'))
    if (found) return found[1]!
  }
  return null
}

/** The head of an ELF file of 64 bits, of which the last three entries here say where its section headers lie. */
const HEAD = { bytes: 64, magic: 0x7f454c46, bits: 4, start: 40, size: 58, count: 60 }
const BITS_64 = 2

/** What is wrong with a library of Linux; null where nothing is, it is not there, or another system's. */
export function brokenLibrary(file: string, platform: string = process.platform): string | null {
  if (platform !== 'linux') return null
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return null // the loader says it in its own words
  }
  try {
    const head = Buffer.alloc(HEAD.bytes)
    const read = readSync(descriptor, head, 0, HEAD.bytes, 0)
    if (read < HEAD.bytes || head.readUInt32BE(0) !== HEAD.magic || head[HEAD.bits] !== BITS_64) {
      return `${file}: it is not a library`
    }
    const headers = head.readUInt16LE(HEAD.size) * head.readUInt16LE(HEAD.count)
    const least = Number(head.readBigUInt64LE(HEAD.start)) + headers
    const { size } = fstatSync(descriptor)
    return size < least ? `${file}: it is cut off, ${size} of at least ${least} bytes are there` : null
  } finally {
    closeSync(descriptor)
  }
}
