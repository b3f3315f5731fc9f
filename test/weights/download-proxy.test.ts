import { readFile } from 'node:fs/promises'
import test from 'ava'
import { proxiesFromEnv } from '../../lib/env.js'
import { proxyFor } from '../../lib/weights/http/proxy.js'
import { selfSigned } from '../support/certificate.js'
import { flakyProxy, flakyServer, status, whole } from '../support/flaky-server.js'
import { entryOf, FILE, failureOf, fetching, sha256Of, someBytes } from './fetching.js'

const content = someBytes(100_000)
const known = { size: content.length, sha256: sha256Of(content) }
const tls = selfSigned()

test('encrypted addresses are reached through a tunnel', async (t) => {
  const proxy = await flakyProxy(t)
  const server = await flakyServer(t, [status(302, { location: '/there' }), whole(content)], tls)
  const { fetch, file } = await fetching(t)
  const route = { proxies: { https: proxy.url }, ca: tls.cert }
  await fetch(entryOf(server.url, known), {}, { route })
  t.deepEqual(await readFile(file), content)
  const target = `CONNECT ${new URL(server.url).host}`
  t.deepEqual(proxy.seen, [target, target])
  t.deepEqual(
    server.requests.map(({ path, headers }) => [path, headers.host]),
    [`/some/${FILE}`, '/there'].map((path) => [path, new URL(server.url).host]),
  )
})

test('without a proxy, encrypted addresses are reached directly', async (t) => {
  const server = await flakyServer(t, [whole(content)], tls)
  const { fetch, file } = await fetching(t)
  await fetch(entryOf(server.url, known), {}, { route: { proxies: {}, ca: tls.cert } })
  t.deepEqual(await readFile(file), content)
})

for (const tunnel of [true, false]) {
  test(`a certificate that nobody vouches for is refused ${tunnel ? 'through a tunnel' : 'directly'}`, async (t) => {
    const proxy = await flakyProxy(t)
    const server = await flakyServer(t, [whole(content)], tls)
    const { fetch, clock } = await fetching(t)
    const route = { proxies: tunnel ? { https: proxy.url } : {} }
    const error = await failureOf(t, fetch(entryOf(server.url, known), {}, { route }))
    t.regex(error.message, /self-signed certificate .*NODE_EXTRA_CA_CERTS/)
    t.deepEqual(server.requests, [])
    t.deepEqual(clock.slept, [])
  })
}

test('an encrypted address does not lead to one that is not', async (t) => {
  const plain = await flakyServer(t, [whole(content)])
  const server = await flakyServer(t, [status(302, { location: `${plain.url}/file` })], tls)
  const { fetch } = await fetching(t)
  const route = { proxies: {}, ca: tls.cert }
  const error = await failureOf(t, fetch(entryOf(server.url), {}, { route }))
  t.regex(error.message, /redirects from https: to http:/)
  t.deepEqual(plain.requests, [])
})

test('plain addresses go to the proxy whole, with its name and password', async (t) => {
  const proxy = await flakyProxy(t)
  const server = await flakyServer(t, [whole(content)])
  const { fetch, file } = await fetching(t)
  const http = proxy.url.replace('//', '//me:se%20cret@')
  await fetch(entryOf(server.url, known), {}, { route: { proxies: { http } } })
  t.deepEqual(await readFile(file), content)
  t.deepEqual(proxy.seen, [`GET ${server.url}/some/${FILE}`])
  t.deepEqual(proxy.credentials, [`Basic ${Buffer.from('me:se cret').toString('base64')}`])
  t.is(server.requests[0]!.headers['proxy-authorization'], undefined)
})

test('a tunnel is asked for with name and password too', async (t) => {
  const proxy = await flakyProxy(t)
  const server = await flakyServer(t, [whole(content)], tls)
  const { fetch } = await fetching(t)
  const https = proxy.url.replace('http://', 'me:secret@')
  await fetch(entryOf(server.url, known), {}, { route: { proxies: { https }, ca: tls.cert } })
  t.deepEqual(proxy.credentials, [`Basic ${Buffer.from('me:secret').toString('base64')}`])
})

test('the way to the proxy may be encrypted itself', async (t) => {
  const proxy = await flakyProxy(t, { tls })
  const route = { proxies: { http: proxy.url, https: proxy.url }, ca: tls.cert }
  for (const inner of [undefined, tls]) {
    const server = await flakyServer(t, [whole(content)], inner)
    const { fetch, file } = await fetching(t)
    await fetch(entryOf(server.url, known), {}, { route })
    t.deepEqual(await readFile(file), content)
  }
  t.deepEqual(
    proxy.seen.map((line) => line.split(' ')[0]),
    ['GET', 'CONNECT'],
  )
})

test('a proxy that refuses is named, without its password', async (t) => {
  const proxy = await flakyProxy(t, { refuse: 407 })
  const { fetch } = await fetching(t)
  const https = proxy.url.replace('//', '//me:secret@')
  const error = await failureOf(
    t,
    fetch(entryOf('https://nowhere.invalid'), {}, { route: { proxies: { https } } }),
  )
  t.true(error.message.includes(`the proxy ${new URL(proxy.url).host} answered 407 Refused`))
  t.notRegex(error.message, /secret/)
  t.is(proxy.seen.length, 1)
})

test('a proxy with a passing trouble is asked again', async (t) => {
  const proxy = await flakyProxy(t, { refuse: 503 })
  const { fetch } = await fetching(t)
  await failureOf(
    t,
    fetch(entryOf('https://nowhere.invalid'), {}, { route: { proxies: { https: proxy.url } } }),
  )
  t.is(proxy.seen.length, 6)
})

test('NO_PROXY is honoured', async (t) => {
  const proxy = await flakyProxy(t)
  const server = await flakyServer(t, [whole(content)])
  const { fetch } = await fetching(t)
  const proxies = { http: proxy.url, except: 'elsewhere, 127.0.0.1' }
  await fetch(entryOf(server.url, known), {}, { route: { proxies } })
  t.deepEqual(proxy.seen, [])
  t.is(server.requests.length, 1)
})

const PROXY = 'http://proxy:3128'

for (const [url, except, reached] of [
  ['https://dl.example.com/file', '', 'by proxy'],
  ['https://dl.example.com/file', '*', 'directly'],
  ['https://dl.example.com/file', 'example.com', 'directly'],
  ['https://dl.example.com/file', '.example.com', 'directly'],
  ['https://dl.example.com/file', '*.Example.com', 'directly'],
  ['https://notexample.com/file', 'example.com', 'by proxy'],
  ['https://example.com/file', 'one.test two.test,example.com', 'directly'],
  ['https://example.com/file', 'example.com:443', 'directly'],
  ['https://example.com/file', 'example.com:8443', 'by proxy'],
  ['https://example.com:8443/file', 'example.com:8443', 'directly'],
  ['http://[::1]:8080/file', '::1', 'directly'],
  ['http://[::1]:8080/file', '[::1]:8080', 'directly'],
  ['http://[::1]:8080/file', '[::1]:80', 'by proxy'],
  ['https://example.com/file', ':443', 'by proxy'],
] as const) {
  test(`${url} with NO_PROXY="${except}" is reached ${reached}`, (t) => {
    const proxy = proxyFor(new URL(url), { http: PROXY, https: PROXY, except })
    t.is(proxy?.href ?? null, reached === 'directly' ? null : `${PROXY}/`)
  })
}

test('each protocol has its own proxy, http where none is named', (t) => {
  const settings = { http: 'one:1', https: 'https://two:2' }
  t.is(proxyFor(new URL('http://a'), settings)?.href, 'http://one:1/')
  t.is(proxyFor(new URL('https://a'), settings)?.href, 'https://two:2/')
  t.is(proxyFor(new URL('https://a'), { http: 'one:1' }), null)
})

test('a proxy of another kind is refused by the name of its variable', (t) => {
  t.throws(() => proxyFor(new URL('https://a'), { https: 'socks5://me:secret@proxy' }), {
    message: 'HTTPS_PROXY names no proxy: expected http://host:port or https://host:port',
  })
})

test('variables are read in both spellings', (t) => {
  t.deepEqual(
    proxiesFromEnv({ HTTP_PROXY: 'a', http_proxy: 'b', HTTPS_PROXY: 'c', NO_PROXY: 'd', no_proxy: '' }),
    {
      http: 'b',
      https: 'c',
      except: 'd',
    },
  )
  t.deepEqual(proxiesFromEnv({}), { http: undefined, https: undefined, except: undefined })
})
