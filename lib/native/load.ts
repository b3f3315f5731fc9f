/** Finds and loads the addon that fits this machine and this version of the package. */
import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { StegoError } from '../errors.js'
import { type Attempt, explain } from './explain.js'
import { type Host, openLibraries, thisHost } from './host.js'
import {
  brokenLibrary,
  firstLine,
  type Libtorch,
  openLibtorch,
  ownLibtorch,
  packageLibtorch,
  sameSeries,
} from './libtorch.js'
import { type Place, places, type Request } from './places.js'
import type { Addon } from './types/addon.js'
import type { InstructionSet } from './types/values.js'

const INSTRUCTION_SETS: InstructionSet[] = ['portable', 'avx2', 'avx512']

/** The addon that is used. */
export interface Loaded {
  addon: Addon
  place: Place
  /** The libtorch that was opened before it; null where its own search found one (its rpath). */
  libtorch: Libtorch | null
}

/** What trying the places led to. */
export interface Loading {
  /** Places that were tried in vain. */
  attempts: Attempt[]
  /** null where none fits. */
  loaded: Loaded | null
}

/**
 * Loads the addon from the first place where one fits. Throws `ERR_STEGO_ADDON` where none does, with the machine, what
 * was tried, and what mends it. `host` is what the error says of the machine.
 */
export function loadAddon(request: Request, host: () => Host = thisHost): Loaded {
  const { attempts, loaded } = tryPlaces(request)
  return loaded ?? fail(request, attempts, host())
}

/**
 * Tries the places one after another. Throws `ERR_STEGO_ADDON` where the own libtorch of `request` is none,
 * `ERR_STEGO_OPTION` where its instructions are.
 */
export function tryPlaces(request: Request): Loading {
  const { libtorch, platform } = request
  const limit = instructionLimit(request)
  const own = libtorch === undefined ? null : ownLibtorch(libtorch, platform)
  const attempts: Attempt[] = []
  for (const place of places(request)) {
    const result = tryPlace(place, own, limit, request)
    if ('addon' in result) return { attempts, loaded: result }
    attempts.push(result)
  }
  return { attempts, loaded: null }
}

/** The limit that the request names. Throws `ERR_STEGO_OPTION` where it is none. */
function instructionLimit({ instructions }: Request): InstructionSet | null {
  if (instructions === undefined) return null
  const known = INSTRUCTION_SETS.find((name) => name === instructions)
  if (known) return known
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `STEGO_INSTRUCTIONS=${instructions} is no instruction set: expected ${INSTRUCTION_SETS.join(', ')}, or no such ` +
      'variable, which takes all that the processor has.',
  )
}

function tryPlace(
  place: Place,
  own: Libtorch | null,
  limit: InstructionSet | null,
  request: Request,
): Loaded | Attempt {
  const { name, file, from, packaged } = place
  const failed = (kind: Attempt['kind'], problem: string): Attempt => ({ place: name, kind, problem })
  const { version } = request.stego.manifest
  if (from && from.manifest.version !== version) {
    return failed('version', `it is ${from.manifest.version}, stego is ${version}`)
  }
  if (file === null) {
    const { platform, arch } = request
    return from
      ? failed('broken', `no addon in ${join(from.folder, 'prebuilds', `${platform}-${arch}`)} fits`)
      : failed('absent', 'not there')
  }
  const libtorch = own ?? (packaged ? packageLibtorch(file, request) : null)
  const unopened = libtorch && openLibtorch(libtorch, file, request)
  if (unopened) return failed(unopened.kind, unopened.problem)
  const broken = brokenLibrary(file)
  if (broken) return failed(packaged && !libtorch ? 'no libtorch' : 'broken', broken)
  try {
    const addon = createRequire(file)(file) as Addon
    if (addon.version !== version) {
      return failed('version', `it is ${addon.version ?? 'of an unknown version'}, stego is ${version}`)
    }
    if (limit) addon.limitInstructions(limit)
    const other = own && otherLibtorch(own, addon)
    return other ? failed('own libtorch', other) : { addon, place, libtorch }
  } catch (cause) {
    return failed(packaged && !libtorch ? 'no libtorch' : 'broken', firstLine(cause))
  }
}

/** What is wrong with an own libtorch once the addon is there: another is used, or it is not what its folder says. */
function otherLibtorch({ folder, libraries }: Libtorch, addon: Addon): string | null {
  const own = libraries.map((library) => realpathSync(library))
  const used = openLibraries().find((path) => path.includes('torch_cpu') && !own.includes(realpathSync(path)))
  if (used) return `it uses another libtorch, ${used}`
  const { running, built } = addon.describeMachine().libtorch
  return sameSeries(running, built)
    ? null
    : `the libraries in ${folder} are those of libtorch ${running}, it is built on ${built}`
}

function fail(request: Request, attempts: Attempt[], host: Host): never {
  throw new StegoError('ERR_STEGO_ADDON', explain({ host, attempts, request }))
}
