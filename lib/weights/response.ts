/** Interprets responses for resumable downloads. */
import { FetchFailure, isTransient } from './failure.js'
import type { Response } from './http.js'
import { parseRetryAfter } from './retry.js'

/** Identifies a version of a file. */
export interface Version {
  /** A strong ETag. */
  etag: string | null
  lastModified: string | null
}

/** A response body: the bytes from `start`, of `total` if known. */
export interface Body {
  start: number
  total: number | null
  version: Version
}

/** Headers to request the rest of a version after `size` bytes, or the whole file if it changed. */
export function rangeHeaders(size: number, { etag, lastModified }: Version): Record<string, string> {
  const version = etag ?? lastModified
  // Without a validator, the rest of a different file might be appended.
  return size > 0 && version !== null ? { range: `bytes=${size}-`, 'if-range': version } : {}
}

/** The request: the rest of `version` after `size` bytes. */
interface Asked {
  size: number
  version: Version
}

/**
 * Interprets status and headers. `whole`: the file is already complete. `misfit`: the body does not continue the partial
 * file, so start over. Throws `FetchFailure` for any response without a file.
 */
export function readResponse(response: Response, asked: Asked, now: number): Body | 'whole' | 'misfit' {
  const { statusCode: status } = response
  const header = (name: string) => headerOf(response, name)
  if (status === 416) return rangeOf(header('content-range'))?.total === asked.size ? 'whole' : 'misfit'
  if (status !== 200 && status !== 206) throw refusal(response, now)
  const encoding = header('content-encoding') ?? 'identity'
  if (encoding !== 'identity')
    throw new FetchFailure(`the server compressed the file (${encoding}), although it was asked not to`)
  if (/^text\/html\b/.test(header('content-type') ?? '')) {
    throw new FetchFailure('the server sent a web page, perhaps the login page of the network')
  }
  const version = versionOf(header('etag'), header('last-modified'))
  if (status === 200) return { start: 0, total: lengthOf(header('content-length')), version }
  const range = rangeOf(header('content-range'))
  const changed = asked.version.etag !== null && version.etag !== null && asked.version.etag !== version.etag
  if (range?.start !== asked.size || changed) return 'misfit'
  return { start: range.start, total: range.total, version }
}

function refusal(response: Response, now: number): FetchFailure {
  const { statusCode: status, statusText } = response
  if (status >= 300 && status < 400 && headerOf(response, 'location') !== undefined) {
    return new FetchFailure('there were too many redirects')
  }
  return new FetchFailure(`the server answered ${status} ${statusText}`.trim(), {
    transient: isTransient(status),
    retryAfter: parseRetryAfter(headerOf(response, 'retry-after'), now),
  })
}

/** The first value of a header. */
function headerOf({ headers }: Response, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

function versionOf(etag?: string, lastModified?: string): Version {
  // A weak ETag may survive changes in bytes, and is not allowed in If-Range.
  return { etag: etag?.startsWith('W/') ? null : (etag ?? null), lastModified: lastModified ?? null }
}

function lengthOf(value: string | undefined): number | null {
  return value === undefined ? null : Number(value)
}

/** Parses `bytes 5-9/10`, where a star means unknown. */
function rangeOf(value: string | undefined): { start: number | null; total: number | null } | null {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(?:(\d+)|\*)$/.exec(value ?? '')
  if (!match) return null
  const [, start, total] = match
  return { start: start === undefined ? null : Number(start), total: lengthOf(total) }
}
