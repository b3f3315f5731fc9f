/**
 * The only entry point to the native addon. It loads the addon on first use (load.ts) and converts its errors to
 * `StegoError`s.
 */
import { onAbort } from '../abort.js'
import { instructionsFromEnv, libtorchFromEnv, nativePathFromEnv } from '../env.js'
import { StegoError, type StegoErrorCode } from '../errors.js'
import { loadAddon } from './load.js'
import { ownPackage } from './packages.js'
import type { Request } from './places.js'
import { ofThisRealm } from './realm.js'
import { defaultThreads } from './threads.js'
import type { Addon } from './types/addon.js'
import type { CancelToken } from './types/values.js'

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

/** The request for this process. */
export function addonRequest(): Request {
  return {
    stego: ownPackage(),
    platform: process.platform,
    arch: process.arch,
    nativePath: nativePathFromEnv(),
    libtorch: libtorchFromEnv(),
    instructions: instructionsFromEnv(),
  }
}

let loaded: Addon | undefined

/** Returns the addon, loading it on first use. */
export function addon(): Addon {
  if (!loaded) {
    loaded = loadAddon(addonRequest()).addon
    loaded.configure({ threads: defaultThreads() })
  }
  return loaded
}

function toStegoError(error: unknown): unknown {
  // Native errors belong to the realm in which the addon was loaded, which may not be this one.
  if (error instanceof StegoError) return error
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  if (typeof code !== 'string' || !code.startsWith('ERR_STEGO_')) return error
  return new StegoError(code as StegoErrorCode, String(message))
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
