/** Why an attempt to fetch ended, and whether another may do better. */
import { StegoError } from '../../errors.js'

/** One attempt failed. The message is what happened, to stand within a sentence. */
export class FetchFailure extends Error {
  /** Another attempt may do better. */
  readonly passing: boolean
  /** What the server asks for before the next attempt, in milliseconds. */
  readonly retryAfter: number | null

  constructor(
    message: string,
    { passing = false, retryAfter = null, cause }: Partial<FetchFailure> & { cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.name = 'FetchFailure'
    this.passing = passing
    this.retryAfter = retryAfter
  }
}

/** Codes of a network that may work again in a moment. `HPE_*` is an answer that is no HTTP. */
const PASSING = new Set([
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
])

/** Codes of a certificate that is not trusted. */
const UNTRUSTED = /^(CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/

/** What a thrown error means for the next attempt. Errors with a code of this package go through as they are. */
export function asFailure(error: unknown): FetchFailure | StegoError {
  if (error instanceof FetchFailure || error instanceof StegoError) return error
  const { code, message } = error as NodeJS.ErrnoException
  const passing = code !== undefined && (PASSING.has(code) || code.startsWith('HPE_'))
  // An AggregateError of several addresses has an empty message.
  const said = message || code || String(error)
  const remedy = UNTRUSTED.test(code ?? '')
    ? ' (where a proxy inspects the traffic, name its certificate in NODE_EXTRA_CA_CERTS)'
    : ''
  return new FetchFailure(`${said}${remedy}`, { passing, cause: error })
}
