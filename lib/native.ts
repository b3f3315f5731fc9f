/**
 * The one door to the native addon: finds it, loads it, and turns its errors into `StegoError`s.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Addon } from './addon/addon.js'
import type { CancelToken } from './addon/values.js'
import { StegoError, type StegoErrorCode } from './errors.js'
import { defaultThreads } from './threads.js'

export type * from './addon/addon.js'
export type * from './addon/crf.js'
export type * from './addon/features.js'
export type * from './addon/pair-scores.js'
export type * from './addon/values.js'
export type * from './addon/weights.js'

const packageRoot = fileURLToPath(new URL('..', import.meta.url))

function loadAddon(): Addon {
  const path = `${packageRoot}build/Release/stego.node`
  if (!existsSync(path)) {
    throw new StegoError(
      'ERR_STEGO_ADDON',
      `Expected the native addon at ${path}, but it has not been built. Run \`npm run build\` in the package's folder.`,
    )
  }
  try {
    return createRequire(import.meta.url)(path) as Addon
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw new StegoError(
      'ERR_STEGO_ADDON',
      `The native addon at ${path} cannot be loaded: ${reason}. Build it again on this machine with \`npm run build\`.`,
      { cause },
    )
  }
}

let loaded: Addon | undefined

/** The addon, loaded at first use: importing the package costs nothing. */
export function addon(): Addon {
  if (!loaded) {
    loaded = loadAddon()
    loaded.configure({ threads: defaultThreads() })
  }
  return loaded
}

function toStegoError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StegoError) return error
  const code = (error as { code?: unknown }).code
  if (typeof code !== 'string' || !code.startsWith('ERR_STEGO_')) return error
  return new StegoError(code as StegoErrorCode, error.message)
}

/** Runs a synchronous call of the addon; what it throws becomes a `StegoError` on this stack. */
export function checked<T>(call: (native: Addon) => T): T {
  try {
    return call(addon())
  } catch (error) {
    throw toStegoError(error)
  }
}

/**
 * Runs a job of the addon. Its errors become `StegoError`s on the caller's stack; when `signal` aborts, the job is
 * cancelled and the promise rejects with the signal's reason.
 */
export async function job<T>(
  call: (native: Addon, cancel: CancelToken) => Promise<T>,
  signal?: AbortSignal | null,
): Promise<T> {
  signal?.throwIfAborted()
  const native = addon()
  const cancel = new native.CancelToken()
  const abort = () => cancel.cancel()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await call(native, cancel)
  } catch (error) {
    if (signal?.aborted && (error as { code?: unknown }).code === 'ERR_STEGO_CANCELLED') throw signal.reason
    throw toStegoError(error)
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}
