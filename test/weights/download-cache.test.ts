import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { cacheFromEnv, mirrorFromEnv, offlineFromEnv } from '../../lib/env.js'
import { fileName, published } from '../../lib/weights/registry.js'
import { resolveWeights } from '../../lib/weights/resolve.js'
import { temporaryFolder } from '../support/dataset.js'
import { flakyServer, ranged, status, whole } from '../support/flaky-server.js'
import { entryOf, FILE, failureOf, fetching, sha256Of, someBytes } from './fetching.js'

const content = someBytes(50_000)
const other = someBytes(50_000, 2)
const sha256 = sha256Of(content)
const FIXTURE = fileURLToPath(new URL('fixtures/fetch.ts', import.meta.url))
const LOADING = fileURLToPath(new URL('fixtures/loading.ts', import.meta.url))
/** A name whose file can be any: nothing is published of it. */
const UNKNOWN = 'dino-vits8-standard'
const known = { size: content.length, sha256 }

test('a file is fetched once', async (t) => {
  const server = await flakyServer(t, [whole(content)])
  const { fetch, file, told } = await fetching(t)
  const first = await fetch(entryOf(server.url, known))
  const before = told.length
  t.deepEqual(await fetch(entryOf(server.url, known)), first)
  t.is(first.path, file)
  t.is(server.requests.length, 1)
  t.is(told.length, before)
})

test('the record says where a file comes from', async (t) => {
  const server = await flakyServer(t, [whole(content)])
  const { fetch, file, told } = await fetching(t)
  const entry = entryOf(server.url, known)
  await fetch({ ...entry, url: `${entry.url.replace('//', '//me:secret@')}?key=secret` })
  const record = JSON.parse(await readFile(`${file}.json`, 'utf8'))
  t.like(record, { url: entry.url, size: content.length, sha256, trust: 'published' })
  t.is(told.at(-1)!.message, 'the SHA-256 matches the published one')
  t.is(server.requests[0]!.headers.authorization, `Basic ${Buffer.from('me:secret').toString('base64')}`)
})

test('where no SHA-256 is published, the first file is the one trusted, and that is said', async (t) => {
  const server = await flakyServer(t, [whole(content)])
  const { fetch, file, told } = await fetching(t)
  const entry = entryOf(server.url)
  t.like(await fetch(entry), { sha256, trust: 'first use' })
  t.is(told.at(-1)!.message, `no SHA-256 is published for this file; from now on it must be ${sha256}`)
  t.like(await fetch(entry), { sha256, trust: 'first use' })

  await writeFile(file, other)
  const error = await failureOf(t, fetch(entry))
  t.is(error.code, 'ERR_STEGO_DOWNLOAD')
  t.is(
    error.message,
    `${file} is not the file it was at first use: expected 50000 bytes with SHA-256 ${sha256}, found 50000 bytes ` +
      `with ${sha256Of(other)}. Delete it and the .json file next to it to download it again.`,
  )
  t.is(server.requests.length, 1)
})

test('a file that was trusted and then published is checked by what is published', async (t) => {
  const server = await flakyServer(t, [whole(content)])
  const { fetch, file } = await fetching(t)
  await fetch(entryOf(server.url))
  t.is((await fetch(entryOf(server.url, known))).trust, 'published')
  t.is(JSON.parse(await readFile(`${file}.json`, 'utf8')).trust, 'published')
  const error = await failureOf(t, fetch(entryOf(server.url, { sha256: sha256Of(other) })))
  t.regex(error.message, /is not the published file/)
})

test('a file that somebody put into the cache is checked and used', async (t) => {
  const { fetch, file } = await fetching(t)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
  const entry = entryOf('https://nowhere.invalid', known)
  t.like(await fetch(entry), { path: file, trust: 'published' })
  t.like(JSON.parse(await readFile(`${file}.json`, 'utf8')), { url: null, sha256 })
  await writeFile(file, content.subarray(1))
  t.regex((await failureOf(t, fetch(entry))).message, /expected 50000 bytes .* found 49999 bytes/)
})

test('a damaged record is written anew', async (t) => {
  const { fetch, file } = await fetching(t)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
  await writeFile(`${file}.json`, '{"sha256":')
  t.like(await fetch(entryOf('https://nowhere.invalid')), { sha256, trust: 'first use' })
  t.is(JSON.parse(await readFile(`${file}.json`, 'utf8')).sha256, sha256)
})

test('several at once all get the whole file', async (t) => {
  const server = await flakyServer(t, [ranged(content)])
  const { fetch, file, list } = await fetching(t)
  const entry = entryOf(server.url)
  const got = await Promise.all(Array.from({ length: 4 }, () => fetch(entry)))
  for (const { path, ...rest } of got) {
    t.is(path, file)
    t.like(rest, { sha256 })
  }
  t.deepEqual(await readFile(file), content)
  t.deepEqual(await list(), [FILE, `${FILE}.json`])
})

test('two processes at once both succeed', async (t) => {
  const waiting: (() => void)[] = []
  const server = await flakyServer(t, [
    (request, response) => {
      waiting.push(() => whole(content)(request, response))
      if (waiting.length === 2) for (const answer of waiting) answer()
    },
  ])
  const cache = await temporaryFolder(t)
  const env = {
    ...process.env,
    STEGO_CACHE: cache,
    STEGO_MIRROR: server.url,
    STEGO_OFFLINE: '',
    NO_PROXY: '*',
    no_proxy: '*',
  }
  const fetch = () => promisify(execFile)(process.execPath, ['--import=tsx', FIXTURE, UNKNOWN], { env })
  const paths = (await Promise.all([fetch(), fetch()])).map(({ stdout }) => stdout)
  const file = join(cache, 'weights', fileName(published(UNKNOWN)))
  t.deepEqual(paths, [file, file])
  t.deepEqual(await readFile(file), content)
  t.is((await readdir(dirname(file))).length, 2)
})

test('of several at once, one takes up the part and the others begin anew', async (t) => {
  const server = await flakyServer(t, [
    (_, response) => {
      response.writeHead(200, { 'content-length': content.length, etag: '"one"' })
      response.write(content.subarray(0, 20_000))
    },
    (request, response) => {
      const start = Number(/\d+/.exec(request.headers.range ?? '0')![0])
      const range = `bytes ${start}-${content.length - 1}/${content.length}`
      response
        .writeHead(start ? 206 : 200, { 'content-range': range, etag: '"one"' })
        .end(content.subarray(start))
    },
  ])
  const { fetch, file, list, abortWithin } = await fetching(t)
  await abortWithin(entryOf(server.url))
  await Promise.all(Array.from({ length: 3 }, () => fetch(entryOf(server.url))))
  const resumed = server.requests.slice(1).filter(({ headers }) => headers.range !== undefined)
  t.is(server.requests.length, 4)
  t.is(resumed.length, 1)
  t.deepEqual(await readFile(file), content)
  t.deepEqual(await list(), [FILE, `${FILE}.json`])
})

test('offline, what is there is used and what is not is told', async (t) => {
  const server = await flakyServer(t, [whole(content)])
  const { fetch, file } = await fetching(t)
  const entry = entryOf(server.url, known)
  const error = await failureOf(t, fetch(entry, { offline: true }))
  t.is(error.code, 'ERR_STEGO_DOWNLOAD')
  t.true(
    error.message.includes(`STEGO_OFFLINE). Download ${entry.url} to ${file}, or pass the path of a file`),
  )
  t.regex(error.message, /backbone "starter"/)
  t.deepEqual(server.requests, [])
  await fetch(entry)
  t.is((await fetch(entry, { offline: true })).path, file)
})

test('a mirror holds the files by their names', async (t) => {
  const mirror = await flakyServer(t, [whole(content)])
  const { cache, fetch } = await fetching(t)
  await fetch(entryOf('https://nowhere.invalid', known), { mirror: `${mirror.url}/a/b` })
  await fetch(entryOf('https://nowhere.invalid', known), {
    mirror: `${mirror.url}/c/?key=1`,
    cache: join(cache, 'c'),
  })
  t.deepEqual(
    mirror.requests.map(({ path }) => path),
    [`/a/b/${FILE}`, `/c/${FILE}?key=1`],
  )
})

test('a mirror without the file is named', async (t) => {
  const mirror = await flakyServer(t, [status(404)])
  const { fetch } = await fetching(t)
  const error = await failureOf(t, fetch(entryOf('https://nowhere.invalid'), { mirror: mirror.url }))
  t.true(error.message.includes(`cannot be downloaded from ${mirror.url}/${FILE}: the server answered 404`))
})

for (const mirror of ['some/folder', 'ftp://somewhere']) {
  test(`${mirror} is no mirror`, async (t) => {
    const { fetch } = await fetching(t)
    const error = await failureOf(t, fetch(entryOf('https://nowhere.invalid'), { mirror }))
    t.is(error.code, 'ERR_STEGO_OPTION')
    t.true(error.message.includes(`got "${mirror}"`))
  })
}

test.serial('the variables say where to look and what to do', async (t) => {
  const cache = await temporaryFolder(t)
  const entry = published(UNKNOWN)
  const mirror = await flakyServer(t, [whole(content)])
  const { STEGO_CACHE, STEGO_MIRROR, STEGO_OFFLINE, HTTP_PROXY, http_proxy } = process.env
  const before = { STEGO_CACHE, STEGO_MIRROR, STEGO_OFFLINE, HTTP_PROXY, http_proxy }
  t.teardown(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
  delete process.env.HTTP_PROXY
  delete process.env.http_proxy
  process.env.STEGO_CACHE = cache
  process.env.STEGO_MIRROR = mirror.url
  process.env.STEGO_OFFLINE = '1'
  t.true(offlineFromEnv())
  const error = await failureOf(t, resolveWeights(entry.name))
  t.regex(error.message, /downloads are disabled/)

  process.env.STEGO_OFFLINE = 'ture'
  t.throws(offlineFromEnv, { code: 'ERR_STEGO_OPTION', message: /STEGO_OFFLINE must be 1 or 0, got "ture"/ })
  for (const no of ['', '0', 'False', 'no']) {
    process.env.STEGO_OFFLINE = no
    t.false(offlineFromEnv())
  }
  t.is(mirrorFromEnv(), mirror.url)
  const { path } = await resolveWeights(entry.name)
  t.is(path, join(cache, 'weights', fileName(entry)))
  t.is(mirror.requests[0]!.path, `/${fileName(entry)}`)
})

test('undici is loaded when a download begins, and not before', async (t) => {
  const env = { ...process.env, STEGO_CACHE: await temporaryFolder(t), NO_PROXY: '*', no_proxy: '*' }
  const { stdout } = await promisify(execFile)(process.execPath, ['--import=tsx', LOADING, UNKNOWN], { env })
  t.is(stdout, 'not loaded, loaded')
})

test('the cache lies where the system keeps such things', (t) => {
  const home = homedir()
  t.is(cacheFromEnv({ STEGO_CACHE: 'here', XDG_CACHE_HOME: '/xdg' }, 'linux'), resolve('here'))
  t.is(cacheFromEnv({ XDG_CACHE_HOME: '/xdg' }, 'linux'), join('/xdg', 'stego'))
  t.is(cacheFromEnv({ XDG_CACHE_HOME: 'relative' }, 'linux'), join(home, '.cache', 'stego'))
  t.is(cacheFromEnv({}, 'linux'), join(home, '.cache', 'stego'))
  t.is(cacheFromEnv({}, 'darwin'), join(home, 'Library', 'Caches', 'stego'))
  t.is(cacheFromEnv({ LOCALAPPDATA: '/local' }, 'win32'), join('/local', 'stego', 'Cache'))
  t.is(cacheFromEnv({}, 'win32'), join(home, 'AppData', 'Local', 'stego', 'Cache'))
})
