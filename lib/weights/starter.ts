/** Where the weights of the `starter` backbone lie. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StegoError } from '../errors.js'
import { findPackage } from '../loading/packages.js'

const FILE = 'starter-vit-tiny8.safetensors'
const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * The file in a checkout's `weights/`, or else in `@stego/starter`, a dependency of the published package. Throws
 * `ERR_STEGO_BACKBONE` where neither is there.
 */
export function starterWeights(folder: string = root): string {
  const places = [join(folder, 'weights'), findPackage('@stego/starter', folder)?.folder]
  const found = places.map((place) => place && join(place, FILE)).find((file) => file && existsSync(file))
  if (found) return found
  throw new StegoError(
    'ERR_STEGO_BACKBONE',
    'expected the starter weights in the package @stego/starter, a dependency of stego, but it is not installed. ' +
      'Install stego again, or name another backbone.',
  )
}
