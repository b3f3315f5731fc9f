/** The doctor's report as plain data, printed by `stego doctor --json`. */
import type { CudaDescription, DeviceInUse, MachineDescription } from '../native/index.js'
import type { Check } from './checks.js'

export interface DoctorReport {
  /** Whether everything required is present and works. */
  ok: boolean
  /** Problems and how to fix them. The exit code is 1 if there are any. */
  problems: string[]
  /** Harmless but possibly surprising facts. */
  notes: string[]
  /** The version of this package. */
  version: string
  machine: Machine
  packages: PackageReport[]
  addon: AddonReport
  gpu: GpuReport
  cache: CacheReport
  /** Relevant environment variables, with credentials masked. */
  environment: Record<string, string>
  /** The starter weights; null if they are missing. */
  starter: { file: string; bytes: number } | null
  /** null if it was skipped or the addon did not load. */
  selfTest: SelfTestReport | null
}

export interface Machine {
  /** Name, kernel and architecture of the system. */
  system: string
  platform: string
  arch: string
  /** `glibc` or `musl` with its version; null on other systems than Linux. */
  libc: string | null
  node: { version: string; path: string }
  processor: { model: string; logical: number; usable: number }
  threads: { threads: number; reason: string }
  /** In bytes. `limit` is the limit of the container or control group; null if there is none. */
  memory: { total: number; available: number; limit: number | null }
}

export interface PackageReport {
  name: string
  /** null if it is not installed. */
  version: string | null
  folder: string | null
  /** The version this package expects; null if any will do. */
  expected: string | null
}

/** A location where the addon may be found. */
export interface PlaceReport {
  name: string
  file: string | null
  /** `found`: present, but an earlier location is used. */
  state: 'used' | 'failed' | 'absent' | 'found'
  /** Why it is not used. */
  problem: string | null
}

export interface AddonReport {
  places: PlaceReport[]
  /** The error and its remedies if no addon loads; null otherwise. */
  error: { code: string; message: string } | null
  /** The loaded addon, or null. */
  loaded: LoadedReport | null
}

export interface LoadedReport {
  file: string
  kernels: MachineDescription['kernels']
  libtorch: MachineDescription['libtorch'] & {
    /**
     * `own`: STEGO_LIBTORCH; `package`: the platform package; `cuda`: set up for CUDA; `rpath`: found through the addon's
     * rpath.
     */
    source: 'own' | 'package' | 'cuda' | 'rpath'
    /** The loaded library; null if the system does not report it. */
    file: string | null
  }
  /** Loaded OpenMP libraries. The thread teams of several slow each other down. */
  openmp: string[]
}

/** What there is for computing on a GPU, and the device that models use. */
export interface GpuReport extends CudaReport {
  /** Version of the NVIDIA driver; null if unknown. */
  driver: string | null
  /** The package with the addon for CUDA; null if it is not installed. */
  package: { name: string; version: string; folder: string } | null
  /** The libtorch for CUDA; null if there is none. `setup`: by `stego doctor --setup cuda`; `python`: Python's. */
  libtorch: { source: 'own' | 'setup' | 'python'; folder: string; version: string | null } | null
}

/** What the loaded addon says of GPUs. */
export interface CudaReport {
  /** The device that STEGO_DEVICE or `auto` takes; null if no addon loads, or the one asked for cannot be used. */
  device: DeviceInUse | null
  /** Why the device that STEGO_DEVICE asks for cannot be used; null otherwise. */
  error: { code: string; message: string } | null
  /** What the addon and the driver say; null if no addon loads. */
  cuda: CudaDescription | null
}

export interface CacheReport {
  folder: string
  exists: boolean
  writable: boolean
  bytes: number
  /** Its entries, largest first. */
  entries: { name: string; bytes: number }[]
}

export type CheckReport = Pick<Check, 'name' | 'reference' | 'measure' | 'tolerance'> & {
  ok: boolean
  /** The largest error; null if the check could not run. */
  error: number | null
  milliseconds: number
  /** Why it could not run. */
  problem: string | null
}

export interface SpeedReport {
  /** Starter features at 224 x 224 in float32. */
  imagesPerSecond: number
}

export interface SelfTestReport {
  ok: boolean
  seconds: number
  checks: CheckReport[]
  speed: SpeedReport | null
}
