/** Download failures, and whether a retry may succeed. */
import { StegoError } from '../errors.js'

/** A failed attempt. The message is a clause to embed in a sentence. */
export class FetchFailure extends Error {
  /** Whether a retry may succeed. */
  readonly transient: boolean
  /** Delay requested by the server before the next attempt, in milliseconds. */
  readonly retryAfter: number | null

  constructor(
    message: string,
    { transient = false, retryAfter = null, cause }: Partial<FetchFailure> & { cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.name = 'FetchFailure'
    this.transient = transient
    this.retryAfter = retryAfter
  }
}

/** Codes of transient network errors. */
const TRANSIENT = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENETDOWN',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'UND_ERR_SOCKET',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
])

/** Errors for malformed responses, to which undici does not always give a code. */
const MALFORMED = /^(HPE_|HTTPParserError)/

/** Explanations of cryptic undici errors. */
const MEANINGS: [RegExp, string][] = [
  [MALFORMED, 'the response is not valid HTTP'],
  [/^UND_ERR_SOCKET/, 'the connection was closed'],
  [/^UND_ERR_RES_CONTENT_LENGTH_MISMATCH/, 'the server did not send as many bytes as it announced'],
  [/^UND_ERR_HEADERS_OVERFLOW/, 'the response has too many headers'],
  [/^UND_ERR_PRX_TLS/, 'the certificate is for a different host'],
  [/^UND_ERR_INVALID_ARG .*\(407\)/, 'the proxy answered 407 Proxy Authentication Required'],
  [/^UND_ERR_INVALID_ARG Redirect loop/, 'the server redirects in a circle'],
  [/^UND_ERR_INVALID_ARG/, 'the server redirects to an address that is not http:// or https://'],
  [/^ERR_INVALID_URL/, 'the server redirects to something that is not an address'],
]

/** Codes for untrusted certificates. */
const UNTRUSTED = /^(CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/

/** Converts an error to a `FetchFailure`. Errors of this package are passed through. */
export function asFailure(error: unknown): FetchFailure | StegoError {
  if (error instanceof FetchFailure || error instanceof StegoError) return error
  const { name, message, code = name } = error as NodeJS.ErrnoException
  const meaning = MEANINGS.find(([pattern]) => pattern.test(`${code} ${message}`))?.[1]
  // An AggregateError of several addresses has an empty message.
  const said = meaning || message || code || String(error)
  const remedy = UNTRUSTED.test(code)
    ? ' (if a proxy inspects traffic, add its certificate with NODE_EXTRA_CA_CERTS)'
    : ''
  const transient = TRANSIENT.has(code) || MALFORMED.test(code)
  // This error contains the full URL, which may include secrets.
  const cause = code === 'ERR_INVALID_URL' ? undefined : error
  return new FetchFailure(`${said}${remedy}`, { transient, cause })
}

/** Whether an HTTP status is transient. */
export function isTransient(status: number): boolean {
  return [408, 425, 429].includes(status) || (status >= 500 && status !== 501 && status !== 505)
}
