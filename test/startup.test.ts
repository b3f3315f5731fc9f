/** What is loaded when the package is imported and when the command says what it is: the compiled package, for real. */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from './support/dataset.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MAIN = join(ROOT, 'dist', 'cli', 'main.js')

/** Modules that importing the package may take; each costs about half a millisecond. */
const MOST_MODULES = 25

/** The scripts a process loads, as V8's coverage lists them, relative to the repository. */
async function loadedBy(t: ExecutionContext, ...args: string[]): Promise<string[]> {
  const folder = await temporaryFolder(t)
  await promisify(execFile)(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, NODE_V8_COVERAGE: folder },
  })
  const files = await readdir(folder)
  const coverage = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8'))),
  )
  return coverage
    .flatMap(({ result }: { result: { url: string }[] }) => result.map(({ url }) => url))
    .filter((url) => url.startsWith('file:') && !url.endsWith('[eval1]'))
    .map((url) => fileURLToPath(url).replace(ROOT, ''))
}

const importing = (then: string) => ['--input-type=module', '-e', `import * as stego from 'stego'; ${then}`]

test('importing the package loads a few small modules of its own, and no dependency', async (t) => {
  const loaded = await loadedBy(t, ...importing(''))
  t.true(loaded.includes(join('dist', 'index.js')))
  t.deepEqual(
    loaded.filter((file) => !file.startsWith('dist')),
    [],
  )
  t.true(loaded.length <= MOST_MODULES, `${loaded.length} modules`)
})

test('an entry loads what it is for when it is imported', async (t) => {
  const loaded = await loadedBy(t, '--input-type=module', '-e', `import 'stego/crf'`)
  t.true(loaded.includes(join('dist', 'crf', 'dense-crf.js')))
  t.false(loaded.some((file) => file.includes(join('dist', 'training'))))
})

for (const args of [['--help'], ['--version'], []]) {
  test(`stego ${args.join(' ')} loads no command and no dependency`, async (t) => {
    const loaded = await loadedBy(t, MAIN, ...args)
    t.true(loaded.includes(join('dist', 'cli', 'main.js')))
    t.deepEqual(
      loaded.filter((file) => !file.startsWith('dist') || file === join('dist', 'cli', 'train.js')),
      [],
    )
    t.true(loaded.length <= MOST_MODULES, `${loaded.length} modules`)
  })
}
