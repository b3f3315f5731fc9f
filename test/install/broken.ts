/** Ways in which an installation is broken, each provoked in a real one, and what the error then advises. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const PLATFORM = `${process.platform}-${process.arch}`
const ADDON = join('@stego', PLATFORM)
const PREBUILT = join('prebuilds', PLATFORM, 'stego.glibc.node')
const LIBTORCH = join('@stego', `libtorch-${PLATFORM}`)

export interface Broken {
  title: string
  /** Breaks `node_modules`; returns what mends it. */
  break(modules: string): () => void
  /** Code that runs before anything of `stego` is called. */
  before?: string
  /** What the error must say. */
  says: RegExp[]
}

/** Takes a file or folder away. */
function without(name: string) {
  return (modules: string) => {
    const there = join(modules, name)
    const away = join(modules, '..', 'away')
    renameSync(there, away)
    return () => {
      rmSync(there, { force: true })
      renameSync(away, there)
    }
  }
}

/** Puts something else into the place of a file. */
function changed(name: string, change: (content: Buffer) => Buffer | string) {
  return (modules: string) => {
    const mend = without(name)(modules)
    writeFileSync(join(modules, name), change(readFileSync(join(modules, '..', 'away'))))
    return mend
  }
}

const cutOff = (name: string) => changed(name, (content) => content.subarray(0, content.length / 2))

/** What an installation may lack from its beginning: options of `npm install`. */
export const INCOMPLETE = [
  { title: 'installed with --omit=optional', options: ['--omit=optional'], says: /without --omit=optional/ },
  {
    title: 'installed on another system and copied',
    options: ['--os=darwin', '--cpu=arm64'],
    says: /copied from another system: delete both, then reinstall here/,
  },
]

export const BROKEN: Broken[] = [
  {
    title: "without libtorch's package",
    break: without(LIBTORCH),
    says: [/libtorch_cpu\.so|libc10\.so|libgomp/, /npm install @stego\/libtorch-/],
  },
  {
    title: 'without OpenMP',
    break: without(join(LIBTORCH, 'lib', 'libgomp.so.1')),
    says: [/libgomp\.so\.1: cannot open shared object/, /OpenMP is missing/],
  },
  {
    title: 'with packages of two versions',
    break: changed(join(ADDON, 'package.json'), (manifest) =>
      JSON.stringify({ ...JSON.parse(manifest.toString()), version: '0.0.1' }),
    ),
    says: [/it is version 0\.0\.1, but stego is/, /versions do not match.*npm install stego@/],
  },
  {
    title: 'with libtorch of another version',
    break: changed(join(LIBTORCH, 'package.json'), (manifest) =>
      JSON.stringify({ ...JSON.parse(manifest.toString()), version: '2.0.0' }),
    ),
    says: [/2\.0\.0 is installed/, /versions do not match.*delete node_modules/],
  },
  {
    title: 'with an addon that an interrupted copy cut off',
    break: cutOff(join(ADDON, PREBUILT)),
    says: [/stego\.glibc\.node is truncated/, /damaged/],
  },
  {
    title: 'with libtorch cut off',
    break: cutOff(join(LIBTORCH, 'lib', 'libtorch_cpu.so')),
    says: [/libtorch_cpu\.so is truncated/, /damaged/],
  },
  {
    // Electron itself cannot be had from a registry alone: this is Node that says it is Electron.
    title: 'in Electron, with an archive that swallowed the addon',
    break: cutOff(join(ADDON, PREBUILT)),
    before: "Object.defineProperty(process.versions, 'electron', { value: '38.0.0' })",
    says: [/Electron 38\.0\.0/, /asarUnpack/],
  },
]
