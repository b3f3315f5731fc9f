/** `npm install stego` from tarballs alone, then the first example: no compiler, no network. Slow. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../support/dataset.js'
import { pack } from './pack.js'
import { startRegistry } from './registry.js'

const slow = process.env.STEGO_TEST_FULL ? test : test.skip

const SCENES = `
import { writeScenes } from './node_modules/stego/dist/demo/dataset.js'
await writeScenes('scenes', { train: 8, val: 1, seed: 1 })`

const FIRST_EXAMPLE = `
import { Stego } from 'stego'
const model = await Stego.train({ data: 'scenes', classes: 8, backbone: 'starter', steps: 4, batch: 4 })
const segmentation = await model.segment('scenes/imgs/val/000.jpg', { crf: true })
await segmentation.toFile('street.overlay.png')
console.log(JSON.stringify(process.report.getReport().sharedObjects))`

const FAILING = `
import { denseCrf } from 'stego'
const pixels = { data: new Uint8Array(12), width: 2, height: 2, channels: 3 }
const probabilities = { data: new Float32Array(8).fill(0.5), shape: [2, 2, 2] }
await denseCrf({ image: pixels, probabilities }).catch((error) => console.log(error.code + '\\n' + error.message))`

const PLATFORM = `${process.platform}-${process.arch}`

/** Parts of an installation that are missing, and what the error then says. */
const BROKEN = [
  { lacks: PLATFORM, says: /without --omit=optional/ },
  { lacks: `libtorch-${PLATFORM}`, says: /npm install @stego\/libtorch-/ },
  { lacks: join(`libtorch-${PLATFORM}`, 'lib', 'libgomp.so.1'), says: /OpenMP is missing/ },
]

/** Runs Node in a folder, with Node alone on PATH. */
async function node(folder: string, ...args: string[]): Promise<string> {
  const bin = join(folder, '..', 'bin')
  const env = { HOME: folder, PATH: bin }
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
  return stdout
}

/** Installs `stego` with these options of npm's into an empty folder in a path with spaces; returns the folder. */
async function install(t: ExecutionContext, registry: string, ...options: string[]): Promise<string> {
  const parent = await temporaryFolder(t)
  const folder = join(parent, 'my project')
  mkdirSync(folder)
  mkdirSync(join(parent, 'bin'))
  cpSync(process.execPath, join(parent, 'bin', 'node'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const npm = join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js')
  const common = ['--registry', registry, '--cache', join(parent, 'cache'), '--no-audit', '--no-fund']
  await node(folder, npm, 'install', 'stego', ...common, ...options)
  return folder
}

slow('stego installs from tarballs and runs; with parts missing it says what to do', async (t) => {
  t.timeout(600_000)
  const tarballs = await temporaryFolder(t)
  const files = pack(tarballs).map(({ file }) => file)
  const folder = await install(t, await startRegistry(t, tarballs, files), '--ignore-scripts')

  writeFileSync(join(folder, 'scenes.js'), SCENES)
  writeFileSync(join(folder, 'first.js'), FIRST_EXAMPLE)
  await node(folder, 'scenes.js')
  const libraries: string[] = JSON.parse((await node(folder, 'first.js')).trim().split('\n').at(-1)!)
  t.true(existsSync(join(folder, 'street.overlay.png')))
  const ours = libraries.filter((name) => /stego\.node|libtorch|libc10|libgomp/.test(name))
  t.true(ours.length >= 4, ours.join('\n'))
  for (const name of ours) t.true(name.startsWith(join(folder, 'node_modules', '@stego')), name)
  t.is(await node(folder, '-p', "typeof require('stego').Stego.train"), 'function\n')

  writeFileSync(join(folder, 'fails.js'), FAILING)
  for (const { lacks, says } of BROKEN) {
    const there = join(folder, 'node_modules', '@stego', lacks)
    renameSync(there, join(folder, 'away'))
    const said = await node(folder, 'fails.js')
    renameSync(join(folder, 'away'), there)
    t.regex(said, /^ERR_STEGO_ADDON\n/)
    t.regex(said, says)
  }
})
