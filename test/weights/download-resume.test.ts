import { spawnSync } from 'node:child_process'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test from 'ava'
import { broken, etagOf, flakyServer, ranged, whole } from '../support/flaky-server.js'
import { entryOf, FILE, fetching, sha256Of, someBytes } from './fetching.js'

const content = someBytes(200_000)
const known = { size: content.length, sha256: sha256Of(content) }

test('a broken connection is taken up where it ended', async (t) => {
  const server = await flakyServer(t, [broken(content, 70_000, 'cut'), ranged(content)])
  const { fetch, file, told, clock } = await fetching(t)
  await fetch(entryOf(server.url, known))
  t.deepEqual(await readFile(file), content)
  const { range, 'if-range': version } = server.requests[1]!.headers
  const start = Number(/^bytes=(\d+)-$/.exec(range!)![1])
  t.true(start > 0 && start <= 70_000)
  t.is(version, etagOf(content))
  t.deepEqual(clock.slept, [500])
  const wait = told.find(({ state }) => state === 'waiting')!
  t.is(wait.done, start)
  t.regex(wait.message!, /; retrying in 0\.5 s$/)
})

test('a server that ignores Range sends all again', async (t) => {
  const server = await flakyServer(t, [broken(content, 70_000, 'cut'), whole(content)])
  const { fetch, file } = await fetching(t)
  await fetch(entryOf(server.url))
  t.truthy(server.requests[1]!.headers.range)
  t.deepEqual(await readFile(file), content)
})

test('a file that changes between attempts is fetched anew', async (t) => {
  const other = someBytes(150_000, 2)
  const server = await flakyServer(t, [broken(content, 70_000, 'cut'), ranged(other)])
  const { fetch, file } = await fetching(t)
  await fetch(entryOf(server.url))
  t.is(server.requests[1]!.headers['if-range'], etagOf(content))
  t.deepEqual(await readFile(file), other)
})

test('a server that sends the rest of another file is not believed', async (t) => {
  const other = someBytes(200_000, 2)
  const server = await flakyServer(t, [
    broken(content, 70_000, 'cut'),
    (request, response) => {
      request.headers['if-range'] = etagOf(other)
      ranged(other)(request, response)
    },
    ranged(other),
  ])
  const { fetch, file } = await fetching(t)
  await fetch(entryOf(server.url))
  t.is(server.requests.length, 3)
  t.is(server.requests[2]!.headers.range, undefined)
  t.deepEqual(await readFile(file), other)
})

test('bytes of two versions are found by their SHA-256 and asked for once more', async (t) => {
  const other = someBytes(200_000, 2)
  const sameTag = { etag: '"unchanged"' }
  const server = await flakyServer(t, [
    broken(other, 70_000, 'cut', sameTag),
    (request, response) => {
      const start = Number(/^bytes=(\d+)-/.exec(request.headers.range!)![1])
      const range = `bytes ${start}-${content.length - 1}/${content.length}`
      response.writeHead(206, { 'content-range': range, ...sameTag }).end(content.subarray(start))
    },
    whole(content, sameTag),
  ])
  const { fetch, file } = await fetching(t)
  await fetch(entryOf(server.url, known))
  t.is(server.requests.length, 3)
  t.is(server.requests[2]!.headers.range, undefined)
  t.deepEqual(await readFile(file), content)
})

test('without anything to compare, a part is not gone on with', async (t) => {
  const weak = { etag: 'W/"weak"' }
  const server = await flakyServer(t, [broken(content, 70_000, 'cut', weak), ranged(content)])
  const { fetch, file } = await fetching(t)
  await fetch(entryOf(server.url))
  t.is(server.requests[1]!.headers.range, undefined)
  t.deepEqual(await readFile(file), content)
})

test('a date serves where there is no ETag', async (t) => {
  const date = 'Wed, 21 Oct 2015 07:28:00 GMT'
  const dated = { etag: 'W/"weak"', 'last-modified': date }
  const server = await flakyServer(t, [broken(content, 70_000, 'cut', dated), whole(content)])
  const { fetch } = await fetching(t)
  await fetch(entryOf(server.url))
  t.is(server.requests[1]!.headers['if-range'], date)
})

test('an abort leaves a part that the next call takes up', async (t) => {
  const server = await flakyServer(t, [broken(content, 70_000, 'stall'), ranged(content)])
  const { fetch, file, list, abortWithin } = await fetching(t)
  await abortWithin(entryOf(server.url, known))
  t.deepEqual(await list(), [`${FILE}.part`, `${FILE}.part.json`])
  const part = await readFile(`${file}.part`)
  t.true(part.length > 0)
  t.deepEqual(part, content.subarray(0, part.length))

  const { path } = await fetch(entryOf(server.url, known))
  t.is(server.requests[1]!.headers.range, `bytes=${part.length}-`)
  t.deepEqual(await readFile(path), content)
  t.deepEqual(await list(), [FILE, `${FILE}.json`])
})

test('a part that is whole already needs no more bytes', async (t) => {
  const server = await flakyServer(t, [ranged(content)])
  const { fetch, file, list } = await fetching(t)
  const url = `${server.url}/some/${FILE}`
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.part`, content)
  await writeFile(`${file}.part.json`, JSON.stringify({ url, etag: etagOf(content), lastModified: null }))
  const { path } = await fetch(entryOf(server.url, known))
  t.is(server.requests.at(-1)!.headers.range, `bytes=${content.length}-`)
  t.deepEqual(await readFile(path), content)
  t.deepEqual(await list(), [FILE, `${FILE}.json`])
})

test('a part of another address is dropped', async (t) => {
  const server = await flakyServer(t, [broken(content, 70_000, 'stall')])
  const { fetch, file, abortWithin } = await fetching(t)
  await abortWithin(entryOf(server.url, known))
  const elsewhere = await flakyServer(t, [ranged(content)])
  await fetch(entryOf(elsewhere.url, known))
  t.is(elsewhere.requests[0]!.headers.range, undefined)
  t.deepEqual(await readFile(file), content)
})

test('what a process left that was killed is taken up', async (t) => {
  const server = await flakyServer(t, [broken(content, 70_000, 'stall'), ranged(content)])
  const { fetch, file, list, abortWithin } = await fetching(t)
  const [running] = (await abortWithin(entryOf(server.url, known))).filter((name) => name.endsWith('.part'))
  t.true(running!.includes(`-${process.pid}-`))
  // As it would have been called by a process that has ended.
  const { pid } = spawnSync(process.execPath, ['--version'])
  const orphan = join(dirname(file), running!.replace(`-${process.pid}-`, `-${pid}-`))
  await rename(`${file}.part`, orphan)
  await rename(`${file}.part.json`, `${orphan}.json`)

  await fetch(entryOf(server.url, known))
  t.truthy(server.requests[1]!.headers.range)
  t.deepEqual(await list(), [FILE, `${FILE}.json`])
})

test('what another process is writing to is left alone', async (t) => {
  const server = await flakyServer(t, [ranged(content)])
  const { fetch, file, list, abortWithin } = await fetching(t)
  const stalled = await flakyServer(t, [broken(content, 70_000, 'stall')])
  const [running] = (await abortWithin(entryOf(stalled.url, known))).filter((name) => name.endsWith('.part'))
  await rename(`${file}.part`, join(dirname(file), running!))
  await rm(`${file}.part.json`)
  await fetch(entryOf(server.url, known))
  t.is(server.requests[0]!.headers.range, undefined)
  t.deepEqual(await list(), [FILE, running, `${FILE}.json`].sort())
})
