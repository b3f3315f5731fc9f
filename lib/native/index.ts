/**
 * The only entry point to the native addon. It loads the addon on first use (load.ts) and converts its errors to
 * `StegoError`s.
 */
import { onAbort } from '../abort.js'
import {
  cacheFromEnv,
  deviceFromEnv,
  graphsFromEnv,
  instructionsFromEnv,
  libtorchFromEnv,
  nativePathFromEnv,
  visibleDevicesFromEnv,
} from '../env.js'
import { StegoError, type StegoErrorCode } from '../errors.js'
import { cudaParts } from './cuda.js'
import { chooseDevice, type DeviceInUse, type LoadingFacts } from './device.js'
import { describeDeviceMemory } from './device-memory.js'
import { type LoadedAfter, loadAddon } from './load.js'
import { cudaPackage, ownPackage } from './packages.js'
import type { Request } from './places.js'
import { ofThisRealm } from './realm.js'
import { defaultThreads } from './threads.js'
import type { Addon } from './types/addon.js'
import type { DeviceChoice } from './types/backbone.js'
import type { CudaDescription } from './types/machine.js'
import type { CancelToken } from './types/values.js'

export type { DeviceInUse } from './device.js'
export type * from './types/addon.js'
export type * from './types/backbone.js'
export type * from './types/crf.js'
export type * from './types/features.js'
export type * from './types/machine.js'
export type * from './types/network.js'
export type * from './types/pair-scores.js'
export type * from './types/tensors.js'
export type * from './types/training.js'
export type * from './types/values.js'

/**
 * The request for this process.
 * @param device what the first call asks for; only a GPU matters, `STEGO_DEVICE` says the rest
 */
export function addonRequest(device?: DeviceChoice): Request {
  const given = deviceFromEnv()
  return {
    stego: ownPackage(),
    platform: process.platform,
    arch: process.arch,
    nativePath: nativePathFromEnv(),
    libtorch: libtorchFromEnv(),
    instructions: instructionsFromEnv(),
    device: device?.startsWith('cuda') ? device : given,
    cache: cacheFromEnv(),
  }
}

let loaded: (LoadedAfter & { request: Request }) | undefined

/** Returns the addon, loading it on first use. */
export function addon(): Addon {
  return loadedAddon().addon
}

function loadedAddon(device?: DeviceChoice): LoadedAfter & { request: Request } {
  if (!loaded) {
    const graphs = graphsFromEnv()
    const request = addonRequest(device)
    loaded = { ...loadAddon(request), request }
    loaded.addon.configure({ threads: defaultThreads() })
    loaded.addon.useGraphs(graphs)
  }
  return loaded
}

const NO_CUDA: CudaDescription = { built: false, runtime: 0, driver: 0, error: 0, message: '', devices: [] }

/**
 * Returns the device to compute on.
 * @param asked the option `device`. Default: `STEGO_DEVICE`, or `auto`
 *
 * Throws `ERR_STEGO_DEVICE` if a GPU is asked for that cannot be used.
 */
export function useDevice(asked: DeviceChoice = deviceFromEnv() ?? 'auto'): DeviceInUse {
  const how = loadedAddon(asked)
  // Asking for GPUs starts CUDA.
  const cuda = asked === 'cpu' ? NO_CUDA : checked((native) => native.describeCuda())
  return chooseDevice(asked, cuda, loadingFacts(how))
}

function loadingFacts({ place, attempts, request }: LoadedAfter & { request: Request }): LoadingFacts {
  const { stego, platform, arch } = request
  const name = cudaPackage(platform, arch)
  const parts = cudaParts(request)
  return {
    platform: `${platform}-${arch}`,
    version: stego.manifest.version,
    ownAddon: place.from ? null : place.file,
    onlyCpu: request.device === 'cpu',
    package: { name, installed: parts?.addon != null },
    libtorch: parts?.libtorch != null,
    libtorchPath: request.libtorch,
    problem: attempts.find(({ place }) => place.startsWith(`the package ${name}`))?.problem ?? null,
    driver: parts?.driver ?? false,
    visible: visibleDevicesFromEnv(),
  }
}

function toStegoError(error: unknown): unknown {
  // Native errors belong to the realm in which the addon was loaded, which may not be this one.
  if (error instanceof StegoError) return error
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  if (typeof code !== 'string' || !code.startsWith('ERR_STEGO_')) return error
  const text = code === 'ERR_STEGO_DEVICE_MEMORY' ? describeDeviceMemory(String(message)) : String(message)
  return new StegoError(code as StegoErrorCode, text)
}

/** Runs a synchronous addon call, converting its errors to `StegoError`s on the caller's stack. */
export function checked<T>(call: (native: Addon) => T): T {
  try {
    return ofThisRealm(call(addon()))
  } catch (error) {
    throw toStegoError(error)
  }
}

/**
 * Runs an addon job, converting its errors to `StegoError`s on the caller's stack. When `signal` aborts, the job is
 * canceled and the promise rejects with the signal's reason.
 */
export async function job<T>(
  call: (native: Addon, cancel: CancelToken) => Promise<T>,
  signal?: AbortSignal | null,
): Promise<T> {
  signal?.throwIfAborted()
  const native = addon()
  const cancel = new native.CancelToken()
  const forget = onAbort(signal, () => cancel.cancel())
  try {
    return ofThisRealm(await call(native, cancel))
  } catch (error) {
    if (signal?.aborted && (error as { code?: unknown }).code === 'ERR_STEGO_CANCELLED') throw signal.reason
    throw toStegoError(error)
  } finally {
    forget()
  }
}
