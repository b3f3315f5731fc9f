/** HTTP GET with undici, supporting proxies and redirects. */
import { STATUS_CODES } from 'node:http'
import { type Dispatcher, EnvHttpProxyAgent, interceptors, Pool, request } from 'undici'
import type { ProxySettings } from '../env.js'
import { asFailure, FetchFailure, isTransient } from './failure.js'

/** Connection settings. */
export interface Transport {
  proxies: ProxySettings
  /** Certificates to trust instead of Node's. */
  ca?: string
}

export type Response = Dispatcher.ResponseData

type Interceptor = Dispatcher.DispatcherComposeInterceptor

/** Maximum number of redirects. */
const MAX_REDIRECTS = 5

/**
 * Passes the response to `read` with its body unread. Closes all sockets when `read` finishes or the signal aborts.
 * Throws `FetchFailure` or a network error; after an abort, any error.
 */
export async function get<T>(
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
  transport: Transport,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const agent = agentFor(transport, signal)
  try {
    const dispatcher = agent.compose(keepSafe, interceptors.redirect({ maxRedirections: MAX_REDIRECTS }))
    return await read(await request(url, { dispatcher, headers: { ...authorization(url), ...headers } }))
  } finally {
    await agent.destroy()
  }
}

function agentFor({ proxies, ca }: Transport, signal: AbortSignal): EnvHttpProxyAgent {
  // Abort the sockets, not the request, which would not abort while waiting for a connection.
  const connect = { ca, signal, timeout: 0 }
  return new EnvHttpProxyAgent({
    httpProxy: proxyAddress('HTTP_PROXY', proxies.http),
    httpsProxy: proxyAddress('HTTPS_PROXY', proxies.https),
    // Always a string, or undici would read the environment itself.
    noProxy: proxies.except ?? '',
    // No timeouts here or above: the caller's signal handles them.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect,
    requestTls: connect,
    proxyTls: connect,
    // Send plain HTTP requests to the proxy directly, since many proxies tunnel only to port 443.
    proxyTunnel: false,
    clientFactory: (proxy, options) =>
      new Pool(proxy, { ...options, headersTimeout: 0 }).compose(explainRefusals(proxy.host)),
  })
}

/** A proxy's URL with a protocol; empty if none is set. */
function proxyAddress(variable: string, given = ''): string {
  if (given === '') return ''
  const address = given.includes('://') ? given : `http://${given}`
  try {
    const { protocol, username, password } = new URL(address)
    decodeURIComponent(username + password)
    if (protocol === 'http:' || protocol === 'https:') return address
  } catch {
    // Reported below, since this error would reveal the password.
  }
  throw new FetchFailure(
    `${variable} is not a valid proxy URL: expected http://host:port or https://host:port, with special ` +
      'characters in credentials percent-encoded',
  )
}

/** Authorization header for a URL with credentials; empty otherwise. */
function authorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** Refuses redirects from https to http. */
const keepSafe: Interceptor = (dispatch) => {
  let before = ''
  return (options, handler) => {
    const { protocol, host } = new URL(options.origin!)
    if (before === 'https:' && protocol !== 'https:') {
      throw new FetchFailure(`the server redirects from https: to ${protocol}//${host}`)
    }
    before = protocol
    return dispatch(options, handler)
  }
}

/** Explains why a proxy refuses a tunnel. */
function explainRefusals(proxy: string): Interceptor {
  return (dispatch) => (options, handler) =>
    dispatch(options, {
      onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
      onRequestUpgrade: (controller, status, headers, socket) => {
        if (status === 200) return handler.onRequestUpgrade?.(controller, status, headers, socket)
        socket.destroy()
        const message = `the proxy ${proxy} answered ${status} ${STATUS_CODES[status] ?? ''}`.trim()
        handler.onResponseError?.(controller, new FetchFailure(message, { transient: isTransient(status) }))
      },
      // Throw a `FetchFailure`, since undici would keep retrying.
      onResponseError: (controller, error) => handler.onResponseError?.(controller, asFailure(error)),
    })
}
