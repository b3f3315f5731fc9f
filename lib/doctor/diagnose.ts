/** Collects the doctor's report and finds problems in it. */
import { cacheFromEnv, libtorchFromEnv, variablesOfInterest } from '../env.js'
import { addonRequest } from '../native/index.js'
import { places, type Request } from '../native/places.js'
import { describeCache } from './cache.js'
import { describeGpu } from './gpu.js'
import { describeMachine } from './machine.js'
import { describePackages, describeStarter } from './packages.js'
import type { AddonReport, DoctorReport } from './report.js'
import { type ProbeOptions, runProbe } from './run-probe.js'

/**
 * Inspects the machine and the installation, then loads the addon in a separate process and runs the self-test there.
 * Problems with the installation are reported, never thrown.
 */
export async function diagnose(options: ProbeOptions): Promise<DoctorReport> {
  const request = addonRequest()
  const [cache, probed] = await Promise.all([describeCache(cacheFromEnv()), runProbe(options)])
  const { selfTest, crash } = probed
  const userLibtorch = options.libtorch ?? libtorchFromEnv()
  const report = {
    version: request.stego.manifest.version,
    machine: describeMachine(),
    packages: describePackages(request),
    addon: probed.addon ?? unloaded(request),
    gpu: describeGpu({ ...request, libtorch: userLibtorch }, probed.cuda),
    cache,
    environment: variablesOfInterest(),
    starter: describeStarter(request),
    selfTest,
  }
  const problems = problemsOf(report, crash && afterCrash(crash, userLibtorch, report.version))
  return { ok: problems.length === 0, problems, notes: notesOf(report), ...report }
}

type Facts = Omit<DoctorReport, 'ok' | 'problems' | 'notes'>

/** The addon report if the probe process ended before sending one. */
function unloaded(request: Request): AddonReport {
  const found = places(request).map(({ name, file }) => {
    const state = file === null ? ('absent' as const) : ('found' as const)
    return { name, file, state, problem: null }
  })
  return { places: found, error: null, loaded: null }
}

function afterCrash(crash: string, userLibtorch: string | undefined, version: string): string {
  const remedy = userLibtorch
    ? `try it without STEGO_LIBTORCH=${userLibtorch}`
    : `install the packages again (npm install stego@${version}): a library may be damaged or built for another machine`
  return `${crash} To fix it, ${remedy}.`
}

function problemsOf({ addon, gpu, packages, starter, selfTest }: Facts, crash: string | null): string[] {
  const failed = (selfTest?.checks ?? []).filter(({ ok }) => !ok)
  return [
    ...(addon.error ? [addon.error.message] : []),
    ...(crash ? [crash] : []),
    ...(gpu.error ? [gpu.error.message] : []),
    ...packages
      .filter(({ name, version }) => name === 'sharp' && version === null)
      .map(() => 'sharp, which reads and writes images, is not installed. Reinstall stego.'),
    ...(starter
      ? []
      : ['The starter weights are missing. They come with stego in @stego/starter; reinstall stego.']),
    ...failed.map(({ name, error, tolerance, problem }) =>
      problem === null
        ? `The check "${name}" failed: the error is ${error}, above the rounding tolerance of ${tolerance}.`
        : `The check "${name}" could not run: ${problem}`,
    ),
  ]
}

function notesOf({ addon, gpu, packages, cache, machine }: Facts): string[] {
  const { device } = gpu
  const { loaded } = addon
  const { threads } = machine.threads
  const { usable } = machine.processor
  const running = loaded?.libtorch.running
  return [
    ...packages
      .filter(({ version, expected }) => version !== null && expected !== null && version !== expected)
      .map(
        ({ name, version, expected }) => `${name} is ${version}; this version of stego expects ${expected}.`,
      ),
    ...(loaded && running !== loaded.libtorch.built
      ? [`libtorch ${running} is in use; the addon was built against ${loaded.libtorch.built}.`]
      : []),
    ...(loaded && loaded.openmp.length > 1
      ? [
          `Several OpenMP libraries are loaded, and their threads slow each other down: ${loaded.openmp.join(', ')}.`,
        ]
      : []),
    ...(device?.remedy && gpu.driver !== null
      ? [`There is an NVIDIA driver, but the CPU is used: ${device.reason}. ${device.remedy}`]
      : []),
    ...(threads > usable
      ? [`${threads} threads on ${usable} usable processors slow each other down. Lower STEGO_THREADS.`]
      : []),
    ...(cache.writable
      ? []
      : [
          `${cache.folder} is not writable, so weights cannot be downloaded. Set STEGO_CACHE to a writable folder.`,
        ]),
  ]
}
