/** The packages with binaries, and the weights: what is in them, and what the binaries need and tell. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { runs, testAt } from '../support/level.js'
import { highest, neededVersions } from './elf.js'
import { filesOf, manifestOf, type Packed, pack, ROOT } from './pack.js'

const PLATFORM = `${process.platform}-${process.arch}`
const { version, libtorch: torch } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

const folder = mkdtempSync(join(tmpdir(), 'stego-natives-'))
const packed = new Map<string, Packed>()
test.before((t) => {
  t.timeout(180_000)
  // Stripping and compressing libtorch takes half a minute: that is left to the full tests.
  const names = ['starter', 'addon', ...(runs('full') ? ['libtorch'] : [])]
  for (const [index, made] of pack(folder, ...names).entries()) packed.set(names[index]!, made)
})
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

const PAPERS = ['LICENSE', 'NOTICE', 'package.json']
/** The addon with the tag of its C library, as prebuildify names it; the opener in a folder, where it is not taken for one. */
const BINARIES = [
  'opener/libtorch-opener.node',
  `stego.${process.platform === 'linux' ? 'glibc.' : ''}node`,
].map((name) => `prebuilds/${PLATFORM}/${name}`)
const slow = testAt('full')

/** A package unpacked. */
function unpacked(name: string): string {
  const files = mkdtempSync(join(folder, `${name}-`))
  execFileSync('tar', ['-xzf', packed.get(name)!.file, '--strip-components=1', '-C', files])
  return files
}

test('the addon and the opener of libtorch, in a package for this platform', (t) => {
  const { file, size } = packed.get('addon')!
  t.deepEqual(filesOf(file).sort(), [...PAPERS, ...BINARIES].sort())
  t.true(size < 2_000_000, `${size} bytes`)
  const manifest = manifestOf(file)
  t.is(manifest.version, version)
  t.deepEqual(manifest.dependencies, { [`@stego/libtorch-${PLATFORM}`]: torch })
  t.deepEqual([manifest.os, manifest.cpu], [[process.platform], [process.arch]])
  t.deepEqual(manifest.libc, process.platform === 'linux' ? ['glibc'] : undefined)
  t.false('scripts' in manifest)
})

slow('libtorch with its licences, in a package by the version of torch', (t) => {
  const { file, size } = packed.get('libtorch')!
  const licences = readdirSync(join(ROOT, 'licenses', 'libtorch'))
  const manifest = manifestOf(file)
  t.deepEqual(filesOf(file).sort(), ['package.json', ...licences, ...manifest.libraries].sort())
  t.true(size < 120_000_000, `${size} bytes`)
  t.is(manifest.version, torch)
  t.is(manifest.license, 'SEE LICENSE IN LICENSE')
  t.deepEqual([manifest.os, manifest.cpu], [[process.platform], [process.arch]])
  t.false('scripts' in manifest || 'dependencies' in manifest)
})

test('no file names a folder of the machine that packed it', (t) => {
  for (const name of ['addon', 'starter']) {
    const files = unpacked(name)
    for (const entry of readdirSync(files, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const content = readFileSync(join(entry.parentPath, entry.name))
      for (const path of [ROOT, join(homedir(), '/')])
        t.false(content.includes(path), `${entry.name}: ${path}`)
    }
  }
})

/** What Debian 12 has, the oldest system on which packages are built by hand. */
const NEWEST = { GLIBC: '2.36', GLIBCXX: '3.4.30' }

if (process.platform === 'linux') {
  test('the binaries need no newer system than they are built on', (t) => {
    const files = unpacked('addon')
    for (const binary of BINARIES) {
      const versions = neededVersions(join(files, binary))
      for (const [family, newest] of Object.entries(NEWEST)) {
        const needed = highest(versions, family)
        t.log(`${binary}: ${family} ${needed}`)
        if (family === 'GLIBC') t.truthy(needed, `${binary} tells what it needs`)
        if (needed) t.is(highest([`${family}_${needed}`, `${family}_${newest}`], family), newest)
      }
    }
  })
}
