/** What somebody waiting for a file is told. */
import type { Clock } from './retry.js'

/** How the fetching of published weights goes. */
export interface DownloadProgress {
  /** The weights' name. */
  name: string
  /** `receiving` bytes, `waiting` before another attempt, `done`. */
  state: 'receiving' | 'waiting' | 'done'
  /** Bytes there, earlier attempts included. */
  received: number
  /** Bytes of the whole file; null where neither the registry nor the server says. */
  total: number | null
  /** Of this connection; null before it can be told. */
  bytesPerSecond: number | null
  /** Why another attempt is needed and when it comes, or how the whole file was checked; null else. */
  message: string | null
}

const INTERVAL = 100

/** Reports at most ten times a second, and every change of state. */
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

  /** A connection begins to bring what follows `received` bytes. */
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
    this.report({ name, state, received: this.#received, total: this.#total, bytesPerSecond, message })
  }
}
