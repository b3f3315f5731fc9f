/** What a server's answer means for the part of a file that is there already. */
import type { IncomingMessage } from 'node:http'
import { FetchFailure } from './failure.js'
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
 * Reads status and headers. `whole`: nothing is missing. Throws `FetchFailure` for every answer that brings no file;
 * a body that does not fit the part asks for another attempt, from the beginning.
 */
export function readAnswer(answer: IncomingMessage, asked: Asked, now: number): Body | 'whole' | 'misfit' {
  const { statusCode: status, headers } = answer
  if (status === 416) return rangeOf(headers['content-range'])?.total === asked.size ? 'whole' : 'misfit'
  if (status !== 200 && status !== 206) throw refusal(answer, now)
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity')
    throw new FetchFailure(`the server sent it as ${encoding}, which was not asked for`)
  if (/^text\/html\b/.test(headers['content-type'] ?? '')) {
    throw new FetchFailure('the server sent a web page, as a network that asks for a login does')
  }
  const version = versionOf(answer)
  if (status === 200) return { start: 0, total: lengthOf(headers['content-length']), version }
  const range = rangeOf(headers['content-range'])
  const changed = asked.version.etag !== null && version.etag !== null && asked.version.etag !== version.etag
  if (range?.start !== asked.size || changed) return 'misfit'
  return { start: range.start, total: range.total, version }
}

function refusal({ statusCode, statusMessage, headers }: IncomingMessage, now: number): FetchFailure {
  const status = statusCode ?? 0
  const passing = [408, 425, 429].includes(status) || (status >= 500 && status !== 501 && status !== 505)
  const retryAfter = parseRetryAfter(headers['retry-after'], now)
  return new FetchFailure(`the server answered ${status} ${statusMessage}`.trim(), { passing, retryAfter })
}

function versionOf({ headers }: IncomingMessage): Version {
  const etag = headers.etag
  // A weak ETag may stay where bytes change, and is not allowed in If-Range.
  return {
    etag: etag === undefined || etag.startsWith('W/') ? null : etag,
    lastModified: headers['last-modified'] ?? null,
  }
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
