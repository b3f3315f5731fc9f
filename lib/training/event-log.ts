/** Tells events, and keeps them in the run's folder: those from before there is one as well. */
import type { TrainingEvent } from './events.js'
import type { RunFolder } from './run-folder.js'

export interface EventLog {
  /** Keeps an event, and returns it. */
  tell(event: TrainingEvent): Promise<TrainingEvent>
  /** From now on events go to this folder, or nowhere. */
  keepIn(folder: RunFolder | null): Promise<void>
}

/** A log whose folder is made when there is something to keep in it. */
export function eventLog(): EventLog {
  const early: TrainingEvent[] = []
  let log: (event: TrainingEvent) => Promise<unknown> = async (event) => early.push(event)
  return {
    async tell(event) {
      await log(event)
      return event
    },
    async keepIn(folder) {
      log = async (event) => folder?.log(event)
      for (const event of early) await log(event)
    },
  }
}
