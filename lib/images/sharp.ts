/**
 * sharp, which reads and writes images, loaded when it is first needed: it takes 45 ms, and its own binaries are
 * optional packages that may be missing.
 */
import { createRequire } from 'node:module'
import type loadedSharp from 'sharp'
import type { Sharp, SharpInput, SharpOptions } from 'sharp'
import { StegoError } from '../errors.js'
import { firstLine } from '../native/libtorch.js'

let loaded: typeof loadedSharp | undefined

/** As `sharp()`. Throws `ERR_STEGO_ADDON` where it cannot be loaded. */
export function sharp(...given: [SharpOptions?] | [SharpInput, SharpOptions?]): Sharp {
  loaded ??= load()
  return loaded(...(given as [SharpInput]))
}

function load(): typeof loadedSharp {
  try {
    const found: typeof loadedSharp = createRequire(import.meta.url)('sharp')
    found.concurrency(1) // it must not compete with the native team for cores
    return found
  } catch (cause) {
    throw new StegoError(
      'ERR_STEGO_ADDON',
      `sharp, which reads and writes images, cannot be loaded: ${firstLine(cause)}. Install it with its optional ` +
        'dependencies: without --omit=optional or --no-optional.',
      { cause },
    )
  }
}
