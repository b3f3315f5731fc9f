/** Runs checks and measures speed. */
import { type Device, job } from '../native/index.js'
import { loadBackbone } from '../weights/backbones.js'
import type { Check } from './checks.js'
import { picture } from './recorded.js'
import type { CheckReport, SpeedReport } from './report.js'

/** Runs a check. A check that throws has failed. */
export async function runCheck({ run, ...check }: Check): Promise<CheckReport> {
  const start = performance.now()
  const outcome = await run().then(
    // NaN is never within the tolerance.
    (error) => ({ ok: error <= check.tolerance, error, problem: null }),
    (cause) => ({ ok: false, error: null, problem: cause instanceof Error ? cause.message : String(cause) }),
  )
  return { ...check, ...outcome, milliseconds: performance.now() - start }
}

const SIDE = 224
const BATCH = 4
const LEAST_MILLISECONDS = 1000

/** Measures batches of four images for a second and returns the best rate. */
export async function measureSpeed(device: Device): Promise<SpeedReport> {
  const backbone = await loadBackbone('starter', { device })
  const images = new Array(BATCH).fill(picture(SIDE, SIDE, 16, 32))
  const batch = () =>
    job((_, cancel) => backbone.features(images, { resolution: SIDE, fit: 'center', multiple: 8 }, cancel))
  let best = Number.POSITIVE_INFINITY
  const start = performance.now()
  while (performance.now() - start < LEAST_MILLISECONDS) {
    const before = performance.now()
    await batch()
    best = Math.min(best, performance.now() - before)
  }
  return { imagesPerSecond: (1000 * BATCH) / best }
}
