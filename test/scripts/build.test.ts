/** The parts of the build that decide what is to be done. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, utimesSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { listen, load, temporaryFolder, writeFiles } from './scripts.js'

const { removeOrphans } = await load('lib/javascript.js')
const { withLock } = await load('lib/lock.js')
const { ensureNode, packagesAreFresh } = await load('lib/ensure-built.js')
const { compileJobs, ensureCmake, ensureCompiler } = await load('lib/tools.js')

const lockFile = (packages: Record<string, object>) => JSON.stringify({ packages })

test('packages are installed anew when the lock file names others, not when it was only touched', (t) => {
  const folder = temporaryFolder(t)
  const installed = path.join(folder, 'node_modules', '.package-lock.json')
  const wanted = { '': {}, a: { version: '1.0.0' }, 'only-on-windows': { version: '2.0.0', optional: true } }
  writeFiles(folder, { 'package-lock.json': lockFile(wanted) })
  t.false(packagesAreFresh(folder), 'nothing installed')
  writeFiles(folder, { 'node_modules/.package-lock.json': lockFile({ a: { version: '1.0.0' } }) })
  utimesSync(installed, 0, 0)
  t.true(packagesAreFresh(folder), 'the same packages')
  const others: Record<string, object>[] = [
    { a: { version: '0.9.0' } },
    {},
    { a: { version: '1.0.0' }, b: { version: '1.0.0' } },
  ]
  for (const packages of others) {
    writeFiles(folder, { 'node_modules/.package-lock.json': lockFile(packages) })
    utimesSync(installed, 0, 0)
    t.false(packagesAreFresh(folder), JSON.stringify(packages))
  }
})

test('compiled files whose source is gone are removed, and nothing else', (t) => {
  const folder = writeFiles(temporaryFolder(t), {
    'lib/kept.ts': '',
    'dist/kept.js': '',
    'dist/kept.d.ts': '',
    'dist/gone.js': '',
    'dist/old/gone.d.ts': '',
    'dist/old/gone.js.map': '',
    'dist/data.json': '',
  })
  removeOrphans(path.join(folder, 'dist'), path.join(folder, 'lib'))
  t.deepEqual(readdirSync(path.join(folder, 'dist')).sort(), ['data.json', 'kept.d.ts', 'kept.js'])
})

test('a lock is held during the work, and one left by a dead process is taken over', async (t) => {
  const file = path.join(temporaryFolder(t), 'lock')
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  writeFiles(path.dirname(file), { lock: String(pid) })
  const holder = await withLock(file, async () => readFileSync(file, 'utf8'))
  t.is(holder, String(process.pid))
  t.false(existsSync(file))
  await t.throwsAsync(
    withLock(file, () => Promise.reject(new Error('failed'))),
    { message: 'failed' },
  )
  t.false(existsSync(file))
})

test.serial('a second build waits for the first', async (t) => {
  const file = path.join(temporaryFolder(t), 'lock')
  const order: string[] = []
  const { said } = await listen(async () => {
    const first = withLock(file, async () => {
      await new Promise(setImmediate)
      order.push('first')
    })
    const second = withLock(file, async () => order.push('second'))
    await Promise.all([first, second])
  })
  t.deepEqual(order, ['first', 'second'])
  t.regex(said, /waiting for another build/)
})

test('an old Node is named with the one that is needed', (t) => {
  t.notThrows(() => ensureNode('20.19.0'))
  t.notThrows(() => ensureNode('22.0.0'))
  t.throws(() => ensureNode('20.18.3'), { message: /Node 20\.19 or newer is needed; this is Node 20\.18\.3/ })
})

test('missing and old tools are named with a remedy for the platform', async (t) => {
  const folder = writeFiles(temporaryFolder(t), { cmake: '#!/bin/sh\necho cmake version 3.16.3\n' })
  chmodSync(path.join(folder, 'cmake'), 0o755)
  const old = await t.throwsAsync(ensureCmake({ env: { PATH: folder }, platform: 'linux' }))
  t.regex(old!.message, /CMake 3\.18 or newer is needed .*PATH is 3\.16\.3.*apt install/s)
  const none = { PATH: temporaryFolder(t) }
  const cmake = await t.throwsAsync(ensureCmake({ env: none, platform: 'darwin' }))
  t.regex(cmake!.message, /cmake was not found.*brew install cmake/s)
  const compiler = await t.throwsAsync(ensureCompiler({ env: none, platform: 'linux' }))
  t.regex(compiler!.message, /c\+\+ was not found.*clang\+\+ was not found.*apt install g\+\+/s)
  const named = await t.throwsAsync(ensureCompiler({ env: { ...none, CXX: 'g++-99' }, platform: 'linux' }))
  t.regex(named!.message, /g\+\+-99 was not found/)
})

test('as many compile jobs as cores and memory allow, at least one', (t) => {
  const GiB = 1024 ** 3
  t.is(compileJobs({ cores: 8, total: 64 * GiB, available: 60 * GiB }), 8)
  t.is(compileJobs({ cores: 8, total: 4 * GiB, available: 3.5 * GiB }), 2)
  t.is(compileJobs({ cores: 8, total: 1 * GiB, available: GiB / 2 }), 1)
})

test('an addon with symbols that nothing provides is rejected and removed', (t) => {
  if (spawnSync('ldd', ['--version']).status !== 0) return t.pass('there is no ldd here')
  const check = path.resolve('cmake', 'check_symbols.cmake')
  const link = (code: string) => {
    const folder = writeFiles(temporaryFolder(t), { 'addon.c': code })
    execFileSync('cc', ['-shared', '-fPIC', 'addon.c', '-o', 'addon.node'], { cwd: folder })
    const addon = path.join(folder, 'addon.node')
    return { addon, checked: spawnSync('cmake', [`-DADDON=${addon}`, '-P', check], { encoding: 'utf8' }) }
  }
  const good = link(
    'int napi_known(void); int node_api_known(void); int f(void) { return napi_known() + node_api_known(); }',
  )
  t.is(good.checked.status, 0, good.checked.stderr)
  const bad = link(
    'int napi_known(void); int _Z4lostd(double); int f(void) { return napi_known() + _Z4lostd(1); }',
  )
  t.not(bad.checked.status, 0)
  t.regex(bad.checked.stderr, /nothing provides:\s+(lost\(double\)|_Z4lostd)\n/)
  t.notRegex(bad.checked.stderr, /napi_known/)
  t.false(existsSync(bad.addon))
})

test('the command line can be run as a program', (t) => {
  const main = readFileSync(new URL('../../dist/cli/main.js', import.meta.url), 'utf8')
  t.true(main.startsWith('#!/usr/bin/env node\n'))
})
