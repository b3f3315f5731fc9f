/** Download progress. */
import type { Clock } from './retry.js'

/** Download progress of published weights. */
export interface DownloadProgress {
  /** Type of the progress. */
  type: 'download'
  /** Name of the weights. */
  name: string
  /** `receiving`; `waiting` before a retry; or `done`. */
  state: 'receiving' | 'waiting' | 'done'
  /** Bytes received, including earlier attempts. */
  done: number
  /** File size in bytes; null if unknown. */
  total: number | null
  /** Speed of this connection; null if not known yet. */
  bytesPerSecond: number | null
  /** Reason and time of a retry, or how the complete file was verified; null otherwise. */
  message: string | null
}

const INTERVAL = 100

/** Reports progress at most ten times per second, and every change of state. */
export class Meter {
  #began = 0
  #already = 0
  #told = Number.NEGATIVE_INFINITY
  #received = 0
  #total: number | null = null

  constructor(
    readonly name: string,
    readonly clock: Clock,
    readonly report: (progress: DownloadProgress) => void,
  ) {}

  /** Starts a connection that continues after `received` bytes. */
  begin(received: number, total: number | null): void {
    this.#began = this.clock.now()
    this.#already = received
    this.#total = total
    this.#told = Number.NEGATIVE_INFINITY
    this.update(received)
  }

  update(received: number): void {
    this.#received = received
    const now = this.clock.now()
    if (now - this.#told < INTERVAL) return
    this.#told = now
    const seconds = (now - this.#began) / 1000
    this.#emit('receiving', seconds > 0 ? (received - this.#already) / seconds : null, null)
  }

  wait(message: string): void {
    this.#emit('waiting', null, message)
  }

  done(received: number, message: string): void {
    this.#received = received
    this.#total = received
    this.#emit('done', null, message)
  }

  #emit(state: DownloadProgress['state'], bytesPerSecond: number | null, message: string | null): void {
    const { name } = this
    const [done, total] = [this.#received, this.#total]
    this.report({ type: 'download', name, state, done, total, bytesPerSecond, message })
  }
}
