/** Locates the `starter` weights. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { StegoError } from '../errors.js'
import { findPackage, ownPackage } from '../native/packages.js'

/** Name of the built-in backbone. */
export const STARTER = 'starter'

/** File name of the position map. */
export const STARTER_POSITION_MAP = 'starter-position-map.f32'

/**
 * Path of the starter weights, in `weights/` of a checkout or in `@stego/starter`, a dependency of the published package.
 * Throws `ERR_STEGO_BACKBONE` if they are missing.
 */
export function starterWeights(folder?: string): string {
  return starterFile('starter-vit-tiny8.safetensors', folder)
}

/**
 * Path of its position map, float32 [28, 28, 192], measured on 1,000 squares from as many mixed photos
 * (test/position/make-starter-map.ts).
 */
export function starterPositionMap(folder?: string): string {
  return starterFile(STARTER_POSITION_MAP, folder)
}

function starterFile(name: string, folder: string = ownPackage().folder): string {
  const places = [join(folder, 'weights'), findPackage('@stego/starter', folder)?.folder]
  const found = places.map((place) => place && join(place, name)).find((file) => file && existsSync(file))
  if (found) return found
  throw new StegoError(
    'ERR_STEGO_BACKBONE',
    'expected the starter weights in the package @stego/starter, a dependency of stego, but it is not installed. ' +
      'Reinstall stego, or use another backbone.',
  )
}
