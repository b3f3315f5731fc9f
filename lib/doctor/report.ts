/** What the doctor finds, as plain data: `stego doctor --json` prints it. */
import type { MachineDescription } from '../native/index.js'
import type { Check } from './checks.js'

export interface DoctorReport {
  /** Whether everything that is needed is there and works. */
  ok: boolean
  /** What is wrong, with what mends it; the exit code is 1 where there is any. */
  problems: string[]
  /** What may surprise, and does no harm. */
  notes: string[]
  /** The version of this package. */
  version: string
  machine: Machine
  packages: PackageReport[]
  addon: AddonReport
  cache: CacheReport
  /** Environment variables that are set and matter, credentials masked. */
  environment: Record<string, string>
  /** The weights of the starter backbone; null where they are missing. */
  starter: { file: string; bytes: number } | null
  /** null where it was not wanted, or the addon did not load. */
  selfTest: SelfTestReport | null
}

export interface Machine {
  /** The system's name, its kernel and the architecture. */
  system: string
  platform: string
  arch: string
  /** `glibc` or `musl` with its version; null where it is not Linux. */
  libc: string | null
  node: { version: string; path: string }
  processor: { model: string; logical: number; usable: number }
  threads: { threads: number; reason: string }
  /** Bytes; `limit` is that of the container or control group, null where there is none. */
  memory: { total: number; available: number; limit: number | null }
}

export interface PackageReport {
  name: string
  /** null where it is not installed. */
  version: string | null
  folder: string | null
  /** The version that goes with this one; null where any will do. */
  expected: string | null
}

/** A place where the addon may lie. */
export interface PlaceReport {
  name: string
  file: string | null
  /** `found`: it is there, and an earlier one is used. */
  state: 'used' | 'failed' | 'absent' | 'found'
  /** Why it is not used. */
  problem: string | null
}

export interface AddonReport {
  places: PlaceReport[]
  /** The error with its remedies where none loads; null otherwise. */
  error: { code: string; message: string } | null
  /** What was loaded; null where nothing was. */
  loaded: LoadedReport | null
}

export interface LoadedReport {
  file: string
  kernels: MachineDescription['kernels']
  libtorch: MachineDescription['libtorch'] & {
    /** `own`: STEGO_LIBTORCH; `package`: that of the platform; `rpath`: the one the addon itself names. */
    source: 'own' | 'package' | 'rpath'
    /** The library that is open; null where the system does not tell. */
    file: string | null
  }
  /** The OpenMP libraries that are open: more than one make teams that slow each other. */
  openmp: string[]
}

export interface CacheReport {
  folder: string
  exists: boolean
  writable: boolean
  bytes: number
  /** What lies in it, largest first. */
  entries: { name: string; bytes: number }[]
}

export type CheckReport = Pick<Check, 'name' | 'reference' | 'measure' | 'tolerance'> & {
  ok: boolean
  /** The largest error; null where the check could not be run. */
  error: number | null
  milliseconds: number
  /** Why it could not be run. */
  problem: string | null
}

export interface SpeedReport {
  /** Features of the starter at 224 x 224, in float32. */
  imagesPerSecond: number
}

export interface SelfTestReport {
  ok: boolean
  seconds: number
  checks: CheckReport[]
  speed: SpeedReport | null
}
