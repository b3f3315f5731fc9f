/** `npm install stego` and its like from tarballs alone, then README's first example; and broken installations. Slow. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../support/dataset.js'
import { runs, serialAt } from '../support/level.js'
import { BROKEN, INCOMPLETE } from './broken.js'
import { MANAGERS } from './managers.js'
import { bytesOf, type Conditions, drawPhotos, Project, type Ran } from './project.js'
import { Sandbox } from './sandbox.js'

const slow = serialAt('full')
const TIMEOUT_MS = 300_000

/** Major versions of Node that `engines` admits. */
const NODES = [20, 22, 24, 26]

const MATRIX: { manager: keyof typeof MANAGERS; as: string; conditions: Conditions }[] = [
  { manager: 'npm', as: 'as it is', conditions: {} },
  { manager: 'npm', as: '--ignore-scripts', conditions: { options: ['--ignore-scripts'] } },
  { manager: 'npm', as: 'path with spaces', conditions: { folder: 'my first project' } },
  { manager: 'npm', as: 'not root', conditions: { nobody: true } },
  { manager: 'npm', as: 'not root, node_modules read-only', conditions: { nobody: true, readOnly: true } },
  ...NODES.map((node) => ({ manager: 'npm' as const, as: `Node ${node}`, conditions: { node } })),
  { manager: 'pnpm', as: 'as it is', conditions: {} },
  { manager: 'yarnClassic', as: 'as it is', conditions: {} },
  { manager: 'yarnModules', as: 'as it is', conditions: {} },
  { manager: 'yarnPnp', as: 'path with spaces', conditions: { folder: 'my first project' } },
]

const FAILING = `
import { denseCrf } from 'stego/crf'
const pixels = { data: new Uint8Array(12), width: 2, height: 2, channels: 3 }
const probabilities = { data: new Float32Array(8).fill(0.5), shape: [2, 2, 2] }
await denseCrf({ image: pixels, probabilities }).catch((error) => console.log(error.code + '\\n' + error.message))`

const DEMO = `
import { spawnSync } from 'node:child_process'
console.log(spawnSync(process.execPath, ['node_modules/stego/dist/cli/main.js', 'demo'], { encoding: 'utf8' }).stderr)`

/** The end of the addon's path, wherever a package manager puts its package. */
const PLATFORM = `${process.platform}-${process.arch}`
const ADDON = join('@stego', PLATFORM, 'prebuilds', PLATFORM, 'stego.glibc.node')

const common = mkdtempSync(join(tmpdir(), 'stego-install-'))
let sandbox: Sandbox
const rows: string[] = []

test.before(async (t) => {
  if (!runs('full')) return
  t.timeout(TIMEOUT_MS)
  sandbox = await Sandbox.start(common)
  await drawPhotos(common)
})
test.after.always((t) => {
  sandbox?.stop()
  rmSync(common, { recursive: true, force: true })
  if (rows.length > 0) t.log([sandbox.walls, HEAD, ...rows].join('\n'))
})

const HEAD =
  '| manager | how | Node | install, s | first example, s | on disk, MB | the addon |\n|---|---|---|---|---|---|---|'

async function seconds(work: () => Promise<unknown>): Promise<string> {
  const start = performance.now()
  await work()
  return ((performance.now() - start) / 1000).toFixed(1)
}

async function project(t: ExecutionContext, manager: keyof typeof MANAGERS, conditions: Conditions = {}) {
  return Project.make(sandbox, MANAGERS[manager](), conditions, await temporaryFolder(t))
}

for (const { manager, as, conditions } of MATRIX) {
  slow(`${manager}, ${as}`, async (t) => {
    t.timeout(TIMEOUT_MS)
    const made = await project(t, manager, conditions)
    const install = await seconds(() => made.install())
    const megabytes = Math.round(bytesOf(made.folder) / 1e6)
    let ran: Ran = { node: '', libraries: [] }
    const example = await seconds(async () => {
      ran = await made.runExample(common)
    })
    if (conditions.node !== undefined) t.is(Number.parseInt(ran.node, 10), conditions.node)
    const ours = ran.libraries.filter((name) => /stego\.glibc\.node|libtorch|libc10|libgomp/.test(name))
    t.true(ours.length >= 4, ours.join('\n'))
    for (const name of ours) t.true(name.startsWith(made.folder), name)
    const addon = relative(made.folder, ours.find((name) => basename(name) === 'stego.glibc.node') ?? '')
    t.true(addon.endsWith(ADDON), addon)
    t.true(existsSync(join(made.folder, 'street.overlay.png')))
    t.regex(await made.command(), /^\d+\.\d+\.\d+\n$/)
    const columns = [made.manager.name, as, ran.node, install, example, megabytes, addon]
    rows.push(`| ${columns.join(' | ')} |`)
  })
}

for (const { title, options, says } of INCOMPLETE) {
  slow(`${title}, it says what to do`, async (t) => {
    t.timeout(TIMEOUT_MS)
    const made = await project(t, 'npm', { options })
    await made.install()
    const said = await made.run('fails.mjs', FAILING)
    t.log(said)
    t.regex(said, /^ERR_STEGO_ADDON\n/)
    t.regex(said, says)
  })
}

slow('without its package the demonstration says how to get the scenes', async (t) => {
  t.timeout(TIMEOUT_MS)
  const made = await project(t, 'npm')
  await made.install()
  const said = await made.run('demo.mjs', DEMO)
  t.regex(said, /npm install @stego\/demo.*stego demo \.\/photos/s)
})

slow('an installation that is broken says what to do', async (t) => {
  t.timeout(TIMEOUT_MS)
  const made = await project(t, 'npm')
  await made.install()
  for (const { title, break: breaks, before = '', says } of BROKEN) {
    const mend = breaks(join(made.folder, 'node_modules'))
    const said = await made.run('fails.mjs', `${before}${FAILING}`)
    mend()
    t.log(`${title}:\n${said}`)
    for (const pattern of [/^ERR_STEGO_ADDON\n/, ...says]) t.regex(said, pattern, title)
  }
  t.is(await made.run('works.mjs', FAILING), '')
})
