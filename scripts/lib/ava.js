/** Runs AVA and counts its results. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { waitFor } from './process.js'

const avaProcess = fileURLToPath(new URL('ava-process.js', import.meta.url))

/**
 * Runs the tests of the project in `folder` with AVA's arguments; AVA reports on `stdio`. Resolves to { passed,
 * failed }. A run that fails without a failed test, or that has no tests, counts as one failure.
 */
export async function runAva(folder, args, { env = process.env, stdio = 'inherit' } = {}) {
  const child = spawn(process.execPath, [avaProcess, ...args], {
    cwd: folder,
    env,
    stdio: [stdio, stdio, stdio, 'pipe'],
  })
  let json = ''
  child.stdio[3].setEncoding('utf8').on('data', (chunk) => {
    json += chunk
  })
  const code = await waitFor(child)
  const { passed, failed } = json ? JSON.parse(json) : { passed: 0, failed: 0 }
  const unexplained = failed === 0 && (code !== 0 || passed === 0)
  return { passed, failed: unexplained ? 1 : failed }
}

/**
 * Passed: tests. Failed: tests that failed or never finished (their file crashed or hung), uncaught exceptions and
 * unhandled rejections, and 1 for each file at fault without any of these: a failed hook, a crash after the last
 * test, or no tests at all. `filesAtFault` is a set of file names.
 */
export function countTests(stats, filesAtFault) {
  let failed = 0
  for (const [file, of] of stats.byFile) {
    const told = of.failedTests + of.remainingTests + of.uncaughtExceptions + of.unhandledRejections
    const atFault = filesAtFault.has(file) || of.failedHooks > 0 || of.declaredTests === 0
    failed += told === 0 && atFault ? 1 : told
  }
  return { passed: stats.passedTests + stats.passedKnownFailingTests, failed }
}
