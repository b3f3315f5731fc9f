/** Shows a run's progress on a stream, as `stego train` does. */
import type { TrainingRun } from '../training/training-run.js'
import type { OutputStream } from './status.js'

/**
 * Waits for a run and shows its progress: a bar with the time left on a terminal, occasional lines elsewhere, such
 * as in a notebook's cell.
 * Resolves with the model, or rejects with the run's error.
 *
 * ```ts
 * const model = await showProgress(Stego.train({ data: './photos', classes: 8, backbone: 'starter' }))
 * ```
 *
 * @param stream default: the cell in a notebook, `process.stderr` elsewhere
 */
export async function showProgress<Model>(run: TrainingRun<Model>, stream?: OutputStream): Promise<Model> {
  run.catch(() => {}) // a failure while the display loads is rethrown below
  const [{ openStatus }, { reporter }, { notebookStream }] = await Promise.all([
    import('./status.js'),
    import('./reporter.js'),
    import('./notebook-stream.js'),
  ])
  const status = openStatus(stream ?? notebookStream() ?? process.stderr)
  const report = reporter()
  try {
    for await (const event of run) status.show(report(event))
    return await run
  } finally {
    status.stop()
  }
}
