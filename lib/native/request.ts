/** What the loader is asked for. */
import type { InstalledPackage } from './packages.js'
import type { DeviceChoice } from './types/backbone.js'

/** What to load, and for which platform. */
export interface Request {
  /** The `stego` package. */
  stego: InstalledPackage
  platform: string
  arch: string
  /** `STEGO_NATIVE_PATH`. */
  nativePath?: string
  /** `STEGO_LIBTORCH`. */
  libtorch?: string
  /** `STEGO_INSTRUCTIONS`. */
  instructions?: string
  /** The device asked for before loading. Default: `auto`. */
  device?: DeviceChoice
  /** The cache folder, in which libtorch for CUDA is set up. */
  cache?: string
  /** Whether there are signs of an NVIDIA driver. Default: looks for them. */
  hasDriver?: () => boolean
}
