/** One GET over undici: through the proxy that is set, and after redirects. */
import { STATUS_CODES } from 'node:http'
import { type Dispatcher, EnvHttpProxyAgent, interceptors, Pool, request } from 'undici'
import type { ProxySettings } from '../env.js'
import { asFailure, FetchFailure, isTransient } from './failure.js'

/** How servers are reached. */
export interface Transport {
  proxies: ProxySettings
  /** Certificates to trust instead of those known to Node. */
  ca?: string
}

export type Response = Dispatcher.ResponseData

type Interceptor = Dispatcher.DispatcherComposeInterceptor

/** Redirects that are followed. */
const MAX_REDIRECTS = 5

/**
 * Hands the response to `read`, its body not yet read. Every socket is closed when that ends, or the signal aborts.
 * Throws `FetchFailure`, or the network's own error; after an abort, any error.
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
  // The signal is the sockets' and not the request's, which would not be aborted while it waits for a connection.
  const connect = { ca, signal, timeout: 0 }
  return new EnvHttpProxyAgent({
    httpProxy: proxyAddress('HTTP_PROXY', proxies.http),
    httpsProxy: proxyAddress('HTTPS_PROXY', proxies.https),
    // Text in any case: undici would look at the environment itself.
    noProxy: proxies.except ?? '',
    // No time limits here and above: the caller's signal sets them.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect,
    requestTls: connect,
    proxyTls: connect,
    // Plain requests go to the proxy as they are: many open tunnels to port 443 alone.
    proxyTunnel: false,
    clientFactory: (proxy, options) =>
      new Pool(proxy, { ...options, headersTimeout: 0 }).compose(explainRefusals(proxy.host)),
  })
}

/** A proxy's address with its protocol; empty where none is set. */
function proxyAddress(variable: string, given = ''): string {
  if (given === '') return ''
  const address = given.includes('://') ? given : `http://${given}`
  try {
    const { protocol, username, password } = new URL(address)
    decodeURIComponent(username + password)
    if (protocol === 'http:' || protocol === 'https:') return address
  } catch {
    // Told below: the error would show the address, and with it the password.
  }
  throw new FetchFailure(
    `${variable} is not the address of a proxy: expected http://host:port or https://host:port, with special ` +
      'characters of a name and password percent-encoded',
  )
}

/** The header that an address with a name and password asks for; empty without. */
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

/** Says in words that a proxy opens no tunnel, and why. */
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
      // As a `FetchFailure`, since undici would ask a proxy that hangs up again and again.
      onResponseError: (controller, error) => handler.onResponseError?.(controller, asFailure(error)),
    })
}
