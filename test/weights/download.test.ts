import { readFile, writeFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import test from 'ava'
import type { DownloadProgress } from '../../lib/weights/progress.js'
import { SYSTEM_CLOCK } from '../../lib/weights/retry.js'
import { temporaryFolder } from '../support/dataset.js'
import {
  broken,
  etagOf,
  flakyServer,
  hangUp,
  lying,
  type Reply,
  ranged,
  status,
  whole,
} from '../support/flaky-server.js'
import { entryOf, FILE, failureOf, fetching, sha256Of, someBytes } from './fetching.js'

const content = someBytes(200_000)
const sha256 = sha256Of(content)
const known = { size: content.length, sha256 }

test('a file is fetched, checked, and told of on the way', async (t) => {
  const server = await flakyServer(t, [whole(content)])
  const { fetch, file, told, list } = await fetching(t)
  const { path, ...rest } = await fetch(entryOf(server.url, known))
  t.is(path, file)
  t.like(rest, { sha256, trust: 'published' })
  t.deepEqual(await readFile(file), content)
  t.deepEqual(await list(), [FILE, `${FILE}.json`])
  t.is(server.requests[0]!.path, `/some/${FILE}`)
  t.is(server.requests[0]!.headers['accept-encoding'], 'identity')
  t.like(told[0], { name: 'test-weights', state: 'receiving', done: 0, total: content.length })
  const middle = told.findLast(({ state }) => state === 'receiving')!
  t.is(middle.done, content.length)
  t.true(middle.bytesPerSecond! > 0 && middle.bytesPerSecond! <= content.length)
  t.like(told.at(-1), { state: 'done', done: content.length, total: content.length })
})

test('progress is told at most ten times a second', async (t) => {
  const server = await flakyServer(t, [whole(content)])
  const { fetch, told, clock } = await fetching(t)
  await fetch(entryOf(server.url, known), {}, { clock: { ...clock, now: () => 5 } })
  t.deepEqual(
    told.map(({ state, done }) => [state, done]),
    [
      ['receiving', 0],
      ['done', content.length],
    ],
  )
})

test('a server that does not answer, or stalls, is given up and asked again', async (t) => {
  const { fetch, file, told, clock } = await fetching(t)
  const server = await flakyServer(t, [
    () => clock.expire(),
    broken(content, 70_000, 'stall'),
    ranged(content),
  ])
  const onProgress = (progress: DownloadProgress) => {
    told.push(progress)
    if (progress.done > 0 && server.requests.length === 2) clock.expire()
  }
  await fetch(entryOf(server.url, known), { onProgress })
  t.deepEqual(await readFile(file), content)
  t.is(server.requests.length, 3)
  t.truthy(server.requests[2]!.headers.range)
  const waits = told.filter(({ state }) => state === 'waiting').map(({ message }) => message)
  t.deepEqual(waits, [
    'no data arrived for 30 s; retrying in 0.5 s',
    'no data arrived for 30 s; retrying in 1.0 s',
  ])
})

test('500 and closed connections are tried again, later each time', async (t) => {
  const server = await flakyServer(t, [status(500), status(503), hangUp, whole(content)])
  const { fetch, clock } = await fetching(t)
  await fetch(entryOf(server.url, known))
  t.deepEqual(clock.slept, [500, 1000, 2000])
})

test('a response that is not HTTP is tried again', async (t) => {
  const noise: Reply = (request) => void request.socket.end('SSH-2.0-OpenSSH\r\n')
  const server = await flakyServer(t, [noise, whole(content)])
  const { fetch, file, told } = await fetching(t)
  await fetch(entryOf(server.url, known))
  t.deepEqual(await readFile(file), content)
  t.regex(told[0]!.message!, /the response is not valid HTTP; retrying/)
})

test('the wait is shorter by chance', async (t) => {
  const server = await flakyServer(t, [status(500), whole(content)])
  const { fetch, clock } = await fetching(t)
  await fetch(entryOf(server.url, known), {}, { clock: { ...clock, random: () => 0.5 } })
  t.deepEqual(clock.slept, [375])
})

test('429 waits as long as the server asks, in seconds or until a date', async (t) => {
  const server = await flakyServer(t, [
    status(429, { 'retry-after': '7' }),
    status(429, { 'retry-after': 'Mon, 01 Jan 2024 00:00:30 GMT' }),
    whole(content),
  ])
  const { fetch, clock } = await fetching(t)
  await fetch(entryOf(server.url, known))
  t.is(clock.slept[0], 7000)
  t.true(clock.slept[1]! > 10_000 && clock.slept[1]! < 30_000)
})

test('a server that asks for an hour is not waited for', async (t) => {
  const server = await flakyServer(t, [status(503, { 'retry-after': '3600' })])
  const { fetch, clock } = await fetching(t)
  const error = await failureOf(t, fetch(entryOf(server.url)))
  t.regex(error.message, /answered 503 Service Unavailable and asks clients to wait 60 minutes\./)
  t.deepEqual(clock.slept, [])
})

test('it is given up after six failures', async (t) => {
  const server = await flakyServer(t, [status(500)])
  const { fetch, clock, list } = await fetching(t)
  const error = await failureOf(t, fetch(entryOf(server.url)))
  t.is(error.code, 'ERR_STEGO_DOWNLOAD')
  t.is(server.requests.length, 6)
  t.deepEqual(clock.slept, [500, 1000, 2000, 4000, 8000])
  t.deepEqual(await list(), [])
})

test('connections that each bring a good deal are not counted', async (t) => {
  const large = someBytes(9 * 2 ** 20)
  const server = await flakyServer(t, [
    (request, response) => {
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
      const end = Math.min(start + 1.1 * 2 ** 20, large.length)
      response.writeHead(start === 0 ? 200 : 206, {
        'content-length': large.length - start,
        'content-range': `bytes ${start}-${large.length - 1}/${large.length}`,
        etag: etagOf(large),
      })
      response.write(large.subarray(start, end), () =>
        end < large.length ? response.destroy() : response.end(),
      )
    },
  ])
  const { fetch, clock } = await fetching(t)
  const { sha256 } = await fetch(entryOf(server.url))
  t.is(sha256, sha256Of(large))
  t.true(clock.slept.length > 6)
  t.true(clock.slept.every((milliseconds) => milliseconds === 500))
})

test('404 is told at once, with what to do', async (t) => {
  const server = await flakyServer(t, [status(404)])
  const { fetch } = await fetching(t)
  const error = await failureOf(t, fetch(entryOf(server.url)))
  t.is(error.code, 'ERR_STEGO_DOWNLOAD')
  t.is(server.requests.length, 1)
  t.is(
    error.message,
    `test-weights cannot be downloaded from ${server.url}/some/${FILE}: the server answered 404 Not Found. Set ` +
      `STEGO_MIRROR to the URL of a folder that contains ${FILE}, or pass the path of a file that you downloaded ` +
      'another way, or use backbone "starter", which needs no download.',
  )
})

test('models are not replaced by a backbone', async (t) => {
  const server = await flakyServer(t, [status(409)])
  const { fetch } = await fetching(t)
  const error = await failureOf(t, fetch({ ...entryOf(server.url), kind: 'model' }))
  t.regex(error.message, /409 Conflict/)
  t.notRegex(error.message, /starter/)
})

test('redirects are followed', async (t) => {
  const target = await flakyServer(t, [whole(content)])
  const server = await flakyServer(t, [
    status(302, { location: '/elsewhere' }),
    status(307, { location: `${target.url}/file?key=1` }),
  ])
  const { fetch, file } = await fetching(t)
  await fetch(entryOf(server.url.replace('//', '//me:secret@'), known))
  t.deepEqual(await readFile(file), content)
  t.deepEqual(
    server.requests.map(({ path, headers }) => [path, headers.authorization !== undefined]),
    [
      [`/some/${FILE}`, true],
      ['/elsewhere', true],
    ],
  )
  t.is(target.requests[0]!.path, '/file?key=1')
  t.is(target.requests[0]!.headers.authorization, undefined)
})

test('a redirect loop ends', async (t) => {
  const server = await flakyServer(t, [status(301, { location: `/some/${FILE}` })])
  const { fetch } = await fetching(t)
  const error = await failureOf(t, fetch(entryOf(server.url)))
  t.regex(error.message, /redirects in a circle/)
  t.is(server.requests.length, 1)
})

test('five redirects are followed, and not a sixth', async (t) => {
  const hops = Array.from({ length: 6 }, (_, hop) => status(302, { location: `/${hop}` }))
  const { fetch, file } = await fetching(t)
  const patient = await flakyServer(t, [...hops.slice(1), whole(content)])
  await fetch(entryOf(patient.url, known))
  t.deepEqual(await readFile(file), content)
  const server = await flakyServer(t, [...hops, whole(content)])
  const error = await failureOf(t, fetch({ ...entryOf(server.url), url: `${server.url}/other.pth` }))
  t.regex(error.message, /there were too many redirects/)
  t.is(server.requests.length, 6)
})

for (const [location, told] of [
  ['ftp://elsewhere/file?secret', /redirects to an address that is not http/],
  ['http://?secret', /redirects to something that is not an address/],
] as const) {
  test(`a redirect to ${location} is refused`, async (t) => {
    const server = await flakyServer(t, [status(302, { location })])
    const { fetch } = await fetching(t)
    const error = await failureOf(t, fetch(entryOf(server.url)))
    t.regex(error.message, told)
    t.notRegex(inspect(error, { depth: null }), /secret/)
  })
}

test('a server that announces another length than the published one is refused at once', async (t) => {
  const server = await flakyServer(t, [lying(content, content.length - 10)])
  const { fetch, list } = await fetching(t)
  const error = await failureOf(t, fetch(entryOf(server.url, known)))
  t.regex(error.message, /announced 199990 bytes, but 200000 were expected/)
  t.is(server.requests.length, 1)
  t.deepEqual(await list(), [])
})

test('a server that announces more than it sends is asked again', async (t) => {
  const server = await flakyServer(t, [lying(content, content.length + 10), whole(content)])
  const { fetch, file } = await fetching(t)
  await fetch(entryOf(server.url))
  t.is(server.requests.length, 2)
  t.deepEqual(await readFile(file), content)
})

test('where nothing is published, the announced length is the file', async (t) => {
  const server = await flakyServer(t, [lying(content, content.length - 10)])
  const { fetch, file } = await fetching(t)
  await fetch(entryOf(server.url))
  t.deepEqual(await readFile(file), content.subarray(0, -10))
})

test('without an announced length, too much and too little are found by the published one', async (t) => {
  const sent = (bytes: Buffer) => flakyServer(t, [(_, response) => void response.writeHead(200).end(bytes)])
  const { fetch } = await fetching(t)
  const long = await sent(Buffer.concat([content, content]))
  const more = await failureOf(t, fetch(entryOf(long.url, { size: content.length })))
  t.regex(more.message, /sent more than the 200000 bytes expected/)
  const short = await sent(content.subarray(0, 1000))
  const less = await failureOf(t, fetch(entryOf(short.url, { size: content.length })))
  t.regex(less.message, /ended after 1000 of 200000 bytes/)
})

test('wrong bytes are refused and not kept', async (t) => {
  const other = someBytes(200_000, 2)
  const server = await flakyServer(t, [whole(other)])
  const { fetch, list } = await fetching(t)
  const error = await failureOf(t, fetch(entryOf(server.url, known)))
  t.true(error.message.includes(`the SHA-256 of the file is ${sha256Of(other)}, but ${sha256} was expected`))
  t.is(server.requests.length, 1)
  t.deepEqual(await list(), [])
})

test('an empty file is no file', async (t) => {
  const server = await flakyServer(t, [whole(Buffer.alloc(0))])
  const { fetch } = await fetching(t)
  t.regex((await failureOf(t, fetch(entryOf(server.url)))).message, /the file is empty/)
})

test('the page of a network that asks for a login is not taken for weights', async (t) => {
  const server = await flakyServer(t, [
    whole(Buffer.from('<html>'), { 'content-type': 'text/html; charset=utf-8' }),
  ])
  const { fetch, list } = await fetching(t)
  t.regex((await failureOf(t, fetch(entryOf(server.url)))).message, /sent a web page/)
  t.deepEqual(await list(), [])
})

test('a compressed body is refused', async (t) => {
  const server = await flakyServer(t, [whole(content, { 'content-encoding': 'gzip' })])
  const { fetch } = await fetching(t)
  t.regex((await failureOf(t, fetch(entryOf(server.url)))).message, /compressed the file \(gzip\)/)
})

test('an abort ends a wait, and one before the start asks for nothing', async (t) => {
  const server = await flakyServer(t, [status(500)])
  const { fetch } = await fetching(t)
  const controller = new AbortController()
  const reason = new Error('enough')
  const onProgress = ({ state }: { state: string }) => {
    if (state === 'waiting') controller.abort(reason)
  }
  const settings = { clock: SYSTEM_CLOCK }
  t.is(
    await t.throwsAsync(fetch(entryOf(server.url), { signal: controller.signal, onProgress }, settings)),
    reason,
  )
  t.is(await t.throwsAsync(fetch(entryOf(server.url), { signal: controller.signal })), reason)
  t.is(server.requests.length, 1)
})

test('a full disk is told before anything is written', async (t) => {
  const server = await flakyServer(t, [whole(content)])
  const { fetch, list } = await fetching(t)
  const error = await failureOf(t, fetch(entryOf(server.url, known), {}, { freeBytes: async () => 1000 }))
  t.is(error.code, 'ERR_STEGO_FILE')
  t.regex(error.message, /has 1000 bytes left, but .*weights\.pth needs 195\.3 KiB more/)
  t.regex(error.message, /STEGO_CACHE/)
  t.deepEqual(await list(), [])
})

test('a cache that cannot be written to is told as such', async (t) => {
  const server = await flakyServer(t, [whole(content)])
  const { fetch } = await fetching(t)
  const folder = await temporaryFolder(t)
  await writeFile(`${folder}/weights`, '')
  const error = await failureOf(t, fetch(entryOf(server.url, known), { cache: folder }))
  t.is(error.code, 'ERR_STEGO_FILE')
  t.deepEqual(server.requests, [])
})
