/** The one error for an addon that cannot be loaded: the machine, what was tried, and the remedies that apply. */
import { describeHost, type Host } from './host.js'
import { addonPackage, findPackage, libtorchPackage } from './packages.js'
import type { Request } from './places.js'

/** A place that was tried in vain. */
export interface Attempt {
  place: string
  /** `no libtorch`: it does not load, and there is no package of libtorch; `own libtorch`: the user's does not fit. */
  kind: 'absent' | 'version' | 'no libtorch' | 'own libtorch' | 'broken'
  problem: string
}

/** All that the error is made of. */
export interface Situation {
  host: Host
  attempts: Attempt[]
  request: Request
}

const MOST_REMEDIES = 3

/** The message: one sentence, the list of places, and at most three remedies. */
export function explain(situation: Situation): string {
  const { host, attempts, request } = situation
  return [
    `Expected a native addon of stego ${request.stego.manifest.version} for ${describeHost(host)}, found none that loads.`,
    'Tried:',
    ...attempts.map(({ place, problem }) => `  - ${place}: ${problem}`),
    'To mend it:',
    ...remedies(situation)
      .slice(0, MOST_REMEDIES)
      .map((remedy) => `  - ${remedy}`),
  ].join('\n')
}

/** A remedy, or null where it does not apply. */
type Remedy = (situation: Situation) => string | null

const OWN_BUILD = 'build it from the repository and set STEGO_NATIVE_PATH to its build/Release/stego.node'

/** The remedies that apply; there is always one. */
export function remedies(situation: Situation): string[] {
  const found = REMEDIES.map((remedy) => remedy(situation)).filter((text) => text !== null)
  return found.length > 0
    ? found
    : [
        `the addon or libtorch is damaged or not for this machine: remove node_modules and install again, or ${OWN_BUILD}`,
      ]
}

const REMEDIES: Remedy[] = [
  named,
  ownLibtorch,
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
    ? 'set STEGO_NATIVE_PATH to a stego.node of this version, or to the folder that holds one, or unset it'
    : null
}

function ownLibtorch({ attempts, request }: Situation): string | null {
  return attempts.some(({ kind }) => kind === 'own libtorch')
    ? `set STEGO_LIBTORCH to a whole libtorch ${request.stego.manifest.libtorch}, an unpacked download of pytorch.org or ` +
        "the torch folder of a Python environment, or unset it: then the package's is used"
    : null
}

function musl({ host }: Situation): string | null {
  return host.libc === 'musl'
    ? 'Alpine and other systems on musl are not supported, since libtorch is built for glibc: ' +
        'take a Debian image, such as node:22-slim instead of node:22-alpine'
    : null
}

function unsupported({ host, request }: Situation): string | null {
  const known = builds(request)
  if (known.length === 0 || known.includes(`${host.platform}-${host.arch}`)) return null
  return `there are packages for ${known.join(', ')} only: use one of these, or ${OWN_BUILD}`
}

function electron({ host }: Situation): string | null {
  return host.electron
    ? 'in Electron, load stego in the main or a utility process, and keep its libraries out of the archive: ' +
        "asarUnpack: ['**/node_modules/@stego/**']"
    : null
}

function oldGlibc(situation: Situation): string | null {
  const needed = /version [`'](GLIBC_[\d.]+)' not found/.exec(problems(situation))?.[1]
  return needed
    ? `this system's C library is too old: ${needed.replace('GLIBC_', 'glibc ')} is needed; take a newer system or ` +
        'container image'
    : null
}

function oldCompilerLibrary(situation: Situation): string | null {
  return /version [`'](GLIBCXX|CXXABI)_[\d.]+' not found/.test(problems(situation))
    ? "this system's libstdc++.so.6 is too old: install a newer one (Debian, Ubuntu: libstdc++6), and let " +
        'LD_LIBRARY_PATH name no older one'
    : null
}

function missingGomp(situation: Situation): string | null {
  return /libgomp[^ ]*: cannot open shared object/.test(problems(situation))
    ? 'OpenMP is missing: install the packages again, or install libgomp (Debian, Ubuntu: libgomp1)'
    : null
}

function otherVersion({ attempts, request }: Situation): string | null {
  return attempts.some(({ kind }) => kind === 'version')
    ? `the packages are of several versions: npm install stego@${request.stego.manifest.version} brings all of one ` +
        'version, else remove node_modules and install again; in a checkout, npm run build'
    : null
}

/** The repository names no packages of its own: they are made when it is packed. */
function checkout({ request, attempts }: Situation): string | null {
  const local = builds(request).length === 0 && !request.nativePath && !request.libtorch
  return local && attempts.every(({ kind }) => kind !== 'version') ? 'in a checkout: npm run build' : null
}

/** Another platform's package is installed: a lock file or node_modules was carried over. */
function foreignInstall({ host, request }: Situation): string | null {
  const other = builds(request)
    .filter((build) => build !== `${host.platform}-${host.arch}`)
    .map((build) => `@stego/${build}`)
    .find((name) => findPackage(name, request.stego.folder))
  return other && isMissing({ host, request })
    ? `${other} is installed, that of another platform: remove node_modules and the lock file, then install again here`
    : null
}

/** Packages of other platforms that `stego` does not name leave no trace. */
function carriedOver(situation: Situation): string | null {
  return isMissing(situation) && !foreignInstall(situation)
    ? 'where node_modules or the lock file was brought from another system: remove both, then install again here'
    : null
}

function omitted({ host, request }: Situation): string | null {
  return isMissing({ host, request })
    ? `install with optional dependencies: without --omit=optional, --no-optional or omit=optional in .npmrc; or by name, ` +
        `npm install ${addonPackage(host.platform, host.arch)}@${request.stego.manifest.version}`
    : null
}

function noLibtorch({ host, attempts, request }: Situation): string | null {
  return attempts.some(({ kind }) => kind === 'no libtorch')
    ? `libtorch's package is missing: npm install ` +
        `${libtorchPackage(host.platform, host.arch)}@${request.stego.manifest.libtorch}`
    : null
}

/** Platforms that a released `stego` names packages for; none in a checkout. */
function builds({ stego }: Situation['request']): string[] {
  return Object.keys(stego.manifest.optionalDependencies ?? {})
    .filter((name) => name.startsWith('@stego/'))
    .map((name) => name.slice('@stego/'.length))
}

/** There is a package for this machine, and it is not installed. */
function isMissing({ host, request }: Pick<Situation, 'host' | 'request'>): boolean {
  return (
    host.libc !== 'musl' &&
    builds(request).includes(`${host.platform}-${host.arch}`) &&
    !request.nativePath &&
    findPackage(addonPackage(host.platform, host.arch), request.stego.folder) === null
  )
}

const problems = ({ attempts }: Situation) => attempts.map(({ problem }) => problem).join('\n')
