/** All environment variables that this package reads. */
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { StegoError } from './errors.js'
import type { DeviceChoice } from './native/types/backbone.js'
import { brief } from './values.js'

type Environment = Record<string, string | undefined>

/**
 * `STEGO_THREADS`: threads of the native OpenMP team; undefined if unset or empty. Throws `ERR_STEGO_OPTION` if it is not
 * a positive integer.
 */
export function threadsFromEnv(): number | undefined {
  const text = process.env.STEGO_THREADS
  if (!text) return undefined
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `the environment variable STEGO_THREADS must be a positive integer, got "${brief(text)}". Correct it, or unset it.`,
  )
}

/** `STEGO_NATIVE_PATH`: the addon or its folder (lib/native/places.ts); undefined if unset or empty. */
export function nativePathFromEnv(): string | undefined {
  return process.env.STEGO_NATIVE_PATH || undefined
}

/**
 * `STEGO_PREBUILD`: the folder that node-gyp-build searches for the addon instead of this package; undefined if unset
 * or empty. node-gyp-build reads it itself, as it does `PREBUILDS_ONLY`.
 */
export function prebuildFolderFromEnv(): string | undefined {
  return process.env.STEGO_PREBUILD || undefined
}

/**
 * `STEGO_LIBTORCH`: a libtorch folder, or its lib folder, to use instead of the packaged one (lib/native/libtorch.ts)
 * and to build against in a checkout (scripts/libtorch.js); undefined if unset or empty.
 */
export function libtorchFromEnv(): string | undefined {
  return process.env.STEGO_LIBTORCH || undefined
}

/**
 * `STEGO_INSTRUCTIONS`: the widest instruction set that kernels may use, `portable`, `avx2` or `avx512`, or `operators`
 * for the form that other devices compute; undefined if unset or empty.
 */
export function instructionsFromEnv(): string | undefined {
  return process.env.STEGO_INSTRUCTIONS || undefined
}

const DEVICES = /^(auto|cpu|cuda(:(0|[1-9]\d*))?)$/

/** Whether a value names a device: `auto`, `cpu`, `cuda`, or `cuda:0` and so on. */
export const isDeviceChoice = (value: unknown): value is DeviceChoice =>
  typeof value === 'string' && DEVICES.test(value)

/**
 * `STEGO_DEVICE`: where models compute unless the option `device` says otherwise; undefined if unset or empty. Throws
 * `ERR_STEGO_OPTION` for other words.
 */
export function deviceFromEnv(): DeviceChoice | undefined {
  const text = process.env.STEGO_DEVICE
  if (!text) return undefined
  if (isDeviceChoice(text)) return text
  throw new StegoError(
    'ERR_STEGO_OPTION',
    'the environment variable STEGO_DEVICE must be auto, cpu, cuda, or cuda:0 and so on, got ' +
      `"${brief(text)}". Correct it, or unset it.`,
  )
}

/** `CUDA_VISIBLE_DEVICES`: the GPUs that CUDA lets this process see; undefined if unset, which is all. */
export function visibleDevicesFromEnv(): string | undefined {
  return process.env.CUDA_VISIBLE_DEVICES
}

/**
 * `STEGO_CACHE`: the folder for downloaded weights and libraries. If unset or empty: `$XDG_CACHE_HOME/stego` if that is an absolute
 * path, else the system's cache folder, such as `~/.cache/stego`; for users without a home
 * folder, a folder of theirs in the temporary folder.
 */
export function cacheFromEnv(env: Environment = process.env, platform = process.platform): string {
  if (env.STEGO_CACHE) return resolve(env.STEGO_CACHE)
  if (env.XDG_CACHE_HOME?.startsWith('/')) return join(env.XDG_CACHE_HOME, 'stego')
  const home = homeFolder()
  if (home === null) return join(tmpdir(), `stego-${process.getuid?.() ?? 'cache'}`)
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'stego')
  if (platform === 'win32') {
    return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'stego', 'Cache')
  }
  return join(home, '.cache', 'stego')
}

/** null without HOME and without an entry for the user, as in containers with an arbitrary user id. */
function homeFolder(): string | null {
  try {
    return homedir()
  } catch {
    return null
  }
}

/** `STEGO_MIRROR`: base URL for downloading published weights; undefined if unset or empty. */
export function mirrorFromEnv(): string | undefined {
  return process.env.STEGO_MIRROR || undefined
}

/**
 * `STEGO_CUDA_INDEX`: the Python package index from which `stego doctor --setup cuda` fetches libtorch and NVIDIA's
 * libraries; undefined if unset or empty.
 */
export function cudaIndexFromEnv(): string | undefined {
  return process.env.STEGO_CUDA_INDEX || undefined
}

/** `STEGO_OFFLINE`: whether downloads are disabled; `1`, or `0` or unset. Throws `ERR_STEGO_OPTION` for other words. */
export const offlineFromEnv = () => switchFromEnv('STEGO_OFFLINE')

/**
 * `STEGO_CUDA_GRAPHS`: whether small batches on a GPU are replayed as CUDA graphs; `1`, or `0` or unset. Throws
 * `ERR_STEGO_OPTION` for other words.
 */
export const graphsFromEnv = () => switchFromEnv('STEGO_CUDA_GRAPHS')

const NO = ['', '0', 'false', 'no', 'off']
const YES = ['1', 'true', 'yes', 'on']

function switchFromEnv(name: string): boolean {
  const text = process.env[name] ?? ''
  const word = text.trim().toLowerCase()
  if (NO.includes(word)) return false
  if (YES.includes(word)) return true
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `the environment variable ${name} must be 1 or 0, got "${brief(text)}". Correct it, or unset it.`,
  )
}

/** Standard proxy settings. */
export interface ProxySettings {
  /** Proxy for http:// addresses. */
  http?: string
  /** Proxy for https:// addresses; `http` if not set. */
  https?: string
  /** Hosts to reach without a proxy, separated by commas or spaces. */
  except?: string
}

/** `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`. Lowercase names take precedence, as in curl. */
export function proxiesFromEnv(env: Environment = process.env): ProxySettings {
  return {
    http: env.http_proxy || env.HTTP_PROXY || undefined,
    https: env.https_proxy || env.HTTPS_PROXY || undefined,
    except: env.no_proxy || env.NO_PROXY || undefined,
  }
}

const OF_INTEREST =
  /^(STEGO|OMP|GOMP|KMP|MKL|ATEN|DNNL|ONEDNN)_|^(https?|all|no)_proxy$|^(NODE_EXTRA_CA_CERTS|NODE_OPTIONS|XDG_CACHE_HOME|CUDA_VISIBLE_DEVICES|LD_LIBRARY_PATH|LD_PRELOAD|PREBUILDS_ONLY|DYLD_LIBRARY_PATH)$/i

/** Relevant environment variables by name, with credentials in URLs masked. */
export function variablesOfInterest(env: Environment = process.env): Record<string, string> {
  const found = Object.entries(env).filter(([name, value]) => value && OF_INTEREST.test(name))
  return Object.fromEntries(
    found
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]) => [name, masked(name, value!)]),
  )
}

function masked(name: string, value: string): string {
  if (/proxy$/i.test(name) && !value.includes('://')) return value.replace(/^\S*@/, '***@')
  return value.replace(/:\/\/\S*@/g, '://***@').replace(/(:\/\/[^\s?]*\?)\S*/g, '$1***')
}
