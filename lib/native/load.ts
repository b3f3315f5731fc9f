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
  packageLibtorch,
  sameSeries,
  userLibtorch,
} from './libtorch.js'
import { type Place, places, type Request } from './places.js'
import type { Addon } from './types/addon.js'
import type { InstructionSet } from './types/values.js'

const INSTRUCTION_SETS: InstructionSet[] = ['portable', 'avx2', 'avx512', 'operators']

/** The addon in use. */
export interface Loaded {
  addon: Addon
  place: Place
  /** The libtorch opened before it; null if the addon's rpath found one. */
  libtorch: Libtorch | null
}

/** The addon in use, and the attempts that failed before. */
export interface LoadedAfter extends Loaded {
  attempts: Attempt[]
}

/** The outcome of trying all locations. */
export interface Loading {
  /** Failed attempts. */
  attempts: Attempt[]
  /** null if none fits. */
  loaded: Loaded | null
}

/**
 * Loads the first addon that fits. Throws `ERR_STEGO_ADDON` if none does, listing the machine (`host`), the locations
 * tried and the remedies.
 */
export function loadAddon(request: Request, host: () => Host = thisHost): LoadedAfter {
  const { attempts, loaded } = tryPlaces(request)
  return loaded ? { ...loaded, attempts } : fail(request, attempts, host())
}

/**
 * Tries the locations in order. Throws `ERR_STEGO_ADDON` if the user-provided libtorch is invalid, `ERR_STEGO_OPTION`
 * if the instruction set is.
 */
export function tryPlaces(request: Request): Loading {
  const { libtorch, platform } = request
  const limit = instructionLimit(request)
  const own = libtorch === undefined ? null : userLibtorch(libtorch, platform)
  const attempts: Attempt[] = []
  let opened: Libtorch | null = null
  for (const place of places(request)) {
    const result = tryPlace(place, own ?? opened, limit, request)
    if ('addon' in result) return { attempts, loaded: result }
    attempts.push(result)
    // Two libtorch in one process break each other: what was opened for an addon that does not load serves the next.
    if (place.libtorch && isOpen(place.libtorch)) opened = place.libtorch
  }
  return { attempts, loaded: null }
}

/** Parses the instruction set limit. Throws `ERR_STEGO_OPTION` if it is invalid. */
function instructionLimit({ instructions }: Request): InstructionSet | null {
  if (instructions === undefined) return null
  const known = INSTRUCTION_SETS.find((name) => name === instructions)
  if (known) return known
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `STEGO_INSTRUCTIONS=${instructions} is not an instruction set: expected ${INSTRUCTION_SETS.join(', ')}. Unset it ` +
      'to use everything the processor supports.',
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
    return failed('version', `it is version ${from.manifest.version}, but stego is ${version}`)
  }
  if (file === null) {
    const { platform, arch } = request
    return from
      ? failed('broken', `no addon in ${join(from.folder, 'prebuilds', `${platform}-${arch}`)} fits`)
      : failed('absent', 'not found')
  }
  const libtorch = place.libtorch ?? own ?? (packaged ? packageLibtorch(file, request) : null)
  const earlier = place.libtorch && openTorch().find((path) => !holdsLibrary(place.libtorch!, path))
  if (earlier) return failed('broken', `this process has opened another libtorch, ${earlier}`)
  const unopened = libtorch && openLibtorch(libtorch, file, request)
  if (unopened) return failed(unopened.kind, unopened.problem)
  const broken = brokenLibrary(file)
  if (broken) return failed(packaged && !libtorch ? 'no libtorch' : 'broken', broken)
  try {
    const addon = createRequire(file)(file) as Addon
    if (addon.version !== version) {
      return failed('version', `it is version ${addon.version ?? '(unknown)'}, but stego is ${version}`)
    }
    if (limit) addon.limitInstructions(limit)
    const other = libtorch && libtorch.source !== 'package' && otherLibtorch(libtorch, addon)
    return other ? failed(own ? 'user libtorch' : 'broken', other) : { addon, place, libtorch }
  } catch (cause) {
    return failed(packaged && !libtorch ? 'no libtorch' : 'broken', firstLine(cause))
  }
}

/** Checks, with the addon loaded, that the user-provided libtorch is in use and has the right version. */
function otherLibtorch(libtorch: Libtorch, addon: Addon): string | null {
  const { folder } = libtorch
  const used = openTorch().find((path) => !holdsLibrary(libtorch, path))
  if (used) return `it uses another libtorch, ${used}`
  const { running, built } = addon.describeMachine().libtorch
  return sameSeries(running, built)
    ? null
    : `the libraries in ${folder} are libtorch ${running}, but it was built against ${built}`
}

/** The paths of libtorch in this process. */
const openTorch = () => openLibraries().filter((path) => /torch_cpu\./.test(path))

const isOpen = (libtorch: Libtorch) => openTorch().some((path) => holdsLibrary(libtorch, path))

function holdsLibrary({ libraries }: Libtorch, path: string): boolean {
  return libraries.map(real).includes(real(path))
}

/** The path without links; as it is if the file has gone. */
function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function fail(request: Request, attempts: Attempt[], host: Host): never {
  throw new StegoError('ERR_STEGO_ADDON', explain({ host, attempts, request }))
}
