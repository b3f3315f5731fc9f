/**
 * Sets up libtorch for CUDA and the NVIDIA libraries it needs, for `stego doctor --setup cuda`: those of a Python torch
 * that is installed, or else wheels of the Python package index, which need no Python.
 */
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { cacheFromEnv, offlineFromEnv, proxiesFromEnv } from '../env.js'
import { StegoError } from '../errors.js'
import { type CudaPlaces, cudaPlaces, findCudaLibtorch } from '../native/cuda.js'
import { cudaPackage, findPackage, ownPackage } from '../native/packages.js'
import { type DownloadSettings, freeBytes } from '../weights/download.js'
import { Meter } from '../weights/progress.js'
import { SYSTEM_CLOCK } from '../weights/retry.js'
import { writeWhole } from '../write-whole.js'
import { installWheel, isDownloaded } from './install-wheel.js'
import { checkRoom, makePlan, type SetupPlan } from './plan.js'
import { SetupMeter, type SetupProgress } from './progress.js'
import { findPythonTorch } from './python.js'
import { indexAddress } from './simple-index.js'
import type { Wheel } from './wheel.js'
import { CUDA, TORCH, WHEELS } from './wheels.js'

/** How to set up. */
export interface SetupOptions {
  /** Aborts the setup, which the next one continues. The promise rejects with the signal's reason. */
  signal?: AbortSignal
  /** Called with what will be done, before anything is downloaded. */
  onPlan?: (plan: SetupPlan) => void
  /** Called with a sentence about a Python torch that is not used. */
  onNote?: (note: string) => void
  /** Called with the progress at most ten times per second, and before every retry. */
  onProgress?: (progress: SetupProgress) => void
  /** Default: `STEGO_CACHE`, else the system's cache folder. */
  cache?: string
  /** Address of the package index. Default: `STEGO_CUDA_INDEX`, else PyPI. */
  index?: string
  /** Disables downloads. Default: `STEGO_OFFLINE`, else false. */
  offline?: boolean
}

/** What tests replace. */
export interface SetupSettings extends Pick<DownloadSettings, 'transport' | 'clock' | 'freeBytes'> {
  platform: string
  arch: string
  torch: string
  cuda: string
  wheels: readonly Wheel[]
  /** Environment in which Python is looked for. */
  env: Record<string, string | undefined>
}

/** What is set up. */
export interface CudaSetup {
  /** The folder `torch`, which has `lib`. */
  folder: string
  /** The version of libtorch. */
  version: string
  /** `setup`: downloaded; `python`: that of a Python environment. */
  source: 'setup' | 'python'
  /** Whether it had been set up before. */
  before: boolean
  /** Bytes that this setup had to download, and that it unpacked. */
  downloaded: number
  unpacked: number
  /** The package with the addon for CUDA. */
  package: { name: string; installed: boolean }
}

/**
 * Sets up libtorch for CUDA. Rejects with `ERR_STEGO_OPTION` on other platforms than linux-x64 and for an invalid index,
 * `ERR_STEGO_DOWNLOAD` if a package cannot be downloaded or verified, `ERR_STEGO_FILE` for disk errors and too little
 * space, and the signal's reason.
 */
export async function setUpCuda(
  options: SetupOptions = {},
  given: Partial<SetupSettings> = {},
): Promise<CudaSetup> {
  const settings: SetupSettings = { ...defaults(), ...given }
  const { torch } = settings
  checkPlatform(settings)
  const cache = resolve(options.cache ?? cacheFromEnv())
  const places = cudaPlaces(cache, torch)
  const summary = (what: Pick<CudaSetup, 'before' | 'downloaded' | 'unpacked'>): CudaSetup => {
    const found = findCudaLibtorch(cache, torch)
    if (!found) throw incomplete(places)
    const { folder, version, source } = found
    return { folder, version, source, ...what, package: addonFor(settings) }
  }
  if (findCudaLibtorch(cache, torch)) return summary({ before: true, downloaded: 0, unpacked: 0 })
  if (await usePython(cache, places, options, settings)) {
    return summary({ before: false, downloaded: 0, unpacked: 0 })
  }
  const { download, unpacked } = await fetchAll(places, options, settings)
  return summary({ before: false, downloaded: download, unpacked })
}

const defaults = (): SetupSettings => ({
  platform: process.platform,
  arch: process.arch,
  torch: TORCH,
  cuda: CUDA,
  wheels: WHEELS,
  env: process.env,
  transport: { proxies: proxiesFromEnv() },
  clock: SYSTEM_CLOCK,
  freeBytes,
})

function checkPlatform({ platform, arch, cuda }: SetupSettings): void {
  if (platform === 'linux' && arch === 'x64') return
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `libtorch for CUDA ${cuda} runs on linux-x64 only, but this is ${platform}-${arch}. Set it up on the machine that has ` +
      'the GPU; without it, stego computes on the CPU.',
  )
}

/** Uses a Python torch if one fits. */
async function usePython(
  cache: string,
  places: CudaPlaces,
  { onNote }: SetupOptions,
  { torch, cuda, env }: SetupSettings,
): Promise<boolean> {
  for (const { folder, version, problem } of await findPythonTorch({ version: torch, cuda }, env)) {
    if (problem === null) {
      await writeWhole(places.python, Buffer.from(`${JSON.stringify({ folder }, null, 2)}\n`))
      if (findCudaLibtorch(cache, torch)) return true
      await rm(places.python, { force: true })
    }
    onNote?.(`Python's torch ${version} in ${folder} is not used: ${problem ?? 'it lacks libraries'}.`)
  }
  return false
}

/** Downloads and unpacks what is missing. Returns what it was. */
async function fetchAll(
  places: CudaPlaces,
  options: SetupOptions,
  settings: SetupSettings,
): Promise<SetupPlan> {
  const { signal, onPlan = () => {}, onProgress = () => {} } = options
  const { torch, wheels, clock } = settings
  const index = indexAddress(options.index)
  const plan = await makePlan({ ...settings, places, index })
  if (options.offline ?? offlineFromEnv()) await checkOffline(plan.wheels, places)
  if (plan.wheels.length > 0) onPlan(plan)
  checkRoom(plan)
  const meter = new SetupMeter(plan.wheels, onProgress)
  for (const wheel of plan.wheels) {
    signal?.throwIfAborted()
    await installWheel(wheel, places, {
      ...settings,
      index,
      signal,
      meter: new Meter(wheel.name, clock, (progress) => meter.download(progress)),
      onUnpack: () => meter.unpacking(wheel),
    })
    meter.next(wheel)
  }
  const content = { torch, wheels: wheels.map(({ file }) => file) }
  await writeWhole(places.marker, Buffer.from(`${JSON.stringify(content, null, 2)}\n`))
  return plan
}

async function checkOffline(wheels: readonly Wheel[], { folder, downloads }: CudaPlaces): Promise<void> {
  const missing: string[] = []
  for (const wheel of wheels) if (!(await isDownloaded(wheel, downloads))) missing.push(wheel.file)
  if (missing.length === 0) return
  throw new StegoError(
    'ERR_STEGO_DOWNLOAD',
    'libtorch for CUDA has not been downloaded, and downloads are disabled (STEGO_OFFLINE). Copy ' +
      `${folder} from a machine where stego doctor --setup cuda has run, or put these files into ${downloads}: ` +
      `${missing.join(', ')}.`,
  )
}

function addonFor({ platform, arch }: SetupSettings): CudaSetup['package'] {
  const name = cudaPackage(platform, arch)
  return { name, installed: findPackage(name, ownPackage().folder) !== null }
}

function incomplete({ folder, site }: CudaPlaces): StegoError {
  return new StegoError(
    'ERR_STEGO_FILE',
    `${site} lacks libraries of libtorch for CUDA, although all packages were unpacked. Delete ${folder} and run ` +
      'stego doctor --setup cuda again.',
  )
}
