/** The packages that make up an installation. */
import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import {
  addonPackage,
  findPackage,
  type InstalledPackage,
  libtorchPackage,
  readPackage,
} from '../native/packages.js'
import type { Request } from '../native/places.js'
import { starterWeights } from '../weights/starter.js'
import type { DoctorReport, PackageReport } from './report.js'

/** `stego`, its platform packages and the image library, installed or not. */
export function describePackages({ stego, platform, arch }: Request): PackageReport[] {
  const { manifest, folder } = stego
  const pins = { ...manifest.dependencies, ...manifest.optionalDependencies }
  const addon = addonPackage(platform, arch)
  const holder = findPackage(addon, folder)?.folder ?? folder
  const report = (name: string, from: string, expected: string | null): PackageReport => {
    const found = findPackage(name, from) ?? findByEntry(name, from)
    return { name, version: found?.manifest.version ?? null, folder: found?.folder ?? null, expected }
  }
  return [
    { name: manifest.name, version: manifest.version, folder: resolve(folder), expected: null },
    report(addon, folder, pins[addon] ?? null),
    report(libtorchPackage(platform, arch), holder, manifest.libtorch ?? null),
    report('@stego/starter', folder, pins['@stego/starter'] ?? null),
    report('sharp', folder, null),
  ]
}

/** Finds a package that does not export its package.json, by searching upward from its entry point. */
function findByEntry(name: string, from: string): InstalledPackage | null {
  try {
    let folder = dirname(createRequire(join(from, 'package.json')).resolve(name))
    while (dirname(folder) !== folder) {
      const found = packageIn(folder)
      if (found?.manifest.name === name) return found
      folder = dirname(folder)
    }
  } catch {}
  return null
}

function packageIn(folder: string): InstalledPackage | null {
  try {
    return readPackage(folder)
  } catch {
    return null
  }
}

/** The starter weights, or null if they are missing. */
export function describeStarter({ stego }: Request): DoctorReport['starter'] {
  try {
    const file = starterWeights(stego.folder)
    return { file, bytes: statSync(file).size }
  } catch {
    return null
  }
}
