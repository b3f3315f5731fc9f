/** A training run watched on a stream, as `stego train` shows it. */
import type { TrainingRun } from '../training/training-run.js'
import type { OutputStream } from './status.js'

/**
 * Waits for a run and shows how far it is: a bar with the time left on a terminal, a line now and then elsewhere.
 * Resolves with the model, and rejects with what the run fails with.
 *
 * ```ts
 * const model = await showProgress(Stego.train({ data: './photos', classes: 8, backbone: 'starter' }))
 * ```
 *
 * @param stream default `process.stderr`
 */
export async function showProgress<Model>(
  run: TrainingRun<Model>,
  stream: OutputStream = process.stderr,
): Promise<Model> {
  run.catch(() => {}) // a failure while the display is loaded is told below
  const [{ openStatus }, { reporter }] = await Promise.all([import('./status.js'), import('./reporter.js')])
  const status = openStatus(stream)
  const report = reporter()
  try {
    for await (const event of run) status.show(report(event))
    return await run
  } finally {
    status.stop()
  }
}
