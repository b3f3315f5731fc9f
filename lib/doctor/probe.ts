/**
 * The part of the doctor that loads the addon and computes. It runs in a separate process (run-probe.ts) so that a
 * crash, such as an illegal instruction, does not end the doctor. It sends its findings as messages.
 */
import { StegoError } from '../errors.js'
import { type Attempt, explain } from '../native/explain.js'
import { openLibraries, thisHost } from '../native/host.js'
import { addon, addonRequest, useDevice } from '../native/index.js'
import { type Loaded, tryPlaces } from '../native/load.js'
import { places, type Request } from '../native/places.js'
import type {
  AddonReport,
  CheckReport,
  CudaReport,
  LoadedReport,
  PlaceReport,
  SpeedReport,
} from './report.js'

/** `plan` lists the checks that will follow. */
export type ProbeMessage =
  | { kind: 'addon'; addon: AddonReport }
  | { kind: 'cuda'; cuda: CudaReport }
  | { kind: 'plan'; names: string[] }
  | { kind: 'check'; check: CheckReport }
  | { kind: 'speed'; speed: SpeedReport }

async function probe(selfTest: boolean): Promise<void> {
  const report = loadingReport(addonRequest())
  await send({ kind: 'addon', addon: report })
  if (!report.loaded) return
  const cuda = cudaReport()
  await send({ kind: 'cuda', cuda })
  if (!selfTest) return
  const device = cuda.device?.device ?? 'cpu'
  const { checks } = await import('./checks.js')
  const { measureSpeed, runCheck } = await import('./self-test.js')
  const planned = checks(device)
  await send({ kind: 'plan', names: planned.map(({ name }) => name) })
  let ok = true
  for (const next of planned) {
    const check = await runCheck(next)
    ok &&= check.ok
    await send({ kind: 'check', check })
  }
  if (ok) await send({ kind: 'speed', speed: await measureSpeed(device) })
}

function loadingReport(request: Request): AddonReport {
  try {
    const { attempts, loaded } = tryPlaces(request)
    const error = loaded
      ? null
      : { code: 'ERR_STEGO_ADDON', message: explain({ host: thisHost(), attempts, request }) }
    return {
      places: placeReports(request, attempts, loaded),
      error,
      loaded: loaded && loadedReport(loaded),
    }
  } catch (cause) {
    if (!(cause instanceof StegoError)) throw cause
    // STEGO_LIBTORCH or STEGO_INSTRUCTIONS is invalid: no location was tried.
    const error = { code: cause.code, message: cause.message }
    return { places: placeReports(request, [], null), error, loaded: null }
  }
}

function cudaReport(): CudaReport {
  const cuda = addon().describeCuda()
  try {
    return { device: useDevice(), error: null, cuda }
  } catch (cause) {
    if (!(cause instanceof StegoError)) throw cause
    return { device: null, error: { code: cause.code, message: cause.message }, cuda }
  }
}

function placeReports(request: Request, attempts: Attempt[], loaded: Loaded | null): PlaceReport[] {
  return places(request).map(({ name, file }, index) => {
    const attempt = attempts[index]
    if (attempt) {
      return {
        name,
        file,
        state: attempt.kind === 'absent' ? 'absent' : 'failed',
        problem: attempt.kind === 'absent' ? null : attempt.problem,
      }
    }
    if (loaded?.place.name === name) return { name, file, state: 'used', problem: null }
    return { name, file, state: file === null ? 'absent' : 'found', problem: null }
  })
}

function loadedReport({ place, libtorch }: Loaded): LoadedReport {
  const { libtorch: running, kernels } = addon().describeMachine()
  const open = openLibraries()
  return {
    file: place.file!,
    kernels,
    libtorch: {
      ...running,
      source: libtorch?.source ?? 'rpath',
      file: open.find((name) => /torch_cpu\./.test(name)) ?? null,
    },
    openmp: open.filter((name) => /lib(g|i)?omp/.test(name)),
  }
}

const send = (message: ProbeMessage) =>
  new Promise<void>((resolve, reject) => {
    process.send!(message, undefined, {}, (error) => (error ? reject(error) : resolve()))
  })

await probe(process.argv[2] === 'self-test')
process.disconnect()
