/** Writes the checkpoint of a run atomically, and only if something changed. */
import { StegoError } from '../errors.js'
import type { NativeTrainer, StepLosses } from '../native/index.js'
import { type ModelRecord, writeRecord } from '../weights/model-file.js'
import { saveTensors } from '../weights/tensors.js'
import type { CheckpointEvent } from './events.js'
import type { RunFolder } from './run-folder.js'

export interface Checkpoints {
  /** Whether there are unsaved changes. */
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
      await saveTensors(trainer, folder.checkpoint, writeRecord(record))
      this.pending = false
      return { type: 'checkpoint', step: record.step, path: folder.checkpoint }
    },
  }
}

/** Stops a run with a non-finite loss, leaving the last checkpoint intact. */
export function checkFinite(losses: StepLosses, step: number, checkpoint: Checkpoints): void {
  const { correspondence, clusterProbe, linearProbe, reconstruction, alignment, crf } = losses
  const wrong = [correspondence, clusterProbe, linearProbe, reconstruction, alignment, crf].find(
    (loss) => loss !== null && !Number.isFinite(loss),
  )
  if (wrong === undefined) return
  checkpoint.pending = false
  throw new StegoError(
    'ERR_STEGO_DIVERGED',
    `the loss is ${wrong} at step ${step}: training diverged. Use smaller \`learningRates\` or \`weights\`. The last ` +
      'checkpoint is intact.',
  )
}
