/**
 * npm test [-- <AVA's arguments>]: builds what is not up to date, runs the tests, and ends with the line
 * `N passed, N failed`. `--full` (npm run test:full) adds the slow ones.
 */
import { runAva } from './lib/ava.js'
import { ensureBuilt } from './lib/ensure-built.js'
import { root } from './lib/paths.js'
import { main } from './lib/report.js'

let counts = { passed: 0, failed: 1 } // what holds until the tests have run

await main(async () => {
  const args = process.argv.slice(2).filter((arg) => arg !== '--full')
  const full = args.length < process.argv.length - 2
  await ensureBuilt()
  counts = await runAva(root, args, { env: { ...process.env, ...(full && { STEGO_TEST_FULL: '1' }) } })
  return counts.failed > 0 ? 1 : 0
})
console.log(`\n${counts.passed} passed, ${counts.failed} failed`)
