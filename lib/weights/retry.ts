/** Retry delays and stall detection. */
import { setTimeout as sleep } from 'node:timers/promises'
import { FetchFailure } from './failure.js'

/** Time and randomness, replaceable in tests. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Resolves after some milliseconds; rejects when the signal aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<unknown>
  /** Calls back once after some milliseconds without `refresh` or `close`. */
  timer(milliseconds: number, callback: () => void): Timer
  /** Uniform in [0, 1). */
  random(): number
}

export interface Timer {
  /** Restarts the timer. */
  refresh(): void
  /** Stops the timer. */
  close(): void
}

export const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
  timer: (milliseconds, callback) => setTimeout(callback, milliseconds),
  random: Math.random,
}

/** Milliseconds without data before an attempt is abandoned. */
const STALL = 30_000
const FIRST_DELAY = 500
const LONGEST_DELAY = 30_000

/** Delay in milliseconds after `failures` failures: 0.5 s, doubling each time, minus up to half at random. */
export function backoff(failures: number, random: number): number {
  const longest = Math.min(FIRST_DELAY * 2 ** (failures - 1), LONGEST_DELAY)
  return longest * (1 - random / 2)
}

/** Parses `Retry-After`, in seconds or as a date, to milliseconds from now; null if invalid. */
export function parseRetryAfter(value: string | undefined, now: number): number | null {
  if (value === undefined) return null
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}

/** Aborts when no data has arrived for a while. */
export class StallWatch {
  readonly #controller = new AbortController()
  readonly #timer: Timer

  constructor(clock: Clock) {
    this.#timer = clock.timer(STALL, () => {
      this.#controller.abort(new FetchFailure(`no data arrived for ${STALL / 1000} s`, { transient: true }))
    })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  reset(): void {
    this.#timer.refresh()
  }

  stop(): void {
    this.#timer.close()
  }
}
