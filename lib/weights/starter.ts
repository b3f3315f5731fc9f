/** Where the weights of the `starter` backbone lie. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { StegoError } from '../errors.js'
import { findPackage, ownPackage } from '../native/packages.js'

/** Its file with the position map. */
export const STARTER_POSITION_MAP = 'starter-position-map.f32'

/**
 * The starter's weights, in a checkout's `weights/`, or else in `@stego/starter`, a dependency of the published package.
 * Throws `ERR_STEGO_BACKBONE` where neither is there.
 */
export function starterWeights(folder?: string): string {
  return starterFile('starter-vit-tiny8.safetensors', folder)
}

/**
 * Its position map, float32 [28, 28, 192], measured on 1,000 squares of as many mixed photographs
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
      'Install stego again, or name another backbone.',
  )
}
