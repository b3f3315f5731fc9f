/** The counts `npm test` ends with: of a real AVA run over files that fail in many ways, and of hand-made statistics. */
import { mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { load, temporaryFolder, writeFiles } from './scripts.js'

const { countTests, runAva } = await load('lib/ava.js')

const FILES = {
  // 3 passed
  'good.test.js': `
    test('one', (t) => t.pass())
    test('two', (t) => t.pass())
    test.failing('known', (t) => t.fail())
    test.skip('skipped', (t) => t.fail())
    test.todo('later')`,
  // 1 passed, 2 failed
  'bad.test.js': `
    test('fine', (t) => t.pass())
    test('wrong', (t) => t.fail())
    test('throws', () => { throw new Error('thrown') })`,
  // 1 passed, 3 failed: the exception and the two tests it took along
  'crash.test.js': `
    test.serial('before', (t) => t.pass())
    test.serial('during', () => { setImmediate(() => { throw new Error('uncaught') }); return new Promise(() => {}) })
    test.serial('after', (t) => t.pass())`,
  // 1 passed, 2 failed
  'abort.test.js': `
    test.serial('before', (t) => t.pass())
    test.serial('during', () => process.kill(process.pid, 'SIGKILL'))
    test.serial('after', (t) => t.pass())`,
  // 1 failed
  'exit.test.js': `test('exit', () => process.exit(0))`,
  // 1 passed, 1 failed
  'hook.test.js': `
    test.after('hook', () => { throw new Error('in the hook') })
    test('fine', (t) => t.pass())`,
  // 1 passed, 1 failed: a crash after the last test
  'late.test.js': `
    process.on('exit', () => process.kill(process.pid, 'SIGKILL'))
    test('fine', (t) => t.pass())`,
  // 1 failed
  'syntax.test.js': 'test(',
  // 1 failed
  'empty.test.js': '',
}

function project(t: Parameters<typeof temporaryFolder>[0], files: Record<string, string>) {
  const folder = writeFiles(temporaryFolder(t), {
    'package.json': JSON.stringify({ type: 'module', ava: { workerThreads: false, concurrency: 1 } }),
  })
  for (const [name, body] of Object.entries(files))
    writeFiles(folder, { [name]: `import test from 'ava'\n${body}` })
  mkdirSync(path.join(folder, 'node_modules'))
  symlinkSync(path.resolve('node_modules', 'ava'), path.join(folder, 'node_modules', 'ava'))
  return folder
}

test('every way to fail is counted', async (t) => {
  const folder = project(t, FILES)
  t.deepEqual(await runAva(folder, [], { stdio: 'ignore' }), { passed: 8, failed: 12 })
  t.deepEqual(await runAva(folder, ['good.test.js'], { stdio: 'ignore' }), { passed: 3, failed: 0 })
})

test('a run without tests is a failure', async (t) => {
  const skipped = project(t, { 'skipped.test.js': "test.skip('skipped', (t) => t.pass())" })
  t.deepEqual(await runAva(project(t, {}), [], { stdio: 'ignore' }), { passed: 0, failed: 1 })
  t.deepEqual(await runAva(skipped, [], { stdio: 'ignore' }), { passed: 0, failed: 1 })
})

test('an AVA that does not start is a failure', async (t) => {
  const folder = writeFiles(temporaryFolder(t), { 'package.json': '{}' })
  t.deepEqual(await runAva(folder, [], { stdio: 'ignore' }), { passed: 0, failed: 1 })
})

test('a file that hangs is a failure, with or without tests that wait', (t) => {
  const nothing = {
    failedTests: 0,
    remainingTests: 0,
    uncaughtExceptions: 0,
    unhandledRejections: 0,
    failedHooks: 0,
  }
  const byFile = new Map([
    ['waiting.test.ts', { ...nothing, declaredTests: 3, remainingTests: 2 }],
    ['ended.test.ts', { ...nothing, declaredTests: 1 }],
    ['fine.test.ts', { ...nothing, declaredTests: 1 }],
  ])
  const stats = { byFile, passedTests: 3, passedKnownFailingTests: 0 }
  const counts = countTests(stats, new Set(['waiting.test.ts', 'ended.test.ts']))
  t.deepEqual(counts, { passed: 3, failed: 3 })
})
