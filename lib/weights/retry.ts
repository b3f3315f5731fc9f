/** How long to wait: for the next attempt, and for the next byte. */
import { setTimeout as sleep } from 'node:timers/promises'
import { FetchFailure } from './failure.js'

/** Time and chance, so that tests need wait for neither. */
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
  /** Begins to count anew. */
  refresh(): void
  /** Ends it. */
  close(): void
}

export const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
  timer: (milliseconds, callback) => setTimeout(callback, milliseconds),
  random: Math.random,
}

/** Milliseconds without a byte before an attempt is given up. */
const STALL = 30_000
const FIRST_DELAY = 500
const LONGEST_DELAY = 30_000

/** Milliseconds before the attempt after `failures` failed ones: 0.5 s doubled each time, less up to a half by chance. */
export function backoff(failures: number, random: number): number {
  const longest = Math.min(FIRST_DELAY * 2 ** (failures - 1), LONGEST_DELAY)
  return longest * (1 - random / 2)
}

/** `Retry-After` as milliseconds from now, given as seconds or as a date; null where it is neither. */
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
