/** The library node-gyp-build, which finds the addon in a folder that was built or filled by prebuildify. */
import { createRequire } from 'node:module'
import { relative } from 'node:path'
import type { Libc } from './libc.js'

/** The part of node-gyp-build that is used. */
interface NodeGypBuild {
  /** The addon of a folder; throws where there is none. */
  resolve(folder: string): string
}

/** `local`: what a build left in `build/`; `prebuilt`: what is in `prebuilds/<platform>-<arch>/`. */
export type Kind = 'local' | 'prebuilt'

/** What the addon has to fit. */
export interface Target {
  platform: string
  arch: string
  libc: Libc
}

const LIBRARY = 'node-gyp-build/node-gyp-build.js'

/** The addon of this kind in a folder, of prebuilt ones that whose tags fit; null where there is none. */
export function findAddon(folder: string, kind: Kind, target: Target): string | null {
  const settings = {
    PREBUILDS_ONLY: kind === 'prebuilt' ? '1' : undefined,
    LIBC: target.libc, // by itself it takes every system but Alpine for one on glibc
    npm_config_platform: target.platform,
    npm_config_arch: target.arch,
    STEGO_PREBUILD: undefined, // is the folder already, where the user names it
  }
  const file = withSettings(settings, () => resolved(folder))
  // Failing that, node-gyp-build looks beside Node's program, where the addons of any package may lie.
  const wanted = kind === 'local' ? /^build[\\/]/ : /^prebuilds[\\/]/
  return file !== null && wanted.test(relative(folder, file)) ? file : null
}

/** Asks a node-gyp-build of its own: it reads its settings once, when it is loaded. */
function resolved(folder: string): string | null {
  const require = createRequire(import.meta.url)
  const path = require.resolve(LIBRARY)
  const shared = require.cache[path]
  delete require.cache[path]
  try {
    return (require(path) as NodeGypBuild).resolve(folder)
  } catch {
    return null
  } finally {
    delete require.cache[path]
    if (shared) require.cache[path] = shared
  }
}

/** Runs with other environment variables, which nothing but this process's JavaScript sees. */
function withSettings<T>(settings: Record<string, string | undefined>, call: () => T): T {
  const { env } = process
  process.env = { ...env, ...settings }
  try {
    return call()
  } finally {
    process.env = env
  }
}
