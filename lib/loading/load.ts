/** Finds and loads the addon that fits this machine and this version of the package. */
import { createRequire } from 'node:module'
import type { Addon } from '../addon/addon.js'
import { StegoError } from '../errors.js'
import { type Attempt, explain } from './explain.js'
import { type Host, thisHost } from './host.js'
import { firstLine, openLibtorch } from './libtorch.js'
import { type Place, places, type Request } from './places.js'

/**
 * Loads the addon from the first place where one fits. Throws `ERR_STEGO_ADDON` where none does, with the machine, what
 * was tried, and what mends it. `host` is what the error says of the machine.
 */
export function loadAddon(request: Request, host: () => Host = thisHost): Addon {
  const attempts: Attempt[] = []
  for (const place of places(request)) {
    const result = tryPlace(place, request)
    if (!('problem' in result)) return result
    attempts.push(result)
  }
  throw new StegoError('ERR_STEGO_ADDON', explain({ host: host(), attempts, request }))
}

function tryPlace(place: Place, request: Request): Addon | Attempt {
  const { name, file, from, packaged } = place
  const failed = (kind: Attempt['kind'], problem: string): Attempt => ({ place: name, kind, problem })
  const { version } = request.stego.manifest
  if (file === null) return failed('absent', 'not there')
  if (from && from.manifest.version !== version) {
    return failed('version', `it is ${from.manifest.version}, stego is ${version}`)
  }
  const libtorch = packaged ? openLibtorch(file, request) : { found: true }
  if (libtorch.problem) return failed(libtorch.otherVersion ? 'version' : 'broken', libtorch.problem)
  try {
    const addon = createRequire(file)(file) as Addon
    if (addon.version === version) return addon
    return failed('version', `it is ${addon.version ?? 'of an unknown version'}, stego is ${version}`)
  } catch (cause) {
    return failed(libtorch.found ? 'broken' : 'no libtorch', firstLine(cause))
  }
}
