/** What the tests of fetching share: an entry of a local server, a clock that never waits, and places to write. */
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { StegoError } from '../../lib/errors.js'
import type { DownloadProgress } from '../../lib/weights/progress.js'
import type { PublishedWeights } from '../../lib/weights/registry.js'
import { type ResolveOptions, resolveEntry } from '../../lib/weights/resolve.js'
import type { Clock } from '../../lib/weights/retry.js'
import { temporaryFolder } from '../support/dataset.js'

export const FILE = 'weights.pth'

/** Bytes that are the same every time and nowhere alike. */
export function someBytes(count: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(count)
  for (let i = 0, state = seed; i < count; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    bytes[i] = state >>> 16
  }
  return bytes
}

export const sha256Of = (content: Buffer) => createHash('sha256').update(content).digest('hex')

/** An entry for a file of a local server. */
export function entryOf(url: string, known: { size?: number; sha256?: string } = {}): PublishedWeights {
  return {
    name: 'test-weights',
    about: 'a file of a test',
    kind: 'backbone',
    architecture: { dim: 384, depth: 12, heads: 6, patch: 8 },
    url: `${url}/some/${FILE}`,
    size: known.size ?? null,
    sha256: known.sha256 ?? null,
    licence: 'none',
  }
}

/** A clock of its own: every look at it is a second later, sleeping takes no time, and timers end when told to. */
export function quickClock(): Clock & { slept: number[]; expire(): void } {
  const slept: number[] = []
  let latest = () => {}
  let now = Date.UTC(2024, 0, 1)
  return {
    slept,
    expire: () => latest(),
    timer: (_, callback) => {
      latest = callback
      return { refresh: () => {}, close: () => {} }
    },
    now: () => {
      now += 1000
      return now
    },
    sleep: async (milliseconds) => {
      slept.push(milliseconds)
    },
    random: () => 0,
  }
}

/** A place to fetch to, with all that was told along the way. */
export async function fetching(t: ExecutionContext) {
  const cache = await temporaryFolder(t)
  const clock = quickClock()
  const told: DownloadProgress[] = []
  const folder = join(cache, 'weights')
  /** What lies in the cache. */
  const list = async () => (await readdir(folder)).sort()
  const fetch = (
    entry: PublishedWeights,
    options: ResolveOptions = {},
    settings: Parameters<typeof resolveEntry>[2] = {},
  ) =>
    resolveEntry(
      entry,
      { cache, offline: false, onProgress: (progress) => void told.push(progress), ...options },
      { transport: { proxies: {} }, clock, ...settings },
    )
  /** Fetches from a server that stalls, aborts when bytes have come, and returns what lay in the cache just then. */
  const abortWithin = async (entry: PublishedWeights) => {
    const controller = new AbortController()
    const reason = new Error('enough')
    let there: string[] = []
    const onProgress = ({ done }: DownloadProgress) => {
      if (done === 0) return
      there = readdirSync(folder)
      controller.abort(reason)
    }
    t.is(await t.throwsAsync(fetch(entry, { signal: controller.signal, onProgress })), reason)
    return there
  }
  return { cache, clock, told, file: join(folder, FILE), list, fetch, abortWithin }
}

/** The error a promise of this package rejects with. */
export async function failureOf(t: ExecutionContext, promise: Promise<unknown>): Promise<StegoError> {
  const error = await t.throwsAsync(promise)
  if (error instanceof StegoError) return error
  throw new Error('expected a StegoError', { cause: error })
}
