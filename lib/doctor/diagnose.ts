/** The doctor: gathers what there is to know, and says what is wrong with it. */
import { cacheFromEnv, libtorchFromEnv, variablesOfInterest } from '../env.js'
import { addonRequest } from '../native/index.js'
import { places, type Request } from '../native/places.js'
import { describeCache, describeMachine, describePackages, describeStarter } from './facts.js'
import type { AddonReport, DoctorReport } from './report.js'
import { type ProbeOptions, runProbe } from './run-probe.js'

/**
 * Looks at the machine and the installation, loads the addon in a process of its own, and computes there what was
 * recorded from the official implementation. Rejects for nothing that it is there to find.
 */
export async function diagnose(options: ProbeOptions): Promise<DoctorReport> {
  const request = addonRequest()
  const [cache, probed] = await Promise.all([describeCache(cacheFromEnv()), runProbe(options)])
  const { selfTest, crash } = probed
  const ownLibtorch = options.libtorch ?? libtorchFromEnv()
  const report = {
    version: request.stego.manifest.version,
    machine: describeMachine(),
    packages: describePackages(request),
    addon: probed.addon ?? unloaded(request),
    cache,
    environment: variablesOfInterest(),
    starter: describeStarter(request),
    selfTest,
  }
  const problems = problemsOf(report, crash && afterCrash(crash, ownLibtorch, report.version))
  return { ok: problems.length === 0, problems, notes: notesOf(report), ...report }
}

type Facts = Omit<DoctorReport, 'ok' | 'problems' | 'notes'>

/** Where the process that was to load the addon ended before it could say. */
function unloaded(request: Request): AddonReport {
  const found = places(request).map(({ name, file }) => {
    const state = file === null ? ('absent' as const) : ('found' as const)
    return { name, file, state, problem: null }
  })
  return { places: found, error: null, loaded: null }
}

function afterCrash(crash: string, ownLibtorch: string | undefined, version: string): string {
  const remedy = ownLibtorch
    ? `try it without STEGO_LIBTORCH=${ownLibtorch}`
    : `install the packages again (npm install stego@${version}): a library may be damaged or not for this machine`
  return `${crash} To mend it, ${remedy}.`
}

function problemsOf({ addon, packages, starter, selfTest }: Facts, crash: string | null): string[] {
  const failed = (selfTest?.checks ?? []).filter(({ ok }) => !ok)
  return [
    ...(addon.error ? [addon.error.message] : []),
    ...(crash ? [crash] : []),
    ...packages
      .filter(({ name, version }) => name === 'sharp' && version === null)
      .map(() => 'sharp, which reads and writes images, is not installed: install stego again.'),
    ...(starter
      ? []
      : ['The starter weights are missing: @stego/starter comes with stego; install it again.']),
    ...failed.map(({ name, error, tolerance, problem }) =>
      problem === null
        ? `The check "${name}" failed: its error is ${error}, ${tolerance} is the most that rounding explains.`
        : `The check "${name}" could not be run: ${problem}`,
    ),
  ]
}

function notesOf({ addon, packages, cache, machine }: Facts): string[] {
  const { loaded } = addon
  const { threads } = machine.threads
  const { usable } = machine.processor
  const running = loaded?.libtorch.running
  return [
    ...packages
      .filter(({ version, expected }) => version !== null && expected !== null && version !== expected)
      .map(({ name, version, expected }) => `${name} is ${version}, ${expected} goes with this version.`),
    ...(loaded && running !== loaded.libtorch.built
      ? [`libtorch ${running} runs; the addon was built on ${loaded.libtorch.built}.`]
      : []),
    ...(loaded && loaded.openmp.length > 1
      ? [`Several OpenMP libraries are open, whose threads slow each other: ${loaded.openmp.join(', ')}.`]
      : []),
    ...(threads > usable
      ? [`${threads} threads on ${usable} usable processors slow each other: set STEGO_THREADS lower.`]
      : []),
    ...(cache.writable
      ? []
      : [
          `${cache.folder} cannot be written to: set STEGO_CACHE to a folder that can, or weights cannot be fetched.`,
        ]),
  ]
}
