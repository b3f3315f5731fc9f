import { readFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import test from 'ava'
import { proxiesFromEnv } from '../../lib/env.js'
import { selfSigned } from '../support/certificate.js'
import { flakyProxy, flakyServer, hangUp, silentServer, status, whole } from '../support/flaky-server.js'
import { entryOf, FILE, failureOf, fetching, sha256Of, someBytes } from './fetching.js'

const content = someBytes(100_000)
const known = { size: content.length, sha256: sha256Of(content) }
const tls = selfSigned()

test('encrypted addresses are reached through a tunnel', async (t) => {
  const proxy = await flakyProxy(t)
  const server = await flakyServer(t, [status(302, { location: '/there' }), whole(content)], tls)
  const { fetch, file } = await fetching(t)
  const transport = { proxies: { https: proxy.url }, ca: tls.cert }
  await fetch(entryOf(server.url, known), {}, { transport })
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
  await fetch(entryOf(server.url, known), {}, { transport: { proxies: {}, ca: tls.cert } })
  t.deepEqual(await readFile(file), content)
})

for (const tunnel of [true, false]) {
  test(`a certificate that nobody vouches for is refused ${tunnel ? 'through a tunnel' : 'directly'}`, async (t) => {
    const proxy = await flakyProxy(t)
    const server = await flakyServer(t, [whole(content)], tls)
    const { fetch, clock } = await fetching(t)
    const transport = { proxies: tunnel ? { https: proxy.url } : {} }
    const error = await failureOf(t, fetch(entryOf(server.url, known), {}, { transport }))
    t.regex(error.message, /self-signed certificate .*NODE_EXTRA_CA_CERTS/)
    t.deepEqual(server.requests, [])
    t.deepEqual(clock.slept, [])
  })
}

test('an encrypted address does not lead to one that is not', async (t) => {
  const plain = await flakyServer(t, [whole(content)])
  const server = await flakyServer(t, [status(302, { location: `${plain.url}/file` })], tls)
  const { fetch } = await fetching(t)
  const transport = { proxies: {}, ca: tls.cert }
  const error = await failureOf(t, fetch(entryOf(server.url), {}, { transport }))
  t.regex(error.message, /redirects from https: to http:/)
  t.deepEqual(plain.requests, [])
})

test('plain addresses go to the proxy whole, with its name and password', async (t) => {
  const proxy = await flakyProxy(t)
  const server = await flakyServer(t, [status(302, { location: '/there' }), whole(content)])
  const { fetch, file } = await fetching(t)
  const http = proxy.url.replace('//', '//me:se%20cret@')
  await fetch(entryOf(server.url, known), {}, { transport: { proxies: { http } } })
  t.deepEqual(await readFile(file), content)
  t.deepEqual(proxy.seen, [`GET ${server.url}/some/${FILE}`, `GET ${server.url}/there`])
  const basic = `Basic ${Buffer.from('me:se cret').toString('base64')}`
  t.deepEqual(proxy.credentials, [basic, basic])
  t.is(server.requests[0]!.headers['proxy-authorization'], undefined)
})

test('a tunnel is asked for with name and password too', async (t) => {
  const proxy = await flakyProxy(t)
  const server = await flakyServer(t, [whole(content)], tls)
  const { fetch } = await fetching(t)
  const https = proxy.url.replace('http://', 'me:secret@')
  await fetch(entryOf(server.url, known), {}, { transport: { proxies: { https }, ca: tls.cert } })
  t.deepEqual(proxy.credentials, [`Basic ${Buffer.from('me:secret').toString('base64')}`])
})

test('the way to the proxy may be encrypted itself', async (t) => {
  const proxy = await flakyProxy(t, { tls })
  const transport = { proxies: { http: proxy.url, https: proxy.url }, ca: tls.cert }
  for (const inner of [undefined, tls]) {
    const server = await flakyServer(t, [whole(content)], inner)
    const { fetch, file } = await fetching(t)
    await fetch(entryOf(server.url, known), {}, { transport })
    t.deepEqual(await readFile(file), content)
  }
  t.true(proxy.seen.length === 2 && proxy.seen.every((line) => line.startsWith('CONNECT ')))
})

test('a proxy that refuses is named, without its password', async (t) => {
  const proxy = await flakyProxy(t, { refuse: 407 })
  const { fetch } = await fetching(t)
  const https = proxy.url.replace('//', '//me:secret@')
  const error = await failureOf(
    t,
    fetch(entryOf('https://nowhere.invalid'), {}, { transport: { proxies: { https } } }),
  )
  t.true(
    error.message.includes(`the proxy ${new URL(proxy.url).host} answered 407 Proxy Authentication Required`),
  )
  t.notRegex(inspect(error, { depth: null }), /secret/)
  t.is(proxy.seen.length, 1)
})

test('a proxy that refuses plain requests says so too', async (t) => {
  const proxy = await flakyProxy(t, { refuse: 407 })
  const { fetch } = await fetching(t)
  const http = proxy.url.replace('//', '//me:secret@')
  const error = await failureOf(
    t,
    fetch(entryOf('http://nowhere.invalid'), {}, { transport: { proxies: { http } } }),
  )
  t.regex(error.message, /the proxy answered 407 Proxy Authentication Required/)
  t.notRegex(inspect(error, { depth: null }), /secret/)
  t.is(proxy.seen.length, 1)
})

test('a proxy with transient trouble is asked again', async (t) => {
  const proxy = await flakyProxy(t, { refuse: 503 })
  const { fetch } = await fetching(t)
  await failureOf(
    t,
    fetch(entryOf('https://nowhere.invalid'), {}, { transport: { proxies: { https: proxy.url } } }),
  )
  t.is(proxy.seen.length, 6)
})

test('NO_PROXY is honored', async (t) => {
  const proxy = await flakyProxy(t)
  const server = await flakyServer(t, [whole(content)])
  const { fetch } = await fetching(t)
  const proxies = { http: proxy.url, except: 'elsewhere, 127.0.0.1' }
  await fetch(entryOf(server.url, known), {}, { transport: { proxies } })
  t.deepEqual(proxy.seen, [])
  t.is(server.requests.length, 1)
})

for (const [except, reached] of [
  ['', 'through the proxy'],
  ['*', 'directly'],
  ['127.0.0.1', 'directly'],
  ['one.test two.test,127.0.0.1', 'directly'],
  ['.0.0.1', 'directly'],
  ['*.0.0.1', 'directly'],
  ['7.0.0.1', 'through the proxy'],
  ['127.0.0.1:PORT', 'directly'],
  ['127.0.0.1:1', 'through the proxy'],
  [':PORT', 'through the proxy'],
] as const) {
  test(`with NO_PROXY="${except}", http://127.0.0.1:PORT is reached ${reached}`, async (t) => {
    const proxy = await flakyProxy(t)
    const server = await flakyServer(t, [whole(content)])
    const { fetch } = await fetching(t)
    const proxies = { http: proxy.url, except: except.replace('PORT', new URL(server.url).port) }
    await fetch(entryOf(server.url, known), {}, { transport: { proxies } })
    t.is(proxy.seen.length, reached === 'directly' ? 0 : 1)
    t.is(server.requests.length, 1)
  })
}

test('each protocol has its own proxy; encrypted addresses take the other one where theirs is not set', async (t) => {
  const one = await flakyProxy(t)
  const two = await flakyProxy(t)
  const server = await flakyServer(t, [whole(content)], tls)
  for (const proxies of [{ http: one.url, https: two.url }, { http: one.url }]) {
    const { fetch } = await fetching(t)
    await fetch(entryOf(server.url, known), {}, { transport: { proxies, ca: tls.cert } })
  }
  t.is(two.seen.length, 1)
  t.is(one.seen.length, 1)
})

for (const https of ['socks5://me:secret@proxy', 'http://', 'http://me:secret%@proxy']) {
  test(`${https} is refused as a proxy by the name of its variable`, async (t) => {
    const { fetch } = await fetching(t)
    const error = await failureOf(
      t,
      fetch(entryOf('https://nowhere.invalid'), {}, { transport: { proxies: { https } } }),
    )
    t.regex(error.message, /HTTPS_PROXY is not a valid proxy URL: expected http:\/\/host:port/)
    t.notRegex(inspect(error, { depth: null }), /secret/)
  })
}

test('a proxy that hangs up is asked again, later each time', async (t) => {
  const proxy = await flakyServer(t, [hangUp])
  const { fetch, clock } = await fetching(t)
  const proxies = { https: proxy.url }
  const error = await failureOf(t, fetch(entryOf('https://nowhere.invalid'), {}, { transport: { proxies } }))
  t.regex(error.message, /the connection was closed/)
  t.is(clock.slept.length, 5)
})

for (const tunnel of [true, false]) {
  test(`a ${tunnel ? 'proxy' : 'server'} that does not answer while connecting is given up`, async (t) => {
    const { fetch, clock } = await fetching(t)
    let connections = 0
    const host = await silentServer(t, () => {
      connections++
      clock.expire()
    })
    const proxies = tunnel ? { https: host } : {}
    const url = tunnel ? 'https://nowhere.invalid' : `https://${host}`
    const error = await failureOf(t, fetch(entryOf(url), {}, { transport: { proxies } }))
    t.regex(error.message, /no data arrived for 30 s/)
    t.is(connections, 6)
  })
}

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
