/**
 * Opens libtorch by absolute path before the addon that needs it: the package that Node resolves, or a user-provided
 * libtorch. The addon's rpath then finds its libraries already loaded, and matters only if there is neither.
 */
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { StegoError } from '../errors.js'
import type { Attempt } from './explain.js'
import { findPackage, libtorchPackage } from './packages.js'
import type { Request } from './request.js'

/** A small addon without libtorch, next to the main one (native/opener). */
interface Opener {
  /** Opens libraries in this order for the whole process. Throws the loader's error. */
  open(libraries: string[]): void
  /** The libtorch version that the main addon was built against. */
  libtorch: string
}

const OPENER = join('opener', 'libtorch-opener.node')

/** A libtorch to open before the addon. */
export interface Libtorch {
  /** `own`: provided by the user; `package`: the platform package; `cuda`: set up for CUDA. */
  source: 'own' | 'package' | 'cuda'
  folder: string
  /** null if unknown. */
  version: string | null
  /** Absolute paths of its libraries in load order. */
  libraries: string[]
  /** Those that an addon with CUDA needs besides; empty if it has none. */
  cuda: string[]
}

/** Why it was not opened. */
export type Unopened = Pick<Attempt, 'kind' | 'problem'>

/** Finds the libtorch package for the addon `file`; null if there is none. */
export function packageLibtorch(file: string, { platform, arch }: Request): Libtorch | null {
  const found = findPackage(libtorchPackage(platform, arch), dirname(file))
  if (!found) return null
  const { folder, manifest } = found
  const libraries = (manifest.libraries ?? []).map((library) => join(folder, library))
  return { source: 'package', folder, version: manifest.version, libraries, cuda: [] }
}

/** Opens the libraries for the addon `file`. Returns null on success, or if the addon has no opener. */
export function openLibtorch(libtorch: Libtorch, file: string, request: Request): Unopened | null {
  const path = join(dirname(file), OPENER)
  const own = libtorch.source !== 'package'
  const kind = libtorch.source === 'own' ? 'user libtorch' : 'broken'
  if (!existsSync(path)) return own ? { kind, problem: `${OPENER} is missing next to it` } : null
  const forCuda = needsCuda(file)
  if (own && forCuda && libtorch.cuda.length === 0) {
    return {
      kind,
      problem: `it was built with CUDA, but ${libtorch.folder} has no ${FOR_CUDA.join(' and ')}`,
    }
  }
  const libraries = [...libtorch.libraries, ...(forCuda ? libtorch.cuda : [])]
  try {
    const opener = createRequire(path)(path) as Opener
    const other = own ? otherSeries(libtorch, opener) : otherVersion(libtorch, request)
    if (other) return other
    const broken = libraries.map((library) => brokenLibrary(library)).find((problem) => problem)
    if (broken) return { kind, problem: broken }
    // Opening the addon here rejects one that lacks a libtorch function, which would crash Node when called.
    opener.open(own ? [...libraries, file] : libraries)
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
    : { kind: 'version', problem: `it needs ${name} ${wanted}, but ${version} is installed` }
}

function otherSeries({ source, folder, version }: Libtorch, opener: Opener): Unopened | null {
  return version === null || sameSeries(version, opener.libtorch)
    ? null
    : {
        kind: source === 'own' ? 'user libtorch' : 'broken',
        problem: `${folder} is libtorch ${version}, but it was built against ${opener.libtorch}`,
      }
}

/** The loader's message, without the require stack that Node adds. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!
}

/** Libraries in load order. Without an OpenMP library, the system's is used. */
const LIBRARIES: Record<string, { openmp: RegExp; needed: string[] }> = {
  linux: { openmp: /^libgomp\b.*\.so(\.1)?$/, needed: ['libc10.so', 'libtorch_cpu.so'] },
  darwin: { openmp: /^libi?omp5?\.dylib$/, needed: ['libc10.dylib', 'libtorch_cpu.dylib'] },
  win32: { openmp: /^libiomp5md\.dll$/, needed: ['c10.dll', 'torch_cpu.dll'] },
}

const FOR_CUDA = ['libc10_cuda.so', 'libtorch_cuda.so']

/** Whether an addon names libtorch's libraries for CUDA among those it needs. */
function needsCuda(file: string): boolean {
  try {
    return readFileSync(file).includes('\0libtorch_cuda.so\0')
  } catch {
    return false // the loader reports it
  }
}

/** Files above `lib` that contain the version, with patterns to extract it. */
const VERSIONS: [file: string, pattern: RegExp][] = [
  ['include/torch/headeronly/version.h', /#define TORCH_VERSION\s[^"]*"([\d.]+)/],
  ['include/torch/csrc/api/include/torch/version.h', /#define TORCH_VERSION\s[^"]*"([\d.]+)/],
  ['build-version', /^([\d.]+)/],
  ['version.py', /__version__ = '([\d.]+)/],
  ['package.json', /"version": *"([\d.]+)/],
]

/**
 * Finds the libtorch in `folder` or its `lib` by file names alone; openLibtorch() checks the rest. Throws
 * `ERR_STEGO_ADDON` if there is none.
 */
export function userLibtorch(folder: string, platform: string): Libtorch {
  const top = resolve(folder)
  const { openmp, needed } = LIBRARIES[platform] ?? LIBRARIES.linux!
  const holds = (place: string) => needed.every((library) => existsSync(join(place, library)))
  const lib = [join(top, 'lib'), top].find(holds)
  if (!lib) {
    throw new StegoError(
      'ERR_STEGO_ADDON',
      `STEGO_LIBTORCH=${folder} contains no libtorch: expected ${needed.join(' and ')} in it or its lib folder, ` +
        `${existsSync(top) ? 'found them in neither' : 'but it does not exist'}. Set it to an unpacked libtorch or to the ` +
        'torch folder of a Python environment, or unset it to use the packaged one.',
    )
  }
  const others = readdirSync(lib).filter((name) => openmp.test(name))
  const cuda = FOR_CUDA.map((library) => join(lib, library))
  return {
    source: 'own',
    folder: top,
    version: versionOf(lib === top ? dirname(top) : top),
    libraries: [...others, ...needed].map((library) => join(lib, library)),
    cuda: cuda.every((library) => existsSync(library)) ? cuda : [],
  }
}

/** Whether two versions differ only in the patch number. Otherwise their C++ ABI may differ. */
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

/** Layout of a 64-bit ELF header; `start`, `size` and `count` are offsets of its section header fields. */
const HEAD = { bytes: 64, magic: 0x7f454c46, bits: 4, start: 40, size: 58, count: 60 }
const BITS_64 = 2

/** Describes a damaged Linux library; null if it is intact, missing or on another system. */
export function brokenLibrary(file: string, platform: string = process.platform): string | null {
  if (platform !== 'linux') return null
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return null // the loader reports it
  }
  try {
    const head = Buffer.alloc(HEAD.bytes)
    const read = readSync(descriptor, head, 0, HEAD.bytes, 0)
    if (read < HEAD.bytes || head.readUInt32BE(0) !== HEAD.magic || head[HEAD.bits] !== BITS_64) {
      return `${file} is not a library`
    }
    const headers = head.readUInt16LE(HEAD.size) * head.readUInt16LE(HEAD.count)
    const least = Number(head.readBigUInt64LE(HEAD.start)) + headers
    const { size } = fstatSync(descriptor)
    return size < least ? `${file} is truncated: ${size} of at least ${least} bytes` : null
  } finally {
    closeSync(descriptor)
  }
}
