/** libtorch for CUDA, as `stego doctor --setup cuda` (lib/cuda/setup.ts) leaves it in the cache folder. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasDriver } from './driver.js'
import { type Libtorch, sameSeries, userLibtorch } from './libtorch.js'
import { cudaPackage, findPackage, type InstalledPackage } from './packages.js'
import type { Request } from './request.js'

/** A libtorch for CUDA that is set up. NVIDIA's libraries lie where the rpaths of its libraries look for them. */
export interface CudaLibtorch {
  /** `setup`: downloaded; `python`: that of a Python environment. */
  source: 'setup' | 'python'
  /** The folder `torch`, which has `lib`. */
  folder: string
  version: string
  /** Absolute paths of its libraries in load order, and of those for CUDA. */
  libraries: string[]
  cuda: string[]
}

/** Where things lie in the folder of one version. */
export interface CudaPlaces {
  folder: string
  /** Wheels on their way. */
  downloads: string
  /** Unpacked wheels: `torch` and `nvidia`, side by side. */
  site: string
  /** Written last: `site` is complete. */
  marker: string
  /** Names the `torch` folder of a Python environment that is used instead: `{ "folder": "..." }`. */
  python: string
}

/** Where a version of libtorch for CUDA lies in the cache folder. */
export function cudaPlaces(cache: string, version: string): CudaPlaces {
  const folder = join(cache, 'cuda', `torch-${version}`)
  const site = join(folder, 'site')
  return {
    folder,
    downloads: join(folder, 'downloads'),
    site,
    marker: join(site, 'setup.json'),
    python: join(folder, 'python.json'),
  }
}

/** Finds the libtorch for CUDA that an earlier setup left, and that is still there; null if there is none. */
export function findCudaLibtorch(cache: string, version: string): CudaLibtorch | null {
  const { site, marker, python } = cudaPlaces(cache, version)
  const own = existsSync(marker) ? inspectCuda(join(site, 'torch'), version) : null
  if (own) return { source: 'setup', ...own }
  const named = folderIn(python)
  const found = named === null ? null : inspectCuda(named, version)
  return found && { source: 'python', ...found }
}

/** The libtorch for CUDA in a folder; null if there is none, or if its series is not that of `wanted`. */
function inspectCuda(folder: string, wanted: string): Omit<CudaLibtorch, 'source'> | null {
  try {
    const { version, libraries, cuda } = userLibtorch(folder, 'linux')
    if (cuda.length === 0 || version === null || !sameSeries(version, wanted)) return null
    return { folder, version, libraries, cuda }
  } catch {
    return null // a part is missing
  }
}

function folderIn(file: string): string | null {
  try {
    const { folder } = JSON.parse(readFileSync(file, 'utf8'))
    return typeof folder === 'string' ? folder : null
  } catch {
    return null
  }
}

/** What there is of CUDA to load. */
export interface CudaParts {
  /** The package with the addon for CUDA. */
  addon: InstalledPackage | null
  /** STEGO_LIBTORCH if it is for CUDA, else what a setup left. */
  libtorch: Libtorch | null
  /** Whether there are signs of a driver. */
  driver: boolean
}

/** Looks for what a GPU needs; null on platforms without an addon for CUDA. */
export function cudaParts(request: Request): CudaParts | null {
  const { stego, platform, arch } = request
  if (`${platform}-${arch}` !== 'linux-x64') return null
  return {
    addon: findPackage(cudaPackage(platform, arch), stego.folder),
    libtorch: cudaLibtorch(request),
    driver: (request.hasDriver ?? hasDriver)(),
  }
}

function cudaLibtorch({ stego, platform, libtorch, cache }: Request): Libtorch | null {
  if (libtorch !== undefined) {
    try {
      const own = userLibtorch(libtorch, platform)
      return own.cuda.length > 0 ? own : null
    } catch {
      return null // tryPlaces() reports it
    }
  }
  const found = cache === undefined ? null : findCudaLibtorch(cache, stego.manifest.libtorch ?? '')
  return found && { ...found, source: 'cuda' }
}
