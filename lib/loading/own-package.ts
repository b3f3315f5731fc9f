/** The package `stego` itself, as it lies on disk. */
import { fileURLToPath } from 'node:url'
import { StegoError } from '../errors.js'
import { type InstalledPackage, readPackage } from './packages.js'

/**
 * The folder and the manifest of this package. Throws `ERR_STEGO_ADDON` where its code no longer lies in it: a bundler
 * has copied it elsewhere, and neither the addon nor the weights can be found from there.
 */
export function ownPackage(): InstalledPackage {
  try {
    const found = readPackage(fileURLToPath(new URL('../..', import.meta.url)))
    if (found.manifest.name === 'stego') return found
  } catch {
    // No file, or in a bundle of CommonJS no address of this code: as telling as another package's manifest.
  }
  throw new StegoError(
    'ERR_STEGO_ADDON',
    'expected the code of stego inside its own package, but it is not: a bundler has copied it elsewhere. ' +
      "Leave stego out of the bundle: esbuild --external:stego, webpack externals: ['stego'], " +
      "Next.js serverExternalPackages: ['stego'], and install it where the program runs.",
  )
}
