/** Transforms of this package's pictures, and their check against the backbone's patch. */
import { StegoError } from '../errors.js'
import type { Transform } from '../native/index.js'

/**
 * Patches of a picture beyond which it is computed in parts: four times those of a 2:1 picture at 320 pixels and patch 8.
 */
export const MAX_PATCHES = 12_800

/**
 * A transform to `resolution`.
 * Throws `ERR_STEGO_SIZE` where the resolution is no multiple of the patch.
 */
export function createTransform(resolution: number, fit: Transform['fit'], patch: number): Transform {
  if (resolution % patch !== 0) {
    const below = Math.max(patch, resolution - (resolution % patch))
    const nearest = resolution - below <= below + patch - resolution ? below : below + patch
    throw new StegoError(
      'ERR_STEGO_SIZE',
      `expected a resolution that is a multiple of the backbone's patch of ${patch}, got ${resolution}. ` +
        `Use ${nearest}.`,
    )
  }
  return { resolution, fit, multiple: patch }
}
