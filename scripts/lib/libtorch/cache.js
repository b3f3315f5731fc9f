/** Inspects libtorch folders, and keeps a user cache of them, in which a folder appears complete or not at all. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { run } from '../process.js'

/** The package's cache folder, by the platform's convention. */
export function cacheRoot(env, platform) {
  const home = env.HOME || os.homedir()
  if (platform === 'win32') return path.join(env.LOCALAPPDATA || path.join(home, 'AppData', 'Local'), 'stego')
  if (platform === 'darwin') return path.join(home, 'Library', 'Caches', 'stego')
  return path.join(env.XDG_CACHE_HOME || path.join(home, '.cache'), 'stego')
}

export const cachedFolder = ({ version, env, platform, arch }) =>
  path.join(cacheRoot(env, platform), `libtorch-${version}-cpu-${platform}-${arch}`)

const TEMPORARY = 'unfinished-'
const DAY = 24 * 3600 * 1000

/**
 * Runs `work` with a folder next to the cached ones, so that its contents can be renamed into place; then removes it.
 */
export async function withTemporaryFolder({ env, platform }, work) {
  const cache = cacheRoot(env, platform)
  mkdirSync(cache, { recursive: true })
  removeAbandoned(cache)
  const folder = mkdtempSync(path.join(cache, TEMPORARY))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Removes folders of interrupted downloads; after a day, nobody is using them anymore. */
function removeAbandoned(cache) {
  for (const name of readdirSync(cache).filter((name) => name.startsWith(TEMPORARY))) {
    const folder = path.join(cache, name)
    const written = statSync(folder, { throwIfNoEntry: false })?.mtimeMs
    if (written < Date.now() - DAY) rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Unpacks libtorch from a wheel or an official archive (its files are below `top`) into the cache and returns the
 * cached folder. `temporary` is a folder from `withTemporaryFolder`.
 */
export async function unpackIntoCache(archive, top, temporary, request) {
  const { version, env, platform } = request
  const parts = ['lib', 'include', 'share/cmake'].map((part) => `${top}/${part}`)
  const result = await run('cmake', ['-E', 'tar', 'xf', archive, ...parts], { cwd: temporary, env })
  if (!result.ok) throw new Error(`${path.basename(archive)} cannot be unpacked (${result.reason})`)
  const unpacked = path.join(temporary, top)
  const found = inspectFolder(unpacked, platform)
  if (found.missing.length > 0) throw new Error(`${path.basename(archive)} lacks ${found.missing.join(', ')}`)
  if (found.cuda) throw new Error(`${path.basename(archive)} is a CUDA build, a CPU build was expected`)
  if (found.version !== version) {
    throw new Error(`${path.basename(archive)} holds libtorch ${found.version}, ${version} was expected`)
  }
  return moveInto(unpacked, cachedFolder(request), platform)
}

function moveInto(unpacked, target, platform) {
  // If another build has put the same thing there in the meantime, use that one.
  if (inspectFolder(target, platform).missing.length > 0) {
    rmSync(target, { recursive: true, force: true })
    renameSync(unpacked, target)
  }
  return target
}

const LIBRARIES = {
  linux: (name) => `lib/lib${name}.so`,
  darwin: (name) => `lib/lib${name}.dylib`,
  win32: (name) => `lib/${name}.lib`,
}

const VERSION_HEADERS = [
  'include/torch/headeronly/version.h',
  'include/torch/csrc/api/include/torch/version.h',
]

/**
 * Inspects a folder: `missing` lists the parts a build needs that are not there, `version` is the version in its
 * headers (null if they do not say), `cuda` is true for a CUDA build.
 */
export function inspectFolder(folder, platform = process.platform) {
  const library = LIBRARIES[platform] ?? LIBRARIES.linux
  const has = (part) => existsSync(path.join(folder, part))
  const needed = [
    library('torch_cpu'),
    library('c10'),
    'include/ATen/ATen.h',
    'include/torch/csrc/api/include',
  ]
  return {
    missing: needed.filter((part) => !has(part)),
    version: versionOf(VERSION_HEADERS.map((header) => path.join(folder, header)).find(existsSync)),
    cuda: has(library('torch_cuda')),
  }
}

/** Says what is wrong with a folder that lacks the `missing` parts. */
export const describeLack = (folder, missing) =>
  existsSync(folder) ? `${folder} lacks ${missing.join(', ')}` : `${folder} does not exist`

function versionOf(header) {
  if (!header) return null
  const text = readFileSync(header, 'utf8')
  const numbers = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => new RegExp(`#define TORCH_VERSION_${part} +(\\d+)`).exec(text)?.[1],
  )
  return numbers.includes(undefined) ? null : numbers.join('.')
}
