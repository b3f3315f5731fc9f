/** What is found in folders that were filled by a build or by prebuildify, and what node-gyp-build's variables do. */
import { mkdirSync, symlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { namedPathFromEnv, prebuildsOnlyFromEnv } from '../../lib/env.js'
import { libcOf } from '../../lib/loading/libc.js'
import { loadAddon } from '../../lib/loading/load.js'
import { findAddon } from '../../lib/loading/node-gyp-build.js'
import { readPackage } from '../../lib/loading/packages.js'
import { places } from '../../lib/loading/places.js'
import { failure, folderOf, HOST, installed } from './installation.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const { platform, arch } = process
const LINUX = { platform: 'linux', arch: 'x64', libc: 'glibc' as const }

/** Files that only have the names of addons. */
const files = (...names: string[]) => Object.fromEntries(names.map((name) => [name, 'not an addon']))

test('a prebuilt addon is taken by its tags: platform, processor, C library', (t) => {
  const glibc = join('prebuilds', 'linux-x64', 'stego.glibc.node')
  const musl = join('prebuilds', 'linux-x64', 'stego.musl.node')
  const arm = join('prebuilds', 'linux-arm64', 'stego.glibc.node')
  const mac = join('prebuilds', 'darwin-arm64', 'stego.node')
  const folder = folderOf(t, files(glibc, musl, arm, mac))
  const found = (target: object) =>
    relative(folder, findAddon(folder, 'prebuilt', { ...LINUX, ...target }) ?? folder)
  t.is(found({}), glibc)
  t.is(found({ libc: 'musl' }), musl)
  t.is(found({ arch: 'arm64' }), arm)
  t.is(found({ platform: 'darwin', arch: 'arm64' }), mac)
  t.is(found({ platform: 'win32' }), '')
})

test('the opener beside a prebuilt addon is not taken for it', (t) => {
  const folder = folderOf(t, files('prebuilds/linux-x64/opener/libtorch-opener.node'))
  t.is(findAddon(folder, 'prebuilt', LINUX), null)
})

test('a local build and a prebuilt addon in one folder are both found, each as what it is', (t) => {
  const build = join('build', 'Release', 'stego.node')
  const prebuilt = join('prebuilds', 'linux-x64', 'stego.glibc.node')
  const folder = folderOf(t, files(build, prebuilt))
  t.is(findAddon(folder, 'local', LINUX), join(folder, build))
  t.is(findAddon(folder, 'prebuilt', LINUX), join(folder, prebuilt))
  t.is(findAddon(folderOf(t, files(prebuilt)), 'local', LINUX), null)
  t.is(findAddon(folderOf(t, files(build)), 'prebuilt', LINUX), null)
})

test('variables of the process decide nothing by chance, and stay as they are', (t) => {
  const folder = folderOf(t, files('prebuilds/linux-x64/stego.glibc.node'))
  const set = { LIBC: 'musl', npm_config_platform: 'win32', npm_config_arch: 'arm64', STEGO_PREBUILD: '/' }
  const before = { ...process.env }
  Object.assign(process.env, set)
  t.teardown(() => {
    for (const name of Object.keys(set)) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  })
  t.truthy(findAddon(folder, 'prebuilt', LINUX))
  t.like(process.env, set)
  t.is(process.env.PREBUILDS_ONLY, before.PREBUILDS_ONLY)
})

test('places are a local build, the platform package and prebuilds, with the files in them', (t) => {
  const folder = installed(t, {
    ...files('stego/build/Release/stego.node', 'stego/prebuilds/linux-x64/stego.glibc.node'),
    ...files('@stego/linux-x64/prebuilds/linux-x64/stego.glibc.node'),
    '@stego/linux-x64/package.json': { name: '@stego/linux-x64', version: '1.2.3' },
  })
  const request = { stego: readPackage(folder), ...LINUX }
  const prebuilt = join('prebuilds', 'linux-x64', 'stego.glibc.node')
  const expected = [
    { name: `a local build, ${join('build', 'Release', 'stego.node')}`, packaged: false },
    { name: `the package @stego/linux-x64, ${prebuilt}`, packaged: true },
    { name: prebuilt, packaged: true },
  ]
  t.deepEqual(
    places(request).map(({ name, packaged }) => ({ name, packaged })),
    expected,
  )
  t.deepEqual(
    places({ ...request, prebuildsOnly: true }).map(({ name, packaged }) => ({ name, packaged })),
    expected.slice(1),
  )
})

test('an unusable local build is passed over for the platform package, that one for prebuilds', (t) => {
  const folder = installed(t, {
    ...files('stego/build/Release/stego.node', 'stego/prebuilds/linux-x64/stego.glibc.node'),
    ...files('@stego/linux-x64/prebuilds/linux-x64/stego.glibc.node'),
    '@stego/linux-x64/package.json': { name: '@stego/linux-x64', version: '1.2.3' },
  })
  const tried = failure(t, folder)
    .split('\n')
    .filter((line) => /^ {2}- .*: \/.*it is not a library$/.test(line))
  if (platform === 'linux') t.is(tried.length, 3)
})

test("on musl glibc's addon is not opened, though its package is there", (t) => {
  const folder = installed(t, {
    ...files('@stego/linux-x64/prebuilds/linux-x64/stego.glibc.node'),
    '@stego/linux-x64/package.json': { name: '@stego/linux-x64', version: '1.2.3' },
  })
  const message = failure(t, folder, { host: { ...HOST, libc: 'musl', glibc: null } })
  t.regex(message, /the package @stego\/linux-x64: no addon in \S.*prebuilds.linux-x64 fits\n/)
  t.regex(message, /node:22-slim/)
})

test('the C library is read from the program', (t) => {
  const program = (loader: string) => {
    const head = Buffer.alloc(64 + 56)
    head.write('\x7fELF\x02\x01', 'latin1')
    head.writeBigUInt64LE(64n, 32)
    head.writeUInt16LE(56, 54)
    head.writeUInt16LE(1, 56)
    head.writeUInt32LE(3, 64)
    head.writeBigUInt64LE(BigInt(head.length), 64 + 8)
    head.writeBigUInt64LE(BigInt(loader.length + 1), 64 + 32)
    return Buffer.concat([head, Buffer.from(`${loader}\0and more`)]).toString('latin1')
  }
  const folder = folderOf(t, {
    alpine: program('/lib/ld-musl-x86_64.so.1'),
    debian: program('/lib64/ld-linux-x86-64.so.2'),
    script: '#!/bin/sh\n',
  })
  t.is(libcOf(join(folder, 'alpine')), 'musl')
  t.is(libcOf(join(folder, 'debian')), 'glibc')
  for (const other of ['script', 'nowhere']) t.is(libcOf(join(folder, other)), 'glibc')
})

test('STEGO_PREBUILD names the folder of a build, and is refused where it holds none', (t) => {
  const stego = readPackage(ROOT)
  const other = folderOf(t, {})
  mkdirSync(join(other, 'build'))
  symlinkSync(join(ROOT, 'build', 'Release'), join(other, 'build', 'Release'), 'junction')
  const named = (path: string) => ({ named: { variable: 'STEGO_PREBUILD' as const, path } })
  t.is(places({ stego, platform, arch, prebuildsOnly: true, ...named(other) })[0]!.file, null)
  const { place } = loadAddon({ stego, platform, arch, ...named(other) })
  t.is(place.file, join(other, 'build', 'Release', 'stego.node'))
  t.regex(
    failure(t, ROOT, named(join(other, 'nowhere'))),
    /Tried:\n {2}- STEGO_PREBUILD=.*nowhere: not there\nTo mend it:\n {2}- set STEGO_PREBUILD to a folder/,
  )
})

test('STEGO_NATIVE_PATH goes before STEGO_PREBUILD; what is empty is not set', (t) => {
  const native = { variable: 'STEGO_NATIVE_PATH' as const, path: 'a' }
  t.deepEqual(namedPathFromEnv({ STEGO_NATIVE_PATH: 'a', STEGO_PREBUILD: 'b' }), native)
  const prebuild = { variable: 'STEGO_PREBUILD' as const, path: 'b' }
  t.deepEqual(namedPathFromEnv({ STEGO_NATIVE_PATH: '', STEGO_PREBUILD: 'b' }), prebuild)
  t.is(namedPathFromEnv({}), undefined)
  t.deepEqual(
    ['1', '', undefined].map((PREBUILDS_ONLY) => prebuildsOnlyFromEnv({ PREBUILDS_ONLY })),
    [true, false, false],
  )
})
