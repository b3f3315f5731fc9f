import { readFileSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { describePlan } from '../../lib/cuda/plan.js'
import type { Wheel } from '../../lib/cuda/wheel.js'
import { TORCH as PINNED, WHEELS } from '../../lib/cuda/wheels.js'
import { findCudaLibtorch } from '../../lib/native/cuda.js'
import { ownPackage } from '../../lib/native/packages.js'
import { broken, type Reply, status } from '../support/flaky-server.js'
import { someBytes } from '../weights/fetching.js'
import { filesIn, packageIndex, SITE, settingUp, someWheels, TORCH } from './wheels.js'

test('everything that is needed is fetched and unpacked, and found afterwards', async (t) => {
  const wheels = await someWheels()
  const index = await packageIndex(t, wheels)
  const { cache, folder, site, plans, told, setUp } = await settingUp(t, wheels, index.url)
  t.is(findCudaLibtorch(cache, TORCH), null)
  const setup = await setUp()
  const sizes = wheels.map(({ wheel }) => wheel.size)
  t.like(setup, {
    folder: join(site, 'torch'),
    version: TORCH,
    source: 'setup',
    before: false,
    downloaded: sizes.reduce((sum, size) => sum + size),
    package: { name: '@stego/linux-x64-cuda13' },
  })
  t.deepEqual(filesIn(site), SITE)
  t.deepEqual(
    filesIn(folder).filter((name) => !name.startsWith('site')),
    [],
  )
  t.deepEqual(readFileSync(join(site, 'torch/lib/libtorch_cuda.so')), someBytes(120_000, 4))
  t.deepEqual(
    index.fetched(),
    wheels.map(({ wheel }) => wheel.file),
  )
  t.is(plans.length, 1)
  t.like(told.at(-1), {
    state: 'unpacking',
    name: 'nvidia-cufft',
    done: setup.downloaded,
    total: setup.downloaded,
  })
  const found = findCudaLibtorch(cache, TORCH)!
  t.deepEqual(
    [...found.libraries, ...found.cuda].map((library) => library.slice(site.length + 1)),
    ['libgomp.so.1', 'libc10.so', 'libtorch_cpu.so', 'libc10_cuda.so', 'libtorch_cuda.so'].map(
      (name) => `torch/lib/${name}`,
    ),
  )
  t.is(findCudaLibtorch(cache, '2.14.0'), null)
})

test('a setup that is complete does nothing', async (t) => {
  const wheels = await someWheels()
  const index = await packageIndex(t, wheels)
  const { plans, setUp } = await settingUp(t, wheels, index.url)
  const first = await setUp()
  const { length } = index.requests
  t.deepEqual(await setUp({ offline: true }), { ...first, before: true, downloaded: 0, unpacked: 0 })
  t.is(index.requests.length, length)
  t.is(plans.length, 1)
})

test('an interrupted setup continues in the file where it stopped', async (t) => {
  const wheels = await someWheels()
  const [torch, cublas, cufft] = wheels.map(({ wheel }) => wheel.file) as [string, string, string]
  const stalled = broken(wheels[1]!.content, 20_000, 'stall')
  const index = await packageIndex(t, wheels, { instead: { [cublas]: [stalled] } })
  const { cache, folder, plans, setUp } = await settingUp(t, wheels, index.url)
  const controller = new AbortController()
  const reason = new Error('enough')
  const before = wheels[0]!.wheel.size
  const interrupted = setUp({
    signal: controller.signal,
    onProgress: ({ name, done }) => {
      if (name === 'nvidia-cublas' && done > before) controller.abort(reason)
    },
  })
  t.is(await t.throwsAsync(interrupted), reason)
  t.is(findCudaLibtorch(cache, TORCH), null)
  t.deepEqual(filesIn(join(folder, 'downloads')), [`${cublas}.part`, `${cublas}.part.json`])

  const { downloaded } = await setUp()
  t.deepEqual(index.fetched(), [torch, cublas, cublas, cufft])
  t.regex(index.requests.at(-3)!.headers.range!, /^bytes=\d+-$/)
  t.true(downloaded < wheels[1]!.wheel.size + wheels[2]!.wheel.size)
  t.deepEqual(
    plans[1]!.wheels.map(({ file }) => file),
    [cublas, cufft],
  )
  t.deepEqual(filesIn(join(folder, 'site')), SITE)
})

test('an archive that had arrived is not fetched again', async (t) => {
  const wheels = await someWheels()
  const index = await packageIndex(t, wheels)
  const { folder, setUp } = await settingUp(t, wheels, index.url)
  await mkdir(join(folder, 'downloads'), { recursive: true })
  for (const { wheel, content } of wheels) await writeFile(join(folder, 'downloads', wheel.file), content)
  await setUp({ offline: true })
  t.deepEqual(index.requests, [])
  t.deepEqual(
    filesIn(folder),
    SITE.map((name) => `site/${name}`),
  )
})

test('two setups at once do not harm each other', async (t) => {
  const wheels = await someWheels()
  const index = await packageIndex(t, wheels)
  const { folder, setUp } = await settingUp(t, wheels, index.url)
  const [one, other] = await Promise.all([setUp(), setUp()])
  t.is(one.folder, other.folder)
  t.deepEqual(
    filesIn(folder),
    SITE.map((name) => `site/${name}`),
  )
})

test('the plan lists packages, sizes, the place and licenses', async (t) => {
  const wheels = await someWheels()
  const index = await packageIndex(t, wheels)
  const { folder, plans, setUp } = await settingUp(t, wheels, index.url.replace('//', '//me:secret@'))
  await setUp()
  const text = describePlan(plans[0]!)
  t.true(text.startsWith(`libtorch 2.13.0 for CUDA 13.0.3, from ${index.url}:\n  torch`))
  t.regex(text, /\n {2}nvidia-cublas {2}13\.1\.1\.3 {3}\s*\d+\.\d KiB\n/)
  t.true(text.includes(`in ${folder}; 931.3 GiB free`) || text.includes(`in ${folder}; 1000 GB free`))
  t.regex(text, /BSD-3-Clause.*CUDA EULA/)
  t.false(text.includes('secret'))
  t.is(index.requests[1]!.headers.authorization, `Basic ${Buffer.from('me:secret').toString('base64')}`)
})

test('a folder copied from another machine is used', async (t) => {
  const wheels = await someWheels()
  const index = await packageIndex(t, wheels)
  const one = await settingUp(t, wheels, index.url)
  const other = await settingUp(t, wheels)
  await one.setUp()
  await mkdir(join(other.cache, 'cuda'), { recursive: true })
  await rename(one.folder, other.folder)
  t.like(await other.setUp({ offline: true }), { before: true, folder: join(other.site, 'torch') })
})

test('an index that is a web page will do', async (t) => {
  const wheels = await someWheels()
  const index = await packageIndex(t, wheels, { html: true })
  const { site, setUp } = await settingUp(t, wheels, index.url)
  await setUp()
  t.deepEqual(filesIn(site), SITE)
})

test('the address of a file starts from where the index redirects to', async (t) => {
  const wheels = await someWheels()
  const moved = status(302, { location: '/simple/deep/torch/' })
  const page: Reply = (_, response) => {
    const [{ file: filename }] = wheels.map(({ wheel }) => wheel) as [Wheel]
    const files = [{ filename, url: `../../../files/${filename}` }]
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ files }))
  }
  const index = await packageIndex(t, wheels, { instead: { torch: [status(503), moved], deep: [page] } })
  const { site, setUp } = await settingUp(t, wheels, index.url)
  await setUp()
  t.deepEqual(filesIn(site), SITE)
  t.deepEqual(
    index.requests.slice(0, 3).map(({ path }) => path),
    ['/simple/torch/', '/simple/torch/', '/simple/deep/torch/'],
  )
})

test('the pinned wheels are those of the libtorch in package.json', (t) => {
  t.is(ownPackage().manifest.libtorch, PINNED)
  const torch = WHEELS.find(({ name }) => name === 'torch')
  t.is(torch?.version, PINNED)
  t.is(new Set(WHEELS.map(({ name }) => name)).size, WHEELS.length)
  for (const { name, version, file, size, sha256, unpacked } of WHEELS) {
    t.true(file.startsWith(`${name.replaceAll('-', '_')}-${version}-`) && file.endsWith('x86_64.whl'), file)
    t.true(size > 0 && unpacked > 0, file)
    t.regex(sha256, /^[0-9a-f]{64}$/)
  }
})
