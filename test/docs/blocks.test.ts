/** Every block runs, page by page and from top to bottom, in a folder of small images. Slow. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import ts from 'typescript'
import { temporaryFolder } from '../support/dataset.js'
import { runs, serialAt } from '../support/level.js'
import { linkPackages, prepareFolder, preparePrograms, startMirror } from './folder.js'
import { type Block, blocksOf, fileOf, pages } from './markdown.js'
import { codeToRun, isScript, type Module, modulesOf, sourceOf } from './modules.js'

/** Where a page's blocks run. */
interface Place {
  folder: string
  env: NodeJS.ProcessEnv
}

/** Runs a program to its end; fails with what it said. Returns what it printed. */
async function run(
  { folder, env }: Place,
  where: string,
  command: string,
  ...args: string[]
): Promise<string> {
  const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  if (code !== 0) throw new Error(`${where} ended with ${code}:\n${stdout}${stderr}`)
  return stdout
}

/** Runs a module, with the options its instructions give. */
async function runModule(place: Place, module: Module): Promise<void> {
  const source = sourceOf(module, codeToRun)
  const file = module.file.replace(/\.ts$/, '.js')
  const settings = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext }
  const isTypeScript = module.file.endsWith('.ts')
  writeFileSync(
    join(place.folder, file),
    isTypeScript ? ts.transpileModule(source, { compilerOptions: settings }).outputText : source,
  )
  await run(place, module.place, process.execPath, file)
}

/** Lines without what differs from run to run: numbers, and how wide columns are. */
const shapeOf = (line: string) =>
  line
    .trim()
    .replace(/-?\d+(\.\d+)?(e-?\d+)?/g, '0')
    .replace(/\s+|-{2,}/g, ' ')

/** The keys of plain data; of a list, those of its first item. */
function keysOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(keysOf)
  if (typeof value !== 'object' || value === null) return null
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, keysOf(inner)]))
}

/** Holds a block against what the commands above it printed. */
function compareOutput(t: ExecutionContext, { code, language, page, line }: Block, printed: string): void {
  const where = `${page}:${line}`
  if (language === 'json')
    return void t.deepEqual(keysOf(JSON.parse(printed)), keysOf(JSON.parse(code)), where)
  const there = printed.split('\n').map(shapeOf)
  for (const expected of code.split('\n').filter((text) => text !== '' && text !== '...')) {
    t.true(there.includes(shapeOf(expected)), `${where}: ${expected}\n${printed}`)
  }
}

/** Checks that every path of a drawn folder is there. The first line is the folder, remarks come after three spaces. */
async function checkFolder(place: Place, { code, page, line }: Block): Promise<void> {
  const [parent, ...lines] = code.split('\n')
  const paths = lines
    .flatMap((text) => text.trim().split(/\s{2,}/))
    .filter((word) => /^[\w*./-]+[/.*]\S*$/.test(word))
  if (paths.length === 0) throw new Error(`${page}:${line}: no paths`)
  for (const path of paths) {
    await run(
      place,
      `${page}:${line}: ${path}`,
      'bash',
      '-c',
      'compgen -G "$1"',
      '-',
      join(parent!.trim(), path),
    )
  }
}

/** Runs the blocks of a page. */
async function runPage(t: ExecutionContext, place: Place, page: string): Promise<void> {
  const blocks = blocksOf(page)
  const modules = modulesOf(blocks)
  let printed = ''
  for (const block of blocks) {
    const where = `${page}:${block.line}`
    const file = fileOf(block)
    if (isScript(block)) {
      const done = modules.find((module) => module.blocks.at(-1) === block)
      if (done) await runModule(place, done)
    } else if (block.language === 'sh') {
      printed = await run(place, where, 'bash', '-euo', 'pipefail', '-c', codeToRun(block))
    } else if (file) {
      writeFileSync(join(place.folder, file), block.code)
    } else if (block.instruction.kind === 'output') {
      compareOutput(t, block, printed)
    } else if (block.instruction.kind === 'folder') {
      await checkFolder(place, block)
    }
  }
}

const slow = serialAt('full')

/** What every page begins with, and the environment its blocks run in. */
const shared = mkdtempSync(join(tmpdir(), 'stego-docs-'))
const start = join(shared, 'start')
const bin = join(shared, 'bin')
let env: NodeJS.ProcessEnv = {}
let stop = () => {}

test.before(async () => {
  if (!runs('full')) return
  for (const folder of [start, bin]) mkdirSync(folder)
  await prepareFolder(start)
  preparePrograms(bin)
  const mirror = await startMirror()
  stop = mirror.stop
  env = { PATH: [bin, dirname(process.execPath), '/usr/bin', '/bin'].join(':'), STEGO_MIRROR: mirror.url }
})

test.after.always(() => {
  stop()
  rmSync(shared, { recursive: true, force: true })
})

for (const page of pages().filter((page) => blocksOf(page).length > 0)) {
  slow(page, async (t) => {
    t.timeout(600_000)
    const folder = await temporaryFolder(t)
    cpSync(start, folder, { recursive: true })
    linkPackages(folder)
    await runPage(t, { folder, env: { ...env, HOME: folder, STEGO_CACHE: join(folder, 'cache') } }, page)
    t.pass()
  })
}
