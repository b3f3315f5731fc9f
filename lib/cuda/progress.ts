/** Progress of a setup: that of its wheels together. */
import type { DownloadProgress } from '../weights/progress.js'
import type { Wheel } from './wheel.js'

/** Progress of setting up libtorch for CUDA. */
export interface SetupProgress {
  /** Type of the progress. */
  type: 'setup'
  /** `receiving`; `waiting` before a retry; or `unpacking`. */
  state: 'receiving' | 'waiting' | 'unpacking'
  /** Name of the package at hand. */
  name: string
  /** Bytes of all packages received, and their sum. */
  done: number
  total: number
  /** Speed of this connection; null if not known. */
  bytesPerSecond: number | null
  /** Reason and time of a retry; null otherwise. */
  message: string | null
}

/** Adds up the progress of wheels that are fetched one after another. */
export class SetupMeter {
  readonly #total: number
  #before = 0

  constructor(
    wheels: readonly Wheel[],
    readonly report: (progress: SetupProgress) => void,
  ) {
    this.#total = wheels.reduce((sum, { size }) => sum + size, 0)
  }

  /** Passes on the progress of a download. */
  download({ name, state, done, bytesPerSecond, message }: DownloadProgress): void {
    if (state === 'done') return
    this.#tell(name, state, this.#before + done, bytesPerSecond, message)
  }

  /** A wheel has arrived and is unpacked. */
  unpacking({ name, size }: Wheel): void {
    this.#tell(name, 'unpacking', this.#before + size, null, null)
  }

  /** A wheel is done. */
  next({ size }: Wheel): void {
    this.#before += size
  }

  #tell(
    name: string,
    state: SetupProgress['state'],
    done: number,
    bytesPerSecond: number | null,
    message: string | null,
  ): void {
    this.report({ type: 'setup', state, name, done, total: this.#total, bytesPerSecond, message })
  }
}
