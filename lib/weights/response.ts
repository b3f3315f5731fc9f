/** What a server's response means for the part of a file that is there already. */
import { FetchFailure, isTransient } from './failure.js'
import type { Response } from './http.js'
import { parseRetryAfter } from './retry.js'

/** What tells one version of a file from another. */
export interface Version {
  /** A strong ETag. */
  etag: string | null
  lastModified: string | null
}

/** What a body holds: the bytes from `start` on, of `total` where the server says so. */
export interface Body {
  start: number
  total: number | null
  version: Version
}

/** Headers that ask for what follows `size` bytes of a version, and for the whole file where that has changed. */
export function rangeHeaders(size: number, { etag, lastModified }: Version): Record<string, string> {
  const version = etag ?? lastModified
  // Without anything to compare, the rest of another file might be appended.
  return size > 0 && version !== null ? { range: `bytes=${size}-`, 'if-range': version } : {}
}

/** What was asked for: bytes from `size` on, where `size` bytes of `version` are there. */
interface Asked {
  size: number
  version: Version
}

/**
 * Reads status and headers. `whole`: nothing is missing. Throws `FetchFailure` for every response that brings no file;
 * a body that does not fit the part (`misfit`) asks for another attempt, from the beginning.
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
  // A weak ETag may stay where bytes change, and is not allowed in If-Range.
  return { etag: etag?.startsWith('W/') ? null : (etag ?? null), lastModified: lastModified ?? null }
}

function lengthOf(value: string | undefined): number | null {
  return value === undefined ? null : Number(value)
}

/** `bytes 5-9/10`, or `bytes ...` with a star for what is not known. */
function rangeOf(value: string | undefined): { start: number | null; total: number | null } | null {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(?:(\d+)|\*)$/.exec(value ?? '')
  if (!match) return null
  const [, start, total] = match
  return { start: start === undefined ? null : Number(start), total: lengthOf(total) }
}
