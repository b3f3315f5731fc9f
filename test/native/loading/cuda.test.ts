/** When the addon for CUDA is loaded, with which libtorch, and what follows if it does not load. */
import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { tryPlaces } from '../../../lib/native/load.js'
import { readPackage } from '../../../lib/native/packages.js'
import { places, type Request } from '../../../lib/native/places.js'
import { folderOf, installed } from './installation.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const CUDA = '@stego/linux-x64-cuda13'
const PREBUILT = join('prebuilds', 'linux-x64', 'stego.glibc.node')
const PLACE = `the package ${CUDA}, ${PREBUILT}`

/** The package for CUDA, with a file that only has the name of an addon. */
const packaged = {
  [`${CUDA}/package.json`]: { name: CUDA, version: '1.2.3' },
  [`${CUDA}/${PREBUILT}`]: 'not an addon',
}

/** A folder `torch` by file names. */
const TORCH = ['libgomp.so.1', 'libc10.so', 'libtorch_cpu.so', 'libc10_cuda.so', 'libtorch_cuda.so']
function torch(t: ExecutionContext, names = TORCH): string {
  const libraries = Object.fromEntries(names.map((name) => [`lib/${name}`, '']))
  return folderOf(t, { ...libraries, 'version.py': "__version__ = '2.13.0+cu130'" })
}

/** The cache folder after a setup that found Python's torch. */
const cacheWith = (t: ExecutionContext, folder: string) =>
  folderOf(t, { 'cuda/torch-2.13.0/python.json': { folder } })

function request(t: ExecutionContext, rest: Partial<Request> = {}, files: object = packaged): Request {
  return {
    stego: readPackage(installed(t, { ...files })),
    platform: 'linux',
    arch: 'x64',
    cache: cacheWith(t, torch(t)),
    hasDriver: () => true,
    ...rest,
  }
}

const first = (asked: Request) => places(asked)[0]!.name
const linux = process.platform === 'linux' && process.arch === 'x64' ? test : test.skip

linux('it goes first where package, libtorch and driver are there', (t) => {
  const [place, ...others] = places(request(t))
  t.is(place!.name, PLACE)
  t.is(place!.libtorch!.source, 'cuda')
  const names = [...place!.libtorch!.libraries, ...place!.libtorch!.cuda].map((library) =>
    library.split('/').at(-1),
  )
  t.deepEqual(names, TORCH)
  t.is(others.length, 2)
})

linux('a part that is missing, or STEGO_DEVICE=cpu, leaves it out', (t) => {
  const other = /^a local build/
  t.regex(first(request(t, { device: 'cpu' })), other)
  t.regex(first(request(t, { hasDriver: () => false })), other)
  t.regex(first(request(t, { cache: folderOf(t, {}) })), other)
  t.regex(first(request(t, { cache: cacheWith(t, torch(t, TORCH.slice(0, 3))) })), other)
  t.regex(first(request(t, {}, {})), other)
  t.regex(first(request(t, { platform: 'darwin', arch: 'arm64' })), other)
})

linux('whoever asks for a GPU is not asked for a driver', (t) => {
  const hasDriver = () => false
  t.is(first(request(t, { device: 'cuda', hasDriver })), PLACE)
  t.is(first(request(t, { device: 'cuda:1', hasDriver })), PLACE)
})

linux('STEGO_NATIVE_PATH goes alone, and STEGO_LIBTORCH takes the place of what was set up', (t) => {
  t.deepEqual(
    places(request(t, { nativePath: ROOT })).map(({ name }) => name),
    [`STEGO_NATIVE_PATH=${ROOT}`],
  )
  const libtorch = torch(t)
  const [place] = places(request(t, { libtorch }))
  t.is(place!.libtorch!.source, 'own')
  t.is(place!.libtorch!.folder, libtorch)
  t.regex(first(request(t, { libtorch: torch(t, TORCH.slice(0, 3)) })), /^a local build/)
})

linux('one that does not load is noted, and the next is used', (t) => {
  const asked = request(t, {}, { ...packaged, [`${CUDA}/package.json`]: { name: CUDA, version: '1.2.2' } })
  const { folder } = asked.stego
  mkdirSync(join(folder, 'build'))
  symlinkSync(join(ROOT, 'build', 'Release'), join(folder, 'build', 'Release'))
  const { version } = readPackage(ROOT).manifest
  asked.stego.manifest.version = version
  const { attempts, loaded } = tryPlaces(asked)
  t.deepEqual(attempts, [
    { place: PLACE, kind: 'version', problem: `it is version 1.2.2, but stego is ${version}` },
  ])
  t.is(dirname(loaded!.place.file!), join(folder, 'build', 'Release'))
})
