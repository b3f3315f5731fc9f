/** The checkpoint of a run: written whole, and only when there is something new. */
import { StegoError } from '../errors.js'
import { job, type NativeTrainer, type StepLosses } from '../native/index.js'
import { type ModelRecord, writeRecord } from '../weights/model-file.js'
import type { CheckpointEvent } from './events.js'
import type { RunFolder } from './run-folder.js'

export interface Checkpoints {
  /** Whether there is something that is not written yet. */
  pending: boolean
  write(): Promise<CheckpointEvent | null>
}

export function createCheckpoints(
  folder: RunFolder | null,
  trainer: NativeTrainer,
  record: ModelRecord,
  pending: boolean,
): Checkpoints {
  return {
    pending,
    async write() {
      if (!folder || !this.pending) return null
      await job(() => trainer.save(folder.checkpoint, writeRecord(record)))
      this.pending = false
      return { type: 'checkpoint', step: record.step, path: folder.checkpoint }
    },
  }
}

/** Stops a run whose losses are no longer numbers; the last checkpoint stays as it is. */
export function checkFinite(losses: StepLosses, step: number, checkpoint: Checkpoints): void {
  const { correspondence, cluster, linear, reconstruction, alignment, crf } = losses
  const wrong = [correspondence, cluster, linear, reconstruction, alignment, crf].find(
    (loss) => loss !== null && !Number.isFinite(loss),
  )
  if (wrong === undefined) return
  checkpoint.pending = false
  throw new StegoError(
    'ERR_STEGO_DIVERGED',
    `the loss is ${wrong} at step ${step}: training diverged. Use smaller learningRates or weights; the last checkpoint is whole.`,
  )
}
