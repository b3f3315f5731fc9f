/** STEGO_LIBTORCH: a libtorch of the user's own, opened before the addon of this checkout. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { sameSeries, userLibtorch } from '../../../lib/native/libtorch.js'
import { failure, folderOf } from './installation.js'
import { libtorchOfBuild } from './libtorch.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const linux = process.platform === 'linux' ? test : test.skip

/** A folder like an unpacked libtorch: its libraries are links to those the addon was built on. */
function linked(t: ExecutionContext, version: string | null = null): string {
  const folder = folderOf(t, version === null ? {} : { 'build-version': `${version}+cpu\n` })
  mkdirSync(join(folder, 'lib'))
  const { lib } = libtorchOfBuild()
  for (const name of ['libgomp.so.1', 'libc10.so', 'libtorch_cpu.so']) {
    symlinkSync(join(lib, name), join(folder, 'lib', name))
  }
  return folder
}

interface Outcome {
  source?: string
  version?: string | null
  running?: string
  neighbors?: number[]
  torch?: string[]
  error?: string
}

/** Loads the addon in a process of its own with this STEGO_LIBTORCH, and uses it. */
function load(folder: string): Outcome {
  const lib = new URL('../../../lib/', import.meta.url).href
  const script = `
    const { addonRequest } = await import('${lib}native/index.ts')
    const { loadAddon } = await import('${lib}native/load.ts')
    const { openLibraries } = await import('${lib}native/host.ts')
    const { nearestNeighbors } = await import('${lib}neighbors/nearest-neighbors.ts')
    try {
      const { addon, libtorch } = loadAddon(addonRequest())
      const { running } = addon.describeMachine().libtorch
      const vectors = { data: Float32Array.of(1, 0, 0.9, 0.1, 0, 1), shape: [3, 2] }
      const { indices } = await nearestNeighbors(vectors, { k: 1 })
      const torch = openLibraries().filter((name) => /torch_cpu|libc10/.test(name))
      const { source, version } = libtorch ?? {}
      console.log(JSON.stringify({ source, version, running, neighbors: [...indices.data], torch }))
    } catch (error) {
      console.log(JSON.stringify({ error: error.code + ' ' + error.message }))
    }`
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import=tsx', '--input-type=module', '-e', script],
    { encoding: 'utf8', env: { ...process.env, STEGO_LIBTORCH: folder } },
  )
  if (status !== 0) throw new Error(`${status ?? signal}: ${stderr}`)
  return JSON.parse(stdout)
}

linux('an own libtorch is opened by its own path, used, and says its version', (t) => {
  const folder = linked(t)
  const { error, torch, ...outcome } = load(folder)
  t.is(error, undefined)
  const { version } = libtorchOfBuild()
  t.deepEqual(outcome, { source: 'own', version: null, running: version, neighbors: [1, 0, 1] })
  t.deepEqual(
    torch!.map((name) => dirname(name)),
    [join(folder, 'lib'), join(folder, 'lib')],
  )
})

linux('its lib folder may be named, and the version beside it is read', (t) => {
  const { version } = libtorchOfBuild()
  const folder = linked(t, version)
  t.is(load(join(folder, 'lib')).version, version)
})

linux('one of the same series is taken, one of another is refused before it is opened', (t) => {
  const [major, minor] = libtorchOfBuild().version.split('.')
  t.is(load(linked(t, `${major}.${minor}.99`)).version, `${major}.${minor}.99`)
  const { error } = load(linked(t, '1.8.0'))
  t.regex(error!, /^ERR_STEGO_ADDON/)
  t.regex(error!, /a local build.*: \S.* is libtorch 1\.8\.0, but it was built against 2\./)
  t.regex(error!, /To fix it:\n {2}- set STEGO_LIBTORCH to a complete libtorch 2\..* or unset it/)
})

linux('a library that is cut off is told, not opened', (t) => {
  const folder = linked(t)
  const whole = realpathSync(join(folder, 'lib', 'libc10.so'))
  const damaged = folderOf(t, {})
  for (const name of readdirSync(join(folder, 'lib'))) {
    if (name !== 'libc10.so') symlinkSync(join(folder, 'lib', name), join(damaged, name))
  }
  const bytes = readFileSync(whole)
  writeFileSync(join(damaged, 'libc10.so'), bytes.subarray(0, bytes.length / 2))
  t.regex(load(damaged).error!, /libc10\.so is truncated: \d+ of at least \d+ bytes/)
  writeFileSync(join(damaged, 'libc10.so'), 'no library')
  t.regex(load(damaged).error!, /libc10\.so is not a library/)
})

linux(
  'one that lacks functions is refused by the name of the first, not met by the end of the process',
  (t) => {
    const other = pretended(t, (library) => {
      const bytes = Buffer.from(library)
      const name = 'libtorch-opener.node' // what it says its name is, by which the addon looks for it
      bytes.write('libtorch_cpu.so'.padEnd(name.length, '\0'), bytes.indexOf(`\0${name}\0`) + 1)
      return bytes
    })
    t.regex(load(other).error!, /a local build.*stego\.node: undefined symbol: \w+\n/)
  },
)

linux('one that the addon passes over is not taken for the one that is used', (t) => {
  const other = pretended(t, (library) => library)
  t.regex(load(other).error!, /a local build.*: it uses another libtorch, \S+libtorch_cpu\.so\n/)
})

/** A folder with a library under libtorch's name that holds nothing of it. */
function pretended(t: ExecutionContext, change: (library: Buffer) => Buffer): string {
  const folder = folderOf(t, {})
  const { lib } = libtorchOfBuild()
  for (const name of ['libgomp.so.1', 'libc10.so']) symlinkSync(join(lib, name), join(folder, name))
  const opener = readFileSync(join(ROOT, 'build', 'Release', 'opener', 'libtorch-opener.node'))
  writeFileSync(join(folder, 'libtorch_cpu.so'), change(opener))
  return folder
}

test('a folder that holds no libtorch, and one that is not there', (t) => {
  const empty = folderOf(t, { 'lib/readme.txt': '' })
  t.throws(() => userLibtorch(empty, 'linux'), {
    code: 'ERR_STEGO_ADDON',
    message:
      /^STEGO_LIBTORCH=.* contains no libtorch: expected libc10\.so and libtorch_cpu\.so in it or its lib folder, found them in neither\. Set it .* or unset it/,
  })
  t.throws(() => userLibtorch(join(empty, 'nowhere'), 'linux'), { message: /but it does not exist/ })
})

test('without an opener beside the addon no other libtorch can be opened', (t) => {
  const libtorch = folderOf(t, { 'libc10.so': '', 'libtorch_cpu.so': '' })
  const nativePath = folderOf(t, { 'stego.node': 'not an addon' })
  t.regex(failure(t, ROOT, { nativePath, libtorch }), /opener.libtorch-opener\.node is missing next to it/)
})

test('versions are read where each kind of libtorch says them', (t) => {
  const libraries = { 'lib/libc10.so': '', 'lib/libtorch_cpu.so': '' }
  const kinds: Record<string, string> = {
    'include/torch/headeronly/version.h':
      '#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION \\\n  "2.14.1"\n',
    'build-version': '2.14.1+cpu\n',
    'version.py': "__version__ = '2.14.1+cpu'\n",
    'package.json': '{ "name": "@stego/libtorch-linux-x64", "version": "2.14.1" }',
  }
  for (const [file, text] of Object.entries(kinds)) {
    t.is(userLibtorch(folderOf(t, { ...libraries, [file]: text }), 'linux').version, '2.14.1', file)
  }
  t.is(userLibtorch(folderOf(t, libraries), 'linux').version, null)
  t.true(sameSeries('2.13.0', '2.13.1'))
  t.false(sameSeries('2.13.0', '2.1.0'))
})
