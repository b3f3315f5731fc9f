/**
 * Proxies, which Node's own http leaves to its user: plain requests go to the proxy with their whole address, encrypted
 * ones through a tunnel that CONNECT opens.
 */
import { request as plainRequest } from 'node:http'
import { request as encryptedRequest } from 'node:https'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ProxySettings } from '../../env.js'
import { FetchFailure } from './failure.js'

/** The proxy an address is reached through; null where it is reached directly. */
export function proxyFor(url: URL, settings: ProxySettings): URL | null {
  const given = url.protocol === 'https:' ? settings.https : settings.http
  if (given === undefined || isExcepted(url, settings.except ?? '')) return null
  const proxy = parseUrl(given.includes('://') ? given : `http://${given}`)
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy
  const variable = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  throw new FetchFailure(`${variable} names no proxy: expected http://host:port or https://host:port`)
}

/** `NO_PROXY`: `*`, or hosts with their subdomains, each with a port or without. */
function isExcepted(url: URL, except: string): boolean {
  const host = bareHost(url)
  const entries = except.toLowerCase().split(/[\s,]+/)
  return entries.some((entry) => {
    if (entry === '*') return true
    const wanted = hostAndPort(entry)
    const hostFits = host === wanted.host || host.endsWith(`.${wanted.host}`)
    return wanted.host !== '' && hostFits && (wanted.port === undefined || wanted.port === portOf(url))
  })
}

function hostAndPort(entry: string): { host: string; port?: string } {
  const bracketed = /^\[(.*)\](?::(\d+))?$/.exec(entry)
  if (bracketed) return { host: bracketed[1]!, port: bracketed[2] }
  const [host = '', port, more] = entry.split(':')
  return more === undefined ? { host: host.replace(/^\*?\./, ''), port } : { host: entry }
}

/** An address; null where the text is none. */
export function parseUrl(text: string, base?: URL): URL | null {
  return URL.canParse(text, base?.href) ? new URL(text, base) : null
}

/** A host as sockets want it: IPv6 addresses without their brackets. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/** The port of an address, also where it is the protocol's own. */
export function portOf(url: URL): string {
  return url.port || (url.protocol === 'https:' ? '443' : '80')
}

/** The header that an address with a name and password asks for; empty without. */
export function credentials(url: URL, header: 'authorization' | 'proxy-authorization') {
  if (url.username === '') return {}
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return { [header]: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** The function that sends a request to an address of this protocol. */
export function senderFor(url: URL) {
  return url.protocol === 'https:' ? encryptedRequest : plainRequest
}

/** A TLS connection to `url` through a proxy. `ca` replaces the certificates known to Node. */
export async function openTunnel(proxy: URL, url: URL, signal: AbortSignal, ca?: string): Promise<Socket> {
  const target = `${url.hostname}:${portOf(url)}`
  const socket = await new Promise<Socket>((resolve, reject) => {
    const request = senderFor(proxy)({
      host: bareHost(proxy),
      port: portOf(proxy),
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...credentials(proxy, 'proxy-authorization') },
      agent: false,
      signal,
      ca,
    })
    request.on('error', reject)
    request.on('connect', ({ statusCode, statusMessage }, tunnel: Socket) => {
      if (statusCode === 200) return resolve(tunnel)
      tunnel.destroy()
      const answer = `the proxy ${proxy.host} answered ${statusCode} ${statusMessage}`.trim()
      const passing = statusCode !== undefined && statusCode >= 500
      reject(new FetchFailure(answer, { passing }))
    })
    request.end()
  })
  const host = bareHost(url)
  // An IP address must not be given as a server's name.
  const servername = /^[\d.]+$|:/.test(host) ? '' : host
  return connectTls({ socket, host, servername, ca })
}
