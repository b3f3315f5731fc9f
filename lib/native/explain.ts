/** Builds the error message for an addon that cannot be loaded. */
import { describeHost, type Host } from './host.js'
import { addonPackage, findPackage, libtorchPackage } from './packages.js'
import type { Request } from './request.js'

/** A failed attempt to load the addon. */
export interface Attempt {
  place: string
  /** `no libtorch`: the libtorch package is missing. `user libtorch`: the user-provided libtorch does not fit. */
  kind: 'absent' | 'version' | 'no libtorch' | 'user libtorch' | 'broken'
  problem: string
}

/** Everything the message is built from. */
export interface Situation {
  host: Host
  attempts: Attempt[]
  request: Request
}

const MOST_REMEDIES = 3

/** Returns the message: one sentence, the locations tried, and at most three remedies. */
export function explain(situation: Situation): string {
  const { host, attempts, request } = situation
  return [
    `Expected a native addon for stego ${request.stego.manifest.version} on ${describeHost(host)}, found none that loads.`,
    'Tried:',
    ...attempts.map(({ place, problem }) => `  - ${place}: ${problem}`),
    'To fix it:',
    ...remedies(situation)
      .slice(0, MOST_REMEDIES)
      .map((remedy) => `  - ${remedy}`),
  ].join('\n')
}

/** Returns a remedy, or null if it does not apply. */
type Remedy = (situation: Situation) => string | null

const OWN_BUILD = 'build it from the repository and set STEGO_NATIVE_PATH to its build/Release/stego.node'

/** Returns the remedies that apply, at least one. */
export function remedies(situation: Situation): string[] {
  const found = REMEDIES.map((remedy) => remedy(situation)).filter((text) => text !== null)
  return found.length > 0
    ? found
    : [
        `the addon or libtorch is damaged or built for another machine: delete node_modules and reinstall, or ${OWN_BUILD}`,
      ]
}

const REMEDIES: Remedy[] = [
  named,
  userLibtorch,
  musl,
  unsupported,
  electron,
  oldGlibc,
  oldCompilerLibrary,
  missingGomp,
  otherVersion,
  checkout,
  foreignInstall,
  omitted,
  carriedOver,
  noLibtorch,
]

function named({ request: { nativePath } }: Situation): string | null {
  return nativePath
    ? 'set STEGO_NATIVE_PATH to a stego.node of this version or the folder that contains it, or unset it'
    : null
}

function userLibtorch({ attempts, request }: Situation): string | null {
  return attempts.some(({ kind }) => kind === 'user libtorch')
    ? `set STEGO_LIBTORCH to a complete libtorch ${request.stego.manifest.libtorch}, either unpacked from pytorch.org or ` +
        'the torch folder of a Python environment, or unset it to use the packaged one'
    : null
}

function musl({ host }: Situation): string | null {
  return host.libc === 'musl'
    ? 'Alpine and other musl systems are not supported because libtorch is built for glibc: ' +
        'use a Debian image, such as node:22-slim instead of node:22-alpine'
    : null
}

function unsupported({ host, request }: Situation): string | null {
  const known = builds(request)
  if (known.length === 0 || known.includes(`${host.platform}-${host.arch}`)) return null
  return `packages exist only for ${known.join(', ')}: use one of these, or ${OWN_BUILD}`
}

function electron({ host }: Situation): string | null {
  return host.electron
    ? 'in Electron, load stego in the main process or a utility process, and unpack its libraries from the archive: ' +
        "asarUnpack: ['**/node_modules/@stego/**']"
    : null
}

function oldGlibc(situation: Situation): string | null {
  const needed = /version [`'](GLIBC_[\d.]+)' not found/.exec(problems(situation))?.[1]
  return needed
    ? `this system's C library is too old: ${needed.replace('GLIBC_', 'glibc ')} is required; use a newer system or ` +
        'container image'
    : null
}

function oldCompilerLibrary(situation: Situation): string | null {
  return /version [`'](GLIBCXX|CXXABI)_[\d.]+' not found/.test(problems(situation))
    ? "this system's libstdc++.so.6 is too old: install a newer one (Debian, Ubuntu: libstdc++6), and make " +
        'sure LD_LIBRARY_PATH does not point to an older one'
    : null
}

function missingGomp(situation: Situation): string | null {
  return /libgomp[^ ]*: cannot open shared object/.test(problems(situation))
    ? 'OpenMP is missing: reinstall the packages, or install libgomp (Debian, Ubuntu: libgomp1)'
    : null
}

function otherVersion({ attempts, request }: Situation): string | null {
  return attempts.some(({ kind }) => kind === 'version')
    ? `package versions do not match: run npm install stego@${request.stego.manifest.version}, or delete node_modules ` +
        'and reinstall; in a checkout, npm run build'
    : null
}

/** A checkout lists no platform packages; they are added when it is packed. */
function checkout({ request, attempts }: Situation): string | null {
  const local = builds(request).length === 0 && !request.nativePath && !request.libtorch
  return local && attempts.every(({ kind }) => kind !== 'version') ? 'in a checkout: npm run build' : null
}

/** Another platform's package is installed, so the lock file or node_modules was copied. */
function foreignInstall({ host, request }: Situation): string | null {
  const other = builds(request)
    .filter((build) => build !== `${host.platform}-${host.arch}`)
    .map((build) => `@stego/${build}`)
    .find((name) => findPackage(name, request.stego.folder))
  return other && isMissing({ host, request })
    ? `${other} is installed, which is for another platform: delete node_modules and the lock file, then reinstall here`
    : null
}

/** The lock file may have been copied; package managers then skip this platform's package without a trace. */
function carriedOver(situation: Situation): string | null {
  return isMissing(situation) && !foreignInstall(situation)
    ? 'if node_modules or the lock file was copied from another system: delete both, then reinstall here'
    : null
}

function omitted({ host, request }: Situation): string | null {
  return isMissing({ host, request })
    ? `install optional dependencies, without --omit=optional, --no-optional or omit=optional in .npmrc; or directly: ` +
        `npm install ${addonPackage(host.platform, host.arch)}@${request.stego.manifest.version}`
    : null
}

function noLibtorch({ host, attempts, request }: Situation): string | null {
  return attempts.some(({ kind }) => kind === 'no libtorch')
    ? `the libtorch package is missing: npm install ` +
        `${libtorchPackage(host.platform, host.arch)}@${request.stego.manifest.libtorch}`
    : null
}

/** Platforms that a released `stego` has packages for; none in a checkout. */
function builds({ stego }: Situation['request']): string[] {
  return Object.keys(stego.manifest.optionalDependencies ?? {})
    .filter((name) => name.startsWith('@stego/'))
    .map((name) => name.slice('@stego/'.length))
}

/** Whether this machine's package exists but is not installed. */
function isMissing({ host, request }: Pick<Situation, 'host' | 'request'>): boolean {
  return (
    host.libc !== 'musl' &&
    builds(request).includes(`${host.platform}-${host.arch}`) &&
    !request.nativePath &&
    findPackage(addonPackage(host.platform, host.arch), request.stego.folder) === null
  )
}

const problems = ({ attempts }: Situation) => attempts.map(({ problem }) => problem).join('\n')
