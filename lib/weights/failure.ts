/** Why an attempt to fetch failed, and whether another may succeed. */
import { StegoError } from '../errors.js'

/** One attempt failed. The message is what happened, to stand within a sentence. */
export class FetchFailure extends Error {
  /** Another attempt may succeed. */
  readonly transient: boolean
  /** What the server asks for before the next attempt, in milliseconds. */
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

/** Codes of a network that may work again in a moment. */
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

/** A response that is not HTTP: undici gives such errors a code only sometimes. */
const MALFORMED = /^(HPE_|HTTPParserError)/

/** What undici means by a code and message that say little to users. */
const MEANINGS: [RegExp, string][] = [
  [MALFORMED, 'the response is not valid HTTP'],
  [/^UND_ERR_SOCKET/, 'the connection was closed'],
  [/^UND_ERR_RES_CONTENT_LENGTH_MISMATCH/, 'the server did not send as many bytes as it announced'],
  [/^UND_ERR_HEADERS_OVERFLOW/, 'the response has too many headers'],
  [/^UND_ERR_PRX_TLS/, 'the certificate is for another host'],
  [/^UND_ERR_INVALID_ARG .*\(407\)/, 'the proxy answered 407 Proxy Authentication Required'],
  [/^UND_ERR_INVALID_ARG Redirect loop/, 'the server redirects in a circle'],
  [/^UND_ERR_INVALID_ARG/, 'the server redirects to an address that is not http:// or https://'],
  [/^ERR_INVALID_URL/, 'the server redirects to something that is not an address'],
]

/** Codes of a certificate that is not trusted. */
const UNTRUSTED = /^(CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/

/** What a thrown error means for the next attempt. Errors with a code of this package go through as they are. */
export function asFailure(error: unknown): FetchFailure | StegoError {
  if (error instanceof FetchFailure || error instanceof StegoError) return error
  const { name, message, code = name } = error as NodeJS.ErrnoException
  const meaning = MEANINGS.find(([pattern]) => pattern.test(`${code} ${message}`))?.[1]
  // An AggregateError of several addresses has an empty message.
  const said = meaning || message || code || String(error)
  const remedy = UNTRUSTED.test(code)
    ? ' (if a proxy inspects the traffic, name its certificate in NODE_EXTRA_CA_CERTS)'
    : ''
  const transient = TRANSIENT.has(code) || MALFORMED.test(code)
  // This one holds the whole address, in which there may be keys.
  const cause = code === 'ERR_INVALID_URL' ? undefined : error
  return new FetchFailure(`${said}${remedy}`, { transient, cause })
}

/** Whether a server, or a proxy, that answers with this status may answer otherwise soon. */
export function isTransient(status: number): boolean {
  return [408, 425, 429].includes(status) || (status >= 500 && status !== 501 && status !== 505)
}
