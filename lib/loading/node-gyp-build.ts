/** The library node-gyp-build, which finds the addon in a folder that was built or filled by prebuildify. */
import { createRequire } from 'node:module'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { prebuildFolderFromEnv } from '../env.js'

/** The part of node-gyp-build that is used. */
interface NodeGypBuild {
  /** The addon of a folder; throws where there is none. */
  resolve(folder: string): string
}

/** An addon, and whether a build left it in `build/`; otherwise it lies in `prebuilds/<platform>-<arch>/`. */
export interface FoundAddon {
  file: string
  local: boolean
}

/** What node-gyp-build takes in a folder, a build before what is prebuilt; null where there is nothing for this process. */
export function findAddon(folder: string): FoundAddon | null {
  const found = ask(folder)
  // Failing all else it looks beside Node's program, where the addons of any package may lie.
  const roots = [folder, prebuildFolderFromEnv()].filter((root) => root !== undefined)
  const root = roots.map((root) => resolve(root)).find((root) => found !== null && holds(root, found))
  if (found === null || root === undefined) return null
  return { file: found, local: relative(root, found).startsWith(`build${sep}`) }
}

function ask(folder: string): string | null {
  // Loaded here: where a bundler has moved this code, ownPackage() has said so before.
  const library = createRequire(import.meta.url)('node-gyp-build/node-gyp-build.js') as NodeGypBuild
  try {
    return library.resolve(folder)
  } catch {
    return null
  }
}

function holds(folder: string, file: string): boolean {
  const path = relative(folder, file)
  return !path.startsWith('..') && !isAbsolute(path)
}
