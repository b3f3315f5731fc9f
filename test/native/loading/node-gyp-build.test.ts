/** What is found in folders that were built, or filled by prebuildify, and what node-gyp-build's variables do. */
import { execFileSync } from 'node:child_process'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { readPackage } from '../../../lib/native/packages.js'
import { findAddon, places } from '../../../lib/native/places.js'
import { folderOf, installed } from './installation.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const { platform, arch } = process
const PREBUILDS = join('prebuilds', `${platform}-${arch}`)
const PREBUILT = join(PREBUILDS, 'stego.glibc.node')
const BUILT = join('build', 'Release', 'stego.node')

/** Files that only have the names of addons. */
const files = (...names: string[]) => Object.fromEntries(names.map((name) => [name, 'not an addon']))

test('of prebuilt addons the one for this processor and C library is taken, and no opener', (t) => {
  const others = [join(PREBUILDS, 'stego.musl.node'), join('prebuilds', 'linux-s390x', 'stego.glibc.node')]
  const opener = join(PREBUILDS, 'opener', 'libtorch-opener.node')
  const folder = folderOf(t, files(PREBUILT, opener, ...others))
  t.deepEqual(findAddon(folder), { file: join(folder, PREBUILT), local: false })
  t.is(findAddon(folderOf(t, files(opener, ...others))), null)
})

test('a build goes before what is prebuilt, and is told from it', (t) => {
  const folder = folderOf(t, files(BUILT, PREBUILT))
  t.deepEqual(findAddon(folder), { file: join(folder, BUILT), local: true })
})

test('the package itself is asked before the package of the platform', (t) => {
  const name = `@stego/${platform}-${arch}`
  const package_ = { [`${name}/package.json`]: { name, version: '1.2.3' }, ...files(`${name}/${PREBUILT}`) }
  const found = (own: string[]) => {
    const stego = readPackage(installed(t, { ...files(...own.map((file) => `stego/${file}`)), ...package_ }))
    return places({ stego, platform, arch }).map(({ name, packaged }) => ({ name, packaged }))
  }
  const packaged = { name: `the package ${name}, ${PREBUILT}`, packaged: true }
  t.deepEqual(found([BUILT]), [{ name: `a local build, ${BUILT}`, packaged: false }, packaged])
  t.deepEqual(found([PREBUILT]), [{ name: `prebuilds, ${PREBUILT}`, packaged: true }, packaged])
  t.deepEqual(found([]), [{ name: 'a local build, build/Release, or prebuilds', packaged: true }, packaged])
})

test('PREBUILDS_ONLY and STEGO_PREBUILD are heeded', (t) => {
  const stego = { 'package.json': { name: 'stego', version: '1.2.3' } }
  const folder = folderOf(t, { ...stego, ...files(BUILT, PREBUILT) })
  const other = folderOf(t, files(PREBUILT))
  const found = (env: NodeJS.ProcessEnv) => {
    const code = `import { findAddon } from './lib/native/places.js'
      console.log(findAddon(${JSON.stringify(folder)})?.file)`
    const options = { cwd: ROOT, env: { ...process.env, ...env }, encoding: 'utf8' } as const
    return execFileSync(process.execPath, ['--import=tsx', '--input-type=module', '-e', code], options).trim()
  }
  t.is(relative(folder, found({ PREBUILDS_ONLY: '1' })), PREBUILT)
  t.is(relative(other, found({ STEGO_PREBUILD: other })), PREBUILT)
})
