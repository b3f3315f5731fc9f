import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { findCudaLibtorch } from '../../lib/native/cuda.js'
import { status, whole } from '../support/flaky-server.js'
import { failureOf } from '../weights/fetching.js'
import { filesIn, makeWheel, packageIndex, settingUp, someWheels, TORCH } from './wheels.js'

test('a wheel with another checksum is refused and named', async (t) => {
  const wheels = await someWheels()
  const damaged = Buffer.from(wheels[1]!.content)
  damaged[100]! ^= 1
  const { file, sha256 } = wheels[1]!.wheel
  const index = await packageIndex(t, wheels, { instead: { [file]: [whole(damaged)] } })
  const { cache, folder, setUp } = await settingUp(t, wheels, index.url)
  const error = await failureOf(t, setUp())
  t.is(error.code, 'ERR_STEGO_DOWNLOAD')
  t.regex(
    error.message,
    /^nvidia-cublas 13\.1\.1\.3 cannot be downloaded from http:.*the SHA-256 of the file is/,
  )
  t.true(error.message.includes(`but ${sha256} was expected`))
  t.regex(error.message, /stego doctor --setup cuda again/)
  t.is(findCudaLibtorch(cache, TORCH), null)
  t.false(existsSync(join(folder, 'site', 'nvidia')))
})

test('too little space is told with numbers before anything is fetched', async (t) => {
  const wheels = await someWheels()
  const index = await packageIndex(t, wheels)
  const { folder, plans, setUp } = await settingUp(t, wheels, index.url)
  const asked: string[] = []
  const freeBytes = async (place: string) => {
    asked.push(place)
    return 2 ** 17
  }
  const error = await failureOf(t, setUp({}, { freeBytes }))
  t.is(error.code, 'ERR_STEGO_FILE')
  const [{ needed, unpacked, free }] = plans as [(typeof plans)[0]]
  t.is(free, 2 ** 17)
  t.true(needed > unpacked && needed < unpacked + wheels[0]!.wheel.size)
  t.regex(error.message, /needs 4\d\d\.\d KiB of free space, but 128\.0 KiB are left: .* STEGO_CACHE/)
  t.true(error.message.startsWith(folder))
  t.deepEqual(index.requests, [])
  t.false(existsSync(folder))
  t.true(folder.startsWith(asked[0]!))
})

test('offline, the missing files and their place are named', async (t) => {
  const wheels = await someWheels()
  const index = await packageIndex(t, wheels)
  const { folder, plans, setUp } = await settingUp(t, wheels, index.url)
  await mkdir(join(folder, 'downloads'), { recursive: true })
  await writeFile(join(folder, 'downloads', wheels[0]!.wheel.file), wheels[0]!.content)
  const error = await failureOf(t, setUp({ offline: true }))
  t.is(error.code, 'ERR_STEGO_DOWNLOAD')
  t.is(
    error.message,
    `libtorch for CUDA has not been downloaded, and downloads are disabled (STEGO_OFFLINE). Copy ${folder} from a ` +
      `machine where stego doctor --setup cuda has run, or put these files into ${join(folder, 'downloads')}: ` +
      `${wheels
        .slice(1)
        .map(({ wheel }) => wheel.file)
        .join(', ')}.`,
  )
  t.deepEqual([index.requests.length, plans.length], [0, 0])
})

test('other platforms are refused', async (t) => {
  const { setUp } = await settingUp(t, [])
  for (const [platform, arch] of [
    ['darwin', 'arm64'],
    ['win32', 'x64'],
    ['linux', 'arm64'],
  ] as const) {
    const error = await failureOf(t, setUp({}, { platform, arch }))
    t.is(error.code, 'ERR_STEGO_OPTION')
    t.regex(error.message, new RegExp(`linux-x64 only, but this is ${platform}-${arch}`))
  }
})

test('an entry that leads out of the folder is refused', async (t) => {
  for (const name of [
    '../evil.so',
    'nvidia/../../lib/evil.so',
    '/torch/lib/evil.so',
    'torch\\lib\\evil.so',
  ]) {
    const wheels = [await makeWheel('nvidia-evil', '1.0', { [name]: 'evil' })]
    const index = await packageIndex(t, wheels)
    const { folder, setUp } = await settingUp(t, wheels, index.url)
    const error = await failureOf(t, setUp())
    t.is(error.code, 'ERR_STEGO_DOWNLOAD')
    t.regex(
      error.message,
      /nvidia_evil-1\.0.*\.whl cannot be unpacked: (invalid relative path|absolute path|invalid char)/,
    )
    t.deepEqual(
      filesIn(folder).filter((file) => file.includes('evil.so')),
      [],
    )
  }
})

test('a failing server is asked again; a missing package and a wrong index are named', async (t) => {
  const wheels = await someWheels()
  const { file } = wheels[0]!.wheel
  const index = await packageIndex(t, wheels.slice(0, 1), { instead: { [file]: [status(503), status(503)] } })
  const { told, setUp } = await settingUp(t, wheels, index.url)
  const error = await failureOf(t, setUp())
  t.deepEqual(index.fetched(), [file, file, file])
  t.is(told.filter(({ state }) => state === 'waiting').length, 2)
  t.is(error.code, 'ERR_STEGO_DOWNLOAD')
  t.regex(
    error.message,
    /^nvidia-cublas 13\.1\.1\.3 cannot be downloaded from .*nvidia-cublas\/ answered 404/,
  )

  const wrong = await failureOf(t, setUp({ index: 'ftp://example.com' }))
  t.is(wrong.code, 'ERR_STEGO_OPTION')
  t.regex(wrong.message, /STEGO_CUDA_INDEX.*"ftp:\/\/example\.com"/)
})

test('an index without this version says so', async (t) => {
  const wheels = await someWheels()
  const old = await makeWheel('torch', '2.12.0', {})
  const index = await packageIndex(t, [old])
  const { setUp } = await settingUp(t, wheels, index.url)
  const error = await failureOf(t, setUp())
  t.true(error.message.includes(`/simple/torch/ does not list ${wheels[0]!.wheel.file}.`))
})

test('libraries that were deleted later are missed', async (t) => {
  const wheels = await someWheels()
  const index = await packageIndex(t, wheels)
  const { cache, site, setUp } = await settingUp(t, wheels, index.url)
  await setUp()
  await rm(join(site, 'torch', 'lib', 'libtorch_cuda.so'))
  t.is(findCudaLibtorch(cache, TORCH), null)
  const error = await failureOf(t, setUp())
  t.is(error.code, 'ERR_STEGO_FILE')
  t.regex(error.message, /lacks libraries .* Delete /)
})
