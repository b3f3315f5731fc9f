/** One GET: through the proxy that is set, and after redirects. */
import type { IncomingMessage, RequestOptions } from 'node:http'
import type { ProxySettings } from '../../env.js'
import { FetchFailure } from './failure.js'
import { bareHost, credentials, openTunnel, parseUrl, portOf, proxyFor, senderFor } from './proxy.js'

/** How servers are reached. */
export interface Route {
  proxies: ProxySettings
  /** Certificates to trust instead of those known to Node. */
  ca?: string
}

const MAX_REDIRECTS = 5

/**
 * The answer of a server, its body not yet read. An aborted signal ends the request and, later, the body with an error.
 * Throws `FetchFailure`, or the network's own error.
 */
export async function get(
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
  route: Route,
): Promise<IncomingMessage> {
  let target = url
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const answer = await send(target, headers, signal, route)
    const { location } = answer.headers
    if (location === undefined || ![301, 302, 303, 307, 308].includes(answer.statusCode!)) return answer
    answer.destroy()
    target = redirected(target, location)
  }
  throw new FetchFailure(`there were more than ${MAX_REDIRECTS} redirects`)
}

function redirected(from: URL, location: string): URL {
  const to = parseUrl(location, from)
  if (to?.protocol === 'https:' || (to?.protocol === 'http:' && from.protocol === 'http:')) return to
  // What may follow is a query with a key in it: only the protocol is told.
  throw new FetchFailure(
    to
      ? `${from.host} redirects from ${from.protocol} to ${to.protocol}`
      : `${from.host} redirects to no address`,
  )
}

async function send(
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
  route: Route,
): Promise<IncomingMessage> {
  const { by, ...where } = await reach(url, signal, route)
  return new Promise((resolve, reject) => {
    const request = senderFor(by)({
      ...where,
      headers: { host: url.host, ...headers, ...credentials(url, 'authorization'), ...where.headers },
      signal,
    })
    // Stays: what comes after the answer is the body's affair, or, once that is whole, nobody's.
    request.on('error', reject)
    request.on('response', resolve)
    request.end()
  })
}

/** Whom the request goes to, and what it asks for there. */
async function reach(
  url: URL,
  signal: AbortSignal,
  { proxies, ca }: Route,
): Promise<RequestOptions & { by: URL; ca?: string }> {
  const path = `${url.pathname}${url.search}`
  const proxy = proxyFor(url, proxies)
  if (proxy === null) return { by: url, host: bareHost(url), port: portOf(url), path, agent: false, ca }
  if (url.protocol === 'https:') {
    const tunnel = await openTunnel(proxy, url, signal, ca)
    return { by: url, host: bareHost(url), path, createConnection: () => tunnel }
  }
  const headers = credentials(proxy, 'proxy-authorization')
  const address = `http://${url.host}${path}`
  return { by: proxy, host: bareHost(proxy), port: portOf(proxy), path: address, headers, agent: false, ca }
}
