/** Chooses the device of a model, and says in words why a GPU cannot be used. */
import { StegoError } from '../errors.js'
import type { Device, DeviceChoice } from './types/backbone.js'
import type { CudaDescription } from './types/machine.js'

/** The device that is used. */
export interface DeviceInUse {
  /** `cpu`, or `cuda:0` and so on. */
  device: Device
  /** The GPU's name; null for the CPU. */
  name: string | null
  /** Why this one. */
  reason: string
  /** What would make a GPU usable where `auto` found none; null otherwise. */
  remedy: string | null
}

/** What the loader knows. */
export interface LoadingFacts {
  /** `linux-x64`. */
  platform: string
  /** The version of this package. */
  version: string
  /** The file of an addon that was built in a checkout or named by STEGO_NATIVE_PATH; null for one of a package. */
  ownAddon: string | null
  /** Whether STEGO_DEVICE=cpu chose the addon. */
  onlyCpu: boolean
  /** Name of the package with the addon for CUDA, and whether it is installed. */
  package: { name: string; installed: boolean }
  /** Whether there is a libtorch for CUDA. */
  libtorch: boolean
  /** STEGO_LIBTORCH. */
  libtorchPath: string | undefined
  /** Why the addon for CUDA did not load; null if it did, or was not tried. */
  problem: string | null
  /** Whether there are signs of an NVIDIA driver. */
  driver: boolean
  /** CUDA_VISIBLE_DEVICES. */
  visible: string | undefined
}

/** Why a GPU cannot be used, as a clause, and what to do, as a sentence. */
interface Refusal {
  cause: string
  remedy: string
}

/** Kernels need the instructions of this compute capability, that of an A100. */
const LEAST_CAPABILITY = [8, 0] as const
/** The CUDA version that addons are built for, and the first driver that supports it. */
const CUDA = 13000
const DRIVER = 580
/** cudaErrorInsufficientDriver and cudaErrorNoDevice. */
const OLD_DRIVER = 35
const NO_DEVICE = 100

const NO_DRIVER: Refusal = {
  cause: 'there is no NVIDIA driver',
  remedy: `Install the driver, ${DRIVER} or later; start a container with --gpus all.`,
}

/**
 * Returns the device for what was asked. `auto` is the first GPU that fits, else the CPU, with the reason. Throws
 * `ERR_STEGO_DEVICE` with cause and remedy if a GPU was asked for that cannot be used.
 */
export function chooseDevice(asked: DeviceChoice, cuda: CudaDescription, facts: LoadingFacts): DeviceInUse {
  if (asked === 'cpu') return onCpu('as asked for')
  const refusal = refuse(asked, cuda, facts)
  if (refusal === null) {
    const index = asked.startsWith('cuda:') ? Number(asked.slice('cuda:'.length)) : firstFitting(cuda)
    const { name } = cuda.devices[index]!
    const reason = asked.startsWith('cuda:') ? 'as asked for' : 'the first GPU that fits'
    return { device: `cuda:${index}`, name, reason, remedy: null }
  }
  if (asked === 'auto') return onCpu(refusal.cause, refusal.remedy)
  throw new StegoError(
    'ERR_STEGO_DEVICE',
    `the device "${asked}" cannot be used: ${refusal.cause}. ${refusal.remedy} Device "cpu" works without.`,
  )
}

const onCpu = (reason: string, remedy: string | null = null): DeviceInUse => ({
  device: 'cpu',
  name: null,
  reason,
  remedy,
})

function refuse(asked: DeviceChoice, cuda: CudaDescription, facts: LoadingFacts): Refusal | null {
  if (!cuda.built) return notBuilt(asked, facts)
  return unusable(cuda, facts.visible) ?? unfit(asked, cuda)
}

/** The addon in use has no CUDA. */
function notBuilt(asked: DeviceChoice, facts: LoadingFacts): Refusal {
  const { platform, version, ownAddon, libtorchPath, problem } = facts
  if (platform !== 'linux-x64') {
    return {
      cause: `GPUs are supported on linux-x64, and this is ${platform}`,
      remedy: 'Use another machine.',
    }
  }
  // Whoever did not ask for a GPU, and has none, need not hear what else is missing.
  if (asked === 'auto' && !facts.driver) return NO_DRIVER
  if (problem !== null) {
    return {
      cause: `the addon for CUDA did not load (${problem})`,
      remedy: `Install it and libtorch again: \`npm install ${facts.package.name}@${version}\`, \`stego doctor --setup cuda\`.`,
    }
  }
  if (ownAddon !== null) {
    return {
      cause: `the addon ${ownAddon} was built without CUDA`,
      remedy: 'Build it with `STEGO_CUDA=on npm run build`.',
    }
  }
  if (facts.onlyCpu) {
    return {
      cause: 'STEGO_DEVICE=cpu has loaded the addon without CUDA',
      remedy: 'Unset it before the process starts.',
    }
  }
  if (!facts.package.installed) {
    return {
      cause: `the package ${facts.package.name} is not installed`,
      remedy: `Run \`npm install ${facts.package.name}@${version}\` and \`stego doctor --setup cuda\`.`,
    }
  }
  if (!facts.libtorch) {
    return libtorchPath === undefined
      ? { cause: 'libtorch for CUDA is not set up', remedy: 'Run `stego doctor --setup cuda`.' }
      : {
          cause: `STEGO_LIBTORCH=${libtorchPath} has no libtorch for CUDA`,
          remedy: 'Set it to one with libtorch_cuda, or unset it and run `stego doctor --setup cuda`.',
        }
  }
  return {
    cause: facts.driver
      ? 'this process has loaded the addon without CUDA before'
      : `${NO_DRIVER.cause}, and this process has loaded the addon without CUDA for that reason`,
    remedy: 'If there is a driver, set STEGO_DEVICE=cuda before the process starts.',
  }
}

/** CUDA offers no device at all. */
function unusable(
  { runtime, driver, error, message, devices }: CudaDescription,
  visible?: string,
): Refusal | null {
  const needed = Math.floor((runtime || CUDA) / 1000) * 1000
  if (error === OLD_DRIVER || (devices.length === 0 && driver < needed)) {
    if (driver === 0) return NO_DRIVER
    return {
      cause: `the NVIDIA driver supports CUDA ${versionText(driver)}, and ${versionText(needed)} is needed`,
      remedy: `Update the driver to ${DRIVER} or later.`,
    }
  }
  if (error !== 0 && error !== NO_DEVICE) {
    return {
      cause: `CUDA reports "${message}" (error ${error})`,
      remedy: 'Check what `nvidia-smi` says, and update or restart the driver.',
    }
  }
  if (devices.length > 0) return null
  return visible === undefined
    ? {
        cause: 'the NVIDIA driver is there, but no GPU is visible',
        remedy: 'Check what `nvidia-smi -L` lists; start a container with --gpus all.',
      }
    : {
        cause: `no GPU is visible: CUDA_VISIBLE_DEVICES="${visible}" hides them`,
        remedy: 'Unset it, or set it to the numbers that `nvidia-smi -L` lists.',
      }
}

/** There are devices, but not the one asked for, or none that is new enough. */
function unfit(asked: DeviceChoice, cuda: CudaDescription): Refusal | null {
  const { devices } = cuda
  const listed = devices.map(({ name }, index) => `cuda:${index} (${name})`).join(', ')
  if (asked.startsWith('cuda:')) {
    const index = Number(asked.slice('cuda:'.length))
    const device = devices[index]
    if (device && isNewEnough(device)) return null
    if (device) return tooOld(`${device.name} has`, [device])
    return {
      cause: `there ${devices.length === 1 ? 'is 1 GPU' : `are ${devices.length} GPUs`}: ${listed}`,
      remedy: 'Use one that is there.',
    }
  }
  if (firstFitting(cuda) >= 0) return null
  const [only, ...others] = devices
  return tooOld(others.length === 0 ? `${only!.name} has` : `${listed} have`, devices)
}

function tooOld(subject: string, devices: CudaDescription['devices']): Refusal {
  const found = devices.map(({ capability }) => capability.join('.')).join(', ')
  return {
    cause: `${subject} compute capability ${found}, and ${LEAST_CAPABILITY.join('.')} is needed`,
    remedy: 'Use a GPU of the Ampere generation (A100, RTX 30) or later.',
  }
}

const firstFitting = ({ devices }: CudaDescription) => devices.findIndex(isNewEnough)

function isNewEnough({ capability: [major, minor] }: CudaDescription['devices'][number]): boolean {
  return major > LEAST_CAPABILITY[0] || (major === LEAST_CAPABILITY[0] && minor >= LEAST_CAPABILITY[1])
}

/** `13.0` for 13000. */
export const versionText = (version: number) =>
  `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`
