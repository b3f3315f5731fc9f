/** The search for libtorch, rung by rung, on a fake machine. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { deadAddress, fakeArchive, fakeLibtorch, fakeMachine, VERSION } from './fake-libtorch.js'
import { listen, load } from './scripts.js'

const { findLibtorch, pinnedVersion } = await load('libtorch.js')

const find = (env: NodeJS.ProcessEnv, platform = 'linux', arch = 'x64') =>
  listen<{ folder: string; from: string }>(() => findLibtorch({ version: VERSION, env, platform, arch }))

test.serial('the version is pinned in package.json', (t) => {
  t.regex(pinnedVersion(), /^\d+\.\d+\.\d+$/)
})

test.serial('STEGO_LIBTORCH is taken first', async (t) => {
  const { env, folder, cached } = fakeMachine(t)
  fakeLibtorch(cached)
  const named = fakeLibtorch(path.join(folder, 'mine'))
  const { result, said } = await find({ ...env, STEGO_LIBTORCH: named })
  t.deepEqual(result, { folder: named, from: 'STEGO_LIBTORCH' })
  t.is(said, '')
})

test.serial('STEGO_LIBTORCH of another version is taken with a warning', async (t) => {
  const { env, folder } = fakeMachine(t)
  const named = fakeLibtorch(path.join(folder, 'mine'), { version: '2.9.1' })
  const { result, said } = await find({ ...env, STEGO_LIBTORCH: named })
  t.is(result?.folder, named)
  t.regex(said, /is libtorch 2\.9\.1; this package is tested with 2\.13\.0/)
})

test.serial('STEGO_LIBTORCH that holds no libtorch is refused, not passed over', async (t) => {
  const { env, folder, cached } = fakeMachine(t)
  fakeLibtorch(cached)
  const { error } = await find({ ...env, STEGO_LIBTORCH: folder })
  t.regex(error!.message, /STEGO_LIBTORCH holds no complete libtorch: .* lacks lib\/libtorch_cpu\.so, /)
  t.regex(error!.message, /Set it to a folder that holds lib\/ and include\//)
})

test.serial('STEGO_LIBTORCH built for CUDA is refused unless CUDA is asked for', async (t) => {
  const { env, folder } = fakeMachine(t)
  const named = fakeLibtorch(path.join(folder, 'mine'), { cuda: true })
  const { error } = await find({ ...env, STEGO_LIBTORCH: named })
  t.regex(error!.message, /is a CUDA build of libtorch; .*\n.*STEGO_CUDA=1/)
  const { result } = await find({ ...env, STEGO_LIBTORCH: named, STEGO_CUDA: '1' })
  t.is(result?.folder, named)
})

test.serial('the copy downloaded earlier is taken before Python is asked', async (t) => {
  const { env, log, cached } = fakeMachine(t)
  fakeLibtorch(cached)
  const { result } = await find(env)
  t.deepEqual(result, { folder: cached, from: 'the copy downloaded earlier' })
  t.false(existsSync(log))
})

test.serial('an installed torch of the pinned version is taken, whatever its local version', async (t) => {
  const { env, folder } = fakeMachine(t)
  const torch = fakeLibtorch(path.join(folder, 'site-packages', 'torch'))
  const installed = JSON.stringify({ version: `${VERSION}+cpu`, folder: torch })
  const { result } = await find({ ...env, FAKE_TORCH: installed })
  t.deepEqual(result, { folder: torch, from: 'an installed Python torch' })
})

test.serial('an installed torch of another version, or built for CUDA, is passed over', async (t) => {
  const { env, folder } = fakeMachine(t)
  const torch = fakeLibtorch(path.join(folder, 'torch'), { cuda: true })
  const other = await find({ ...env, FAKE_TORCH: JSON.stringify({ version: '2.4.1', folder: torch }) })
  t.regex(other.error!.message, /python3 has torch 2\.4\.1, not 2\.13\.0/)
  const installed = JSON.stringify({ version: VERSION, folder: torch })
  const cuda = await find({ ...env, FAKE_TORCH: installed })
  t.regex(cuda.error!.message, /is a CUDA build/)
  t.regex(cuda.said, /passed over: torch 2\.13\.0 of python3 is a CUDA build/)
  const asked = await find({ ...env, FAKE_TORCH: installed, STEGO_CUDA: '1' })
  t.is(asked.result?.folder, torch)
})

test.serial('a wheel from pip is unpacked into the cache, and the wheel is not kept', async (t) => {
  const { env, log, cached, cache } = fakeMachine(t)
  const wheel = fakeArchive(t, 'torch', 'torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl')
  const { result } = await find({ ...env, FAKE_WHEEL: wheel })
  t.deepEqual(result, { folder: cached, from: 'pip download torch==2.13.0+cpu' })
  t.deepEqual(readdirSync(cached).sort(), ['include', 'lib', 'share'])
  t.deepEqual(readdirSync(path.join(cache, 'stego')), [path.basename(cached)])
  t.regex(readFileSync(log, 'utf8'), /-m pip download --no-deps .*torch==2\.13\.0\+cpu/)
  const again = await find(env)
  t.is(again.result?.from, 'the copy downloaded earlier')
})

test.serial('a cached folder that is not whole is replaced', async (t) => {
  const { env, cached } = fakeMachine(t)
  fakeLibtorch(path.join(cached, 'lib')) // a folder in the way, without the libraries
  const wheel = fakeArchive(t, 'torch', 'torch.whl')
  const { result } = await find({ ...env, FAKE_WHEEL: wheel })
  t.is(result?.folder, cached)
  t.true(existsSync(path.join(cached, 'lib', 'libc10.so')))
})

test.serial('a wheel of another version is not put into the cache', async (t) => {
  const { env, cache } = fakeMachine(t)
  const wheel = fakeArchive(t, 'torch', 'torch.whl', '2.12.0')
  const { error } = await find({ ...env, FAKE_WHEEL: wheel })
  t.regex(error!.message, /torch\.whl holds libtorch 2\.12\.0, 2\.13\.0 was expected/)
  t.deepEqual(readdirSync(path.join(cache, 'stego')), [])
})

test.serial('when nothing works the error lists every rung with its reason, and remedies', async (t) => {
  const { env, cached, log } = fakeMachine(t)
  env.STEGO_LIBTORCH_MIRROR = await deadAddress()
  const { error } = await find(env)
  const lines = error!.message.split('\n')
  t.is(lines[0], 'libtorch 2.13.0 was neither found nor downloaded. Tried, in this order:')
  t.is(lines[1], '  - STEGO_LIBTORCH: not set')
  t.is(lines[2], `  - the copy downloaded earlier: ${cached} does not exist`)
  t.is(lines[3], '  - an installed Python torch: python3 has no torch')
  t.regex(lines[4]!, /pip download torch==2\.13\.0\+cpu: python3 ended with exit code 1: ERROR: No matching/)
  t.regex(lines[5]!, /the official archive: http:\/\/127\.0\.0\.1:\d+\/cpu\/libtorch-.*ECONNREFUSED/)
  t.regex(error!.message, /pip install torch==2\.13\.0\+cpu --index-url https:\/\/download\.pytorch\.org/)
  t.regex(error!.message, /set STEGO_LIBTORCH to the folder that holds lib\/ and include\//)
  t.regex(error!.message, /set STEGO_LIBTORCH_MIRROR to/)
  t.is(readFileSync(log, 'utf8').match(/-m pip/g)?.length, 2, "pip's own indexes, then PyTorch's")
})

test.serial('without Python and on a platform without an archive the error says so', async (t) => {
  const { env } = fakeMachine(t, { python: false })
  const { error } = await find(env, 'linux', 'riscv64')
  t.regex(error!.message, /an installed Python torch: python3 was not found/)
  t.regex(error!.message, /the official archive: there is none for linux-riscv64/)
  t.notRegex(error!.message, /STEGO_LIBTORCH_MIRROR/)
})
