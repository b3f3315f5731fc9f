/** What is loaded, from where, and what is said when nothing fits. */
import { cpSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { describeHost, thisHost } from '../../../lib/native/host.js'
import { loadAddon } from '../../../lib/native/load.js'
import { readPackage } from '../../../lib/native/packages.js'
import { failure, folderOf, HOST, installed } from './installation.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const { platform, arch } = process
const THIS = `${platform}-${arch}`
/** The addon of a package as prebuildify names it. */
const PREBUILT = join('prebuilds', THIS, platform === 'linux' ? 'stego.glibc.node' : 'stego.node')

/** Copies the opener of this checkout's build beside an addon. */
function withOpener(folder: string): void {
  const opener = join('opener', 'libtorch-opener.node')
  mkdirSync(dirname(join(folder, opener)), { recursive: true })
  cpSync(join(ROOT, 'build', 'Release', opener), join(folder, opener))
}

test('the local build of this checkout is loaded, and says its version', (t) => {
  const stego = readPackage(ROOT)
  t.is(loadAddon({ stego, platform, arch }).addon.version, stego.manifest.version)
})

test('STEGO_NATIVE_PATH names the addon or its folder', (t) => {
  const stego = readPackage(ROOT)
  for (const nativePath of ['build/Release/stego.node', 'build/Release', '.']) {
    const request = { stego, platform, arch, nativePath: join(ROOT, nativePath) }
    t.is(loadAddon(request).addon.version, stego.manifest.version)
  }
})

test('STEGO_NATIVE_PATH is refused, not passed over, when nothing is there', (t) => {
  const message = failure(t, ROOT, { nativePath: join(ROOT, 'nowhere') })
  t.regex(
    message,
    /Tried:\n {2}- STEGO_NATIVE_PATH=.*nowhere: not found\nTo fix it:\n {2}- set STEGO_NATIVE_PATH/,
  )
})

test('an addon of another version is refused', (t) => {
  const folder = installed(t)
  const message = failure(t, folder, { nativePath: join(ROOT, 'build', 'Release') })
  t.regex(message, /it is version \S+, but stego is 1\.2\.3/)
  t.regex(message, /npm install stego@1\.2\.3, or delete node_modules/)
})

test('without the platform package: what was tried, in its order, and how to get it', (t) => {
  const message = failure(t, installed(t))
  t.regex(
    message,
    /^Expected a native addon for stego 1\.2\.3 on linux-x64, glibc 2\.36, Node 20\.19\.0, found none/,
  )
  t.regex(
    message,
    /- a local build, build.Release, or prebuilds: not found\n {2}- the package @stego\/linux-x64: not found\n/,
  )
  t.regex(
    message,
    /without --omit=optional.*npm install @stego\/linux-x64@1\.2\.3\n.*delete both, then reinstall here$/s,
  )
})

test("another platform's package: the lock file came from elsewhere", (t) => {
  const other = { name: '@stego/darwin-arm64', version: '1.2.3' }
  const message = failure(t, installed(t, { '@stego/darwin-arm64/package.json': other }))
  t.regex(message, /@stego\/darwin-arm64 is installed.*delete node_modules and the lock file/)
})

test('a platform package of another version is not opened', (t) => {
  const old = { name: '@stego/linux-x64', version: '1.2.2' }
  const message = failure(t, installed(t, { '@stego/linux-x64/package.json': old }))
  t.regex(message, /the package @stego\/linux-x64: it is version 1\.2\.2, but stego is 1\.2\.3/)
  t.regex(message, /npm install stego@1\.2\.3/)
})

test('musl is named, with an image to take', (t) => {
  const message = failure(t, installed(t), { host: { ...HOST, libc: 'musl', glibc: null } })
  t.regex(message, /linux-x64, musl, Node/)
  t.regex(message, /node:22-slim/)
  t.notRegex(message, /omit=optional/)
})

test('a platform without packages learns which there are', (t) => {
  const host = { ...HOST, platform: 'freebsd', libc: null, glibc: null }
  t.regex(
    failure(t, installed(t), { host }),
    /packages exist only for linux-x64, darwin-arm64: use one of these, or build/,
  )
})

test('Electron learns about its archive', (t) => {
  const message = failure(t, installed(t), { host: { ...HOST, electron: '38.0.0' } })
  t.regex(message, /Electron 38\.0\.0/)
  t.regex(message, /asarUnpack/)
})

test('a checkout that was not built learns the command', (t) => {
  const folder = folderOf(t, { 'package.json': { name: 'stego', version: '1.2.3' } })
  t.regex(failure(t, folder), /in a checkout: npm run build$/)
})

test('a damaged addon without libtorch: what the loader of the system says, and what is missing', (t) => {
  const manifest = { name: `@stego/${THIS}`, version: '1.2.3' }
  const folder = installed(t, {
    [`@stego/${THIS}/package.json`]: manifest,
    [`@stego/${THIS}/${PREBUILT}`]: 'not an addon',
  })
  const message = failure(t, folder, { host: { ...HOST, platform, arch } })
  t.regex(message, /the package @stego\/\S+, prebuilds.\S+.stego\.\S*node: .*stego\.\S*node/)
  t.regex(message, /npm install @stego\/libtorch-\S+@2\.13\.0/)
})

test('a libtorch of another version is not opened', (t) => {
  const message = libtorchFailure(t, { version: '2.12.0' })
  t.regex(message, /it needs @stego\/libtorch-\S+ 2\.13\.0, but 2\.12\.0 is installed/)
})

test('a library that cannot be opened is named by its absolute path', (t) => {
  const message = libtorchFailure(t, { version: '2.13.0', libraries: ['lib/libgomp.so.1'] })
  t.regex(message, /node_modules.@stego.libtorch-\S+.lib.libgomp\.so\.1/)
  if (platform === 'linux') t.regex(message, /OpenMP is missing/)
})

/** Loads with a libtorch whose package.json says this, from a tree in which it is nested below the platform package. */
function libtorchFailure(t: ExecutionContext, libtorch: object): string {
  const nested = `@stego/${THIS}/node_modules/@stego/libtorch-${THIS}/package.json`
  const folder = installed(t, {
    [`@stego/${THIS}/package.json`]: { name: `@stego/${THIS}`, version: '1.2.3' },
    [`@stego/${THIS}/${PREBUILT}`]: 'not an addon',
    [nested]: { name: `@stego/libtorch-${THIS}`, ...libtorch },
  })
  withOpener(dirname(join(folder, '..', '@stego', THIS, PREBUILT)))
  return failure(t, folder, { host: { ...HOST, platform, arch } })
}

test('this machine is described as it is', (t) => {
  const host = thisHost()
  t.is(host.platform, platform)
  if (platform === 'linux') t.true(host.libc === 'musl' || /^\d+\.\d+$/.test(host.glibc!))
  t.true(describeHost(host).startsWith(`${THIS}, `))
})
