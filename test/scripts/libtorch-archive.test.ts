/** The official archive: its addresses, and a download that meets what servers do. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { deadAddress, fakeArchive, fakeMachine, serve, VERSION } from './fake-libtorch.js'
import { listen, load, temporaryFolder } from './scripts.js'

const { archiveUrl, officialArchive } = await load('lib/libtorch/archive.js')
const { download } = await load('lib/libtorch/download.js')

const fetchArchive = (env: NodeJS.ProcessEnv) =>
  listen<string>(() => officialArchive({ version: VERSION, env, platform: 'linux', arch: 'x64' }))

test.serial('the addresses are those of the platforms', (t) => {
  const at = (platform: string, arch: string, env = {}) =>
    archiveUrl({ version: VERSION, env, platform, arch })
  const base = 'https://download.pytorch.org/libtorch/cpu'
  t.is(at('linux', 'x64'), `${base}/libtorch-shared-with-deps-2.13.0%2Bcpu.zip`)
  t.is(at('darwin', 'arm64'), `${base}/libtorch-macos-arm64-2.13.0.zip`)
  t.is(at('win32', 'x64'), `${base}/libtorch-win-shared-with-deps-2.13.0%2Bcpu.zip`)
  t.is(at('linux', 'riscv64'), null)
  const mirror = { STEGO_LIBTORCH_MIRROR: 'http://mirror.example/torch/' }
  t.is(at('darwin', 'arm64', mirror), 'http://mirror.example/torch/cpu/libtorch-macos-arm64-2.13.0.zip')
})

test.serial('an archive is fetched, unpacked into the cache, and said to be unverified', async (t) => {
  const { env, cached, cache } = fakeMachine(t)
  const archive = readFileSync(fakeArchive(t, 'libtorch', 'libtorch.zip'))
  const asked: string[] = []
  env.STEGO_LIBTORCH_MIRROR = await serve(t, (request, response) => {
    asked.push(request.url!)
    response.writeHead(200, { 'content-length': archive.length }).end(archive)
  })
  const { result, error, said } = await fetchArchive(env)
  t.is(error, undefined)
  t.is(result, cached)
  t.deepEqual(asked, ['/cpu/libtorch-shared-with-deps-2.13.0%2Bcpu.zip'])
  t.true(existsSync(path.join(cached, 'include', 'ATen', 'ATen.h')))
  t.false(existsSync(path.join(cached, 'bin')))
  t.deepEqual(readdirSync(path.join(cache, 'stego')), [path.basename(cached)])
  t.regex(said, /no checksum/)
  t.regex(said, /100 % .* MB\/s/)
})

test.serial('an archive that is not there', async (t) => {
  const { env, cache } = fakeMachine(t)
  env.STEGO_LIBTORCH_MIRROR = await serve(t, (_, response) => response.writeHead(404).end('nothing here'))
  const { error } = await fetchArchive(env)
  t.regex(error!.message, /\/cpu\/libtorch-.*\.zip: the server answered 404 Not Found/)
  t.deepEqual(readdirSync(path.join(cache, 'stego')), [])
})

test.serial('a server that cannot be reached', async (t) => {
  const { env } = fakeMachine(t)
  env.STEGO_LIBTORCH_MIRROR = await deadAddress()
  const { error } = await fetchArchive(env)
  t.regex(error!.message, /fetch failed \(.*ECONNREFUSED/)
})

test.serial('a damaged archive is refused and leaves nothing behind', async (t) => {
  const { env, cache } = fakeMachine(t)
  env.STEGO_LIBTORCH_MIRROR = await serve(t, (_, response) => response.end(Buffer.alloc(5000, 'not a zip')))
  const { error } = await fetchArchive(env)
  t.regex(error!.message, /libtorch\.zip cannot be unpacked/)
  t.deepEqual(readdirSync(path.join(cache, 'stego')), [])
})

/** Serves `body` but ends the first connection once the client has noted half of it. */
async function dropOnce(t: Parameters<typeof serve>[0], body: Buffer, honourRange: boolean) {
  const ranges: (string | undefined)[] = []
  let drop = () => {}
  const half = body.length / 2
  const url = await serve(t, (request, response) => {
    ranges.push(request.headers.range)
    if (ranges.length === 1) {
      drop = () => request.socket.destroy()
      response.writeHead(200, { 'content-length': body.length }).write(body.subarray(0, half))
    } else if (honourRange) {
      response.writeHead(206, { 'content-length': half }).end(body.subarray(half))
    } else {
      response.writeHead(200, { 'content-length': body.length }).end(body)
    }
  })
  const file = path.join(temporaryFolder(t), 'file')
  const stream = { isTTY: false, write: (text: string) => text.includes('50 %') && drop() }
  const { error } = await listen(() => download(url, file, { stream }))
  return { error, ranges, content: readFileSync(file) }
}

test.serial('a dropped download goes on where it stopped', async (t) => {
  const body = Buffer.from('0123456789'.repeat(200))
  const { error, ranges, content } = await dropOnce(t, body, true)
  t.is(error, undefined)
  t.deepEqual(ranges, [undefined, 'bytes=1000-'])
  t.deepEqual(content, body)
})

test.serial('a dropped download starts again where the server knows no ranges', async (t) => {
  const body = Buffer.from('0123456789'.repeat(200))
  const { error, ranges, content } = await dropOnce(t, body, false)
  t.is(error, undefined)
  t.is(ranges.length, 2)
  t.deepEqual(content, body)
})

test.serial('a server that promises more than it sends is given up', async (t) => {
  let connections = 0
  const url = await serve(t, (request, response) => {
    connections++
    response.writeHead(200, { 'content-length': 2000 })
    response.write(Buffer.alloc(1000), () => request.socket.destroy())
  })
  const { error } = await listen(() => download(url, path.join(temporaryFolder(t), 'file')))
  t.true(error!.message.startsWith(`${url}: `))
  t.true(connections <= 3)
})
