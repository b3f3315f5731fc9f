/** Where the weights of the `starter` backbone lie. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { StegoError } from '../errors.js'
import { ownPackage } from '../loading/own-package.js'
import { findPackage } from '../loading/packages.js'

const FILE = 'starter-vit-tiny8.safetensors'

/**
 * The file in a checkout's `weights/`, or else in `@stego/starter`, a dependency of the published package. Throws
 * `ERR_STEGO_BACKBONE` where neither is there.
 */
export function starterWeights(folder: string = ownPackage().folder): string {
  const places = [join(folder, 'weights'), findPackage('@stego/starter', folder)?.folder]
  const found = places.map((place) => place && join(place, FILE)).find((file) => file && existsSync(file))
  if (found) return found
  throw new StegoError(
    'ERR_STEGO_BACKBONE',
    'expected the starter weights in the package @stego/starter, a dependency of stego, but it is not installed. ' +
      'Install stego again, or name another backbone.',
  )
}
