/** What a folder that may hold libtorch really holds. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

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
 * Looks into a folder: `missing` lists the parts a build needs that are not there, `version` is the version its
 * headers give (null when they do not say), `cuda` tells a build for CUDA.
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

/** Says what is wrong with a folder whose `missing` parts are needed. */
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
