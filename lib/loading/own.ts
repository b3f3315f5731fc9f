/** A libtorch of the user's own: an unpacked download, the torch folder of a Python environment, a package of ours. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { StegoError } from '../errors.js'
import type { Libtorch } from './libtorch.js'

/** Libraries in the order in which they need each other; without one of OpenMP the system's is used. */
const LIBRARIES: Record<string, { openmp: RegExp; needed: string[] }> = {
  linux: { openmp: /^libgomp\b.*\.so(\.1)?$/, needed: ['libc10.so', 'libtorch_cpu.so'] },
  darwin: { openmp: /^libi?omp5?\.dylib$/, needed: ['libc10.dylib', 'libtorch_cpu.dylib'] },
  win32: { openmp: /^libiomp5md\.dll$/, needed: ['c10.dll', 'torch_cpu.dll'] },
}

/** Files that tell the version, in the folder above `lib`, and how. */
const VERSIONS: [file: string, pattern: RegExp][] = [
  ['include/torch/headeronly/version.h', /#define TORCH_VERSION\s[^"]*"([\d.]+)/],
  ['include/torch/csrc/api/include/torch/version.h', /#define TORCH_VERSION\s[^"]*"([\d.]+)/],
  ['build-version', /^([\d.]+)/],
  ['version.py', /__version__ = '([\d.]+)/],
  ['package.json', /"version": *"([\d.]+)/],
]

/**
 * The libtorch in `folder` or in its `lib`. Throws `ERR_STEGO_ADDON` where there is none; what it is beyond the names of
 * its files, openLibtorch() finds out.
 */
export function ownLibtorch(folder: string, platform: string): Libtorch {
  const top = resolve(folder)
  const { openmp, needed } = LIBRARIES[platform] ?? LIBRARIES.linux!
  const holds = (place: string) => needed.every((library) => existsSync(join(place, library)))
  const lib = [join(top, 'lib'), top].find(holds)
  if (!lib) {
    throw new StegoError(
      'ERR_STEGO_ADDON',
      `STEGO_LIBTORCH=${folder} holds no libtorch: expected ${needed.join(' and ')} in it or in its lib folder, ` +
        `${existsSync(top) ? 'found them in neither' : 'but it does not exist'}. Set it to an unpacked libtorch or to the ` +
        "torch folder of a Python environment, or unset it: then the package's is used.",
    )
  }
  const others = readdirSync(lib).filter((name) => openmp.test(name))
  return {
    source: 'own',
    folder: top,
    version: versionOf(lib === top ? dirname(top) : top),
    libraries: [...others, ...needed].map((library) => join(lib, library)),
  }
}

/** Whether two versions agree in all but the last number: between others the C++ interface changes. */
export function sameSeries(one: string, other: string): boolean {
  const series = (version: string) => version.split('.').slice(0, 2).join('.')
  return series(one) === series(other)
}

function versionOf(folder: string): string | null {
  for (const [file, pattern] of VERSIONS) {
    const path = join(folder, file)
    const found = existsSync(path) && pattern.exec(readFileSync(path, 'utf8'))
    if (found) return found[1]!
  }
  return null
}
