/** The search for libtorch, rung by rung, on a fake machine. */
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { deadAddress, fakeArchive, fakeLibtorch, fakeMachine, VERSION } from './fake-libtorch.js'
import { listen, load, writeFiles } from './scripts.js'

const { findLibtorch, pinnedVersion } = await load('libtorch.js')
const { findNvcc } = await load('lib/libtorch/nvcc.js')

const find = (env: NodeJS.ProcessEnv, platform = 'linux', arch = 'x64', nvcc: string | null = null) =>
  listen<{ folder: string; from: string; cuda: boolean }>(() =>
    findLibtorch({ version: VERSION, env, platform, arch, nvcc }),
  )

/** Finds on a machine with nvcc. */
const findWithNvcc = (env: NodeJS.ProcessEnv) => find(env, 'linux', 'x64', '/usr/local/cuda/bin/nvcc')

test.serial('the version is pinned in package.json', (t) => {
  t.regex(pinnedVersion(), /^\d+\.\d+\.\d+$/)
})

test.serial('STEGO_LIBTORCH is taken first', async (t) => {
  const { env, folder, cached } = fakeMachine(t)
  fakeLibtorch(cached)
  const named = fakeLibtorch(path.join(folder, 'mine'))
  const { result, said } = await find({ ...env, STEGO_LIBTORCH: named })
  t.deepEqual(result, { folder: named, from: 'STEGO_LIBTORCH', cuda: false })
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

test.serial('STEGO_LIBTORCH built for CUDA takes nvcc, and STEGO_CUDA=off refuses it', async (t) => {
  const { env, folder } = fakeMachine(t)
  const named = fakeLibtorch(path.join(folder, 'mine'), { cuda: true })
  const given = { ...env, STEGO_LIBTORCH: named }
  for (const STEGO_CUDA of ['', 'auto', 'on', '1']) {
    const { error } = await find({ ...given, STEGO_CUDA })
    t.regex(
      error!.message,
      /is a CUDA build of libtorch; building with it needs nvcc of CUDA 13: put it on PATH/,
    )
    const { result } = await findWithNvcc({ ...given, STEGO_CUDA })
    t.deepEqual(result, { folder: named, from: 'STEGO_LIBTORCH', cuda: true })
  }
  const { error } = await findWithNvcc({ ...given, STEGO_CUDA: 'off' })
  t.regex(error!.message, /is a CUDA build of libtorch, but STEGO_CUDA=off\.\n.*Unset STEGO_CUDA/)
})

test.serial('STEGO_CUDA=on refuses a STEGO_LIBTORCH for the CPU, and words that are not known', async (t) => {
  const { env, folder } = fakeMachine(t)
  const named = fakeLibtorch(path.join(folder, 'mine'))
  const { error } = await findWithNvcc({ ...env, STEGO_LIBTORCH: named, STEGO_CUDA: 'on' })
  t.regex(error!.message, /STEGO_CUDA=on needs a CUDA build of libtorch, and STEGO_LIBTORCH=.* is none/)
  const unknown = await find({ ...env, STEGO_CUDA: 'yes' })
  t.is(
    unknown.error!.message,
    'STEGO_CUDA=yes is not known: expected on, off or auto. Correct it, or unset it.',
  )
})

test.serial(
  'a Python torch for CUDA is taken with nvcc before the CPU copy, unless STEGO_CUDA=off',
  async (t) => {
    const { env, folder, cached } = fakeMachine(t)
    fakeLibtorch(cached)
    const torch = fakeLibtorch(path.join(folder, 'torch'), { cuda: true })
    const given = { ...env, FAKE_TORCH: JSON.stringify({ version: VERSION, folder: torch }) }
    const taken = { folder: torch, from: 'an installed Python torch for CUDA', cuda: true }
    t.deepEqual((await findWithNvcc(given)).result, taken)
    t.deepEqual((await findWithNvcc({ ...given, STEGO_CUDA: 'on' })).result, taken)
    t.is((await findWithNvcc({ ...given, STEGO_CUDA: 'off' })).result!.folder, cached)
    t.is((await find(given)).result!.folder, cached)
    t.is((await find(given, 'darwin', 'arm64', '/usr/bin/nvcc')).result?.cuda ?? false, false)
  },
)

test.serial('STEGO_CUDA=on without nvcc or without a CUDA build says how to get it', async (t) => {
  const { env, folder, cached } = fakeMachine(t)
  fakeLibtorch(cached)
  const wanted = { ...env, STEGO_CUDA: 'on' }
  t.regex((await find(wanted)).error!.message, /^STEGO_CUDA=on needs nvcc of CUDA 13: put it on PATH/)
  const none = await findWithNvcc(wanted)
  t.regex(none.error!.message, /needs a CUDA build of libtorch 2\.13\.0: python3 has no torch\.\n/)
  t.regex(none.error!.message, /pip install torch==2\.13\.0;/)
  const torch = fakeLibtorch(path.join(folder, 'torch'))
  const cpu = await findWithNvcc({
    ...wanted,
    FAKE_TORCH: JSON.stringify({ version: VERSION, folder: torch }),
  })
  t.regex(cpu.error!.message, /torch 2\.13\.0 of python3 is a CPU build/)
})

test.serial('nvcc is found in CUDA_HOME and on PATH, if it is of CUDA 13', async (t) => {
  const { folder } = fakeMachine(t)
  const nvcc = (name: string, release: string) => {
    const bin = writeFiles(path.join(folder, name, 'bin'), {
      nvcc: `#!/bin/sh\necho 'release ${release}, V1'\n`,
    })
    chmodSync(path.join(bin, 'nvcc'), 0o755)
    return bin
  }
  const bin = nvcc('new', '13.0')
  t.is(await findNvcc({ CUDA_HOME: path.dirname(bin), PATH: folder }), path.join(bin, 'nvcc'))
  t.is(await findNvcc({ PATH: `${folder}${path.delimiter}${bin}` }), path.join(bin, 'nvcc'))
  t.is(await findNvcc({ PATH: nvcc('old', '12.4') }), null)
})

test.serial('the copy downloaded earlier is taken before Python is asked', async (t) => {
  const { env, log, cached } = fakeMachine(t)
  fakeLibtorch(cached)
  const { result } = await find(env)
  t.deepEqual(result, { folder: cached, from: 'the copy downloaded earlier', cuda: false })
  t.false(existsSync(log))
})

test.serial('an installed torch of the pinned version is taken, whatever its local version', async (t) => {
  const { env, folder } = fakeMachine(t)
  const torch = fakeLibtorch(path.join(folder, 'site-packages', 'torch'))
  const installed = JSON.stringify({ version: `${VERSION}+cpu`, folder: torch })
  const { result } = await find({ ...env, FAKE_TORCH: installed })
  t.deepEqual(result, { folder: torch, from: 'an installed Python torch', cuda: false })
})

test.serial('an installed torch of another version, or built for CUDA, is passed over', async (t) => {
  const { env, folder } = fakeMachine(t)
  const torch = fakeLibtorch(path.join(folder, 'torch'), { cuda: true })
  const other = await find({ ...env, FAKE_TORCH: JSON.stringify({ version: '2.4.1', folder: torch }) })
  t.regex(other.error!.message, /python3 has torch 2\.4\.1, not 2\.13\.0/)
  const installed = JSON.stringify({ version: VERSION, folder: torch })
  const cuda = await find({ ...env, FAKE_TORCH: installed })
  t.regex(cuda.error!.message, /is a CUDA build/)
  t.regex(
    cuda.said,
    /passed over: torch 2\.13\.0 of python3 is a CUDA build, and building with it needs nvcc/,
  )
})

test.serial('a wheel from pip is unpacked into the cache, and the wheel is not kept', async (t) => {
  const { env, log, cached, cache } = fakeMachine(t)
  const wheel = fakeArchive(t, 'torch', 'torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl')
  const { result } = await find({ ...env, FAKE_WHEEL: wheel })
  t.deepEqual(result, { folder: cached, from: 'pip download torch==2.13.0+cpu', cuda: false })
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
