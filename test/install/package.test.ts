/** The package `stego` as it is published: nothing missing, nothing extra, usable from everywhere. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import test from 'ava'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { filesOf, manifestOf, type Packed, pack, ROOT } from './pack.js'

/** Packed once, for all tests of this file. */
let stego: Packed
let starter: Packed
let demo: Packed

const folder = mkdtempSync(join(tmpdir(), 'stego-packed-'))
test.before(() => {
  ;[stego, starter, demo] = pack(folder, 'stego', 'starter', 'demo') as [Packed, Packed, Packed]
})
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

const MEGABYTE = 1_000_000

/** Files of a folder of this checkout, as paths in it. */
const filesIn = (folder: string) =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => `${folder}/${name}`)

test('stego holds the compiled lib/, the guide, the examples and the papers, nothing else, under 3 MB', (t) => {
  const sources = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
  const compiled = sources
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [file.replace(/\.ts$/, '.js'), file.replace(/\.ts$/, '.d.ts')])
    .map((file) => `dist/${file.replaceAll('\\', '/')}`)
  const papers = ['CHANGELOG.md', 'LICENSE', 'NOTICE', 'README.md', 'package.json']
  const guide = [...filesIn('docs'), ...filesIn('docs/images'), ...filesIn('examples')]
  t.deepEqual(filesOf(stego.file).sort(), [...compiled, ...guide, ...papers].sort())
  t.true(stego.unpackedSize < 3 * MEGABYTE, `${stego.unpackedSize} bytes`)
})

test('the links and pictures of the README and the guide lead to files of the package', (t) => {
  const files = new Set(filesOf(stego.file))
  for (const page of [...files].filter((file) => /^(docs\/|examples\/)?[^/]+\.md$/.test(file))) {
    const text = readFileSync(join(ROOT, page), 'utf8')
    for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      const file = posix.join(posix.dirname(page), target!)
      t.true(files.has(file), `${page} links to ${target}`)
    }
  }
})

test('packages say where they come from', (t) => {
  for (const { file } of [stego, starter, demo]) {
    const { repository, homepage, bugs } = manifestOf(file)
    t.truthy(repository.url && homepage && bugs, file)
  }
})

test('every public module is an entry point, has types for old resolution and is in the reference', (t) => {
  const { exports, typesVersions } = manifestOf(stego.file)
  const entries = Object.keys(exports).filter((name) => name.startsWith('./') && name !== './package.json')
  const names = entries.map((name) => name.slice('./'.length))
  for (const name of names) {
    const file = `./dist/${name}/index`
    t.deepEqual(exports[`./${name}`], { types: `${file}.d.ts`, default: `${file}.js` })
    t.deepEqual(typesVersions['*'][name], [`${file}.d.ts`])
  }
  t.deepEqual(Object.keys(typesVersions['*']).sort(), names.sort())
  const { entryPoints } = JSON.parse(readFileSync(join(ROOT, 'typedoc.json'), 'utf8'))
  t.deepEqual(entryPoints.sort(), ['lib/index.ts', ...names.map((name) => `lib/${name}/index.ts`)].sort())
})

test('stego pins its packages exactly, runs no scripts and is not private', (t) => {
  const { version } = stego
  const manifest = manifestOf(stego.file)
  t.is(manifest.dependencies['@stego/starter'], version)
  t.deepEqual(manifest.optionalDependencies, { '@stego/linux-x64': version })
  for (const key of ['scripts', 'devDependencies', 'private', 'gypfile', 'binary'])
    t.false(key in manifest, key)
  t.true(manifest.publishConfig.provenance)
  t.is(manifest.libtorch, JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).libtorch)
})

test('the starter weights are a package of their own', (t) => {
  const papers = ['LICENSE', 'NOTICE', 'README.md', 'package.json']
  const weights = ['starter-position-map.f32', 'starter-vit-tiny8.safetensors']
  t.deepEqual(filesOf(starter.file).sort(), [...papers, ...weights].sort())
  t.is(starter.version, stego.version)
})

test('the scenes of the demonstration are a package of their own', (t) => {
  t.deepEqual(filesOf(demo.file).sort(), ['LICENSE', 'dist/index.js', 'package.json'])
  t.is(demo.version, stego.version)
  t.deepEqual(Object.keys(manifestOf(demo.file).dependencies), ['sharp'])
})

test('publint has nothing to say', async (t) => {
  const data = readFileSync(stego.file)
  const tarball = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)
  const { messages, pkg } = await publint({ pack: { tarball } })
  t.deepEqual(
    messages.filter(({ type }) => type !== 'suggestion').map((message) => formatMessage(message, pkg!)),
    [],
  )
})

test('types resolve from ESM, from CommonJS by require(esm), and for bundlers', async (t) => {
  const result = await checkPackage(createPackageFromTarballData(readFileSync(stego.file)))
  if (!result.types) return t.fail('no types were found')
  // CommonJS gets an ES module: Node 20.19 and later load it by require.
  t.deepEqual([...new Set(result.problems.map(({ kind }) => kind))], ['CJSResolvesToESM'])
})
