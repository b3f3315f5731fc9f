/**
 * npm test [-- <AVA's arguments>]: builds what is not up to date, runs the tests, and ends with the line
 * `N passed, N failed`. `--full` (npm run test:full) adds the slow ones, and runs those of the kernels again under each
 * narrower instruction set of this processor; `--long` (npm run test:long) adds what takes longer than continuous
 * integration may.
 */
import { runAva } from './lib/ava.js'
import { ensureBuilt } from './lib/ensure-built.js'
import { narrowerSets } from './lib/instruction-sets.js'
import { root } from './lib/paths.js'
import { main } from './lib/report.js'

/** Tests of what is computed by kernels. */
const OF_KERNELS = ['parity', 'native', 'neighbors', 'training', 'features', 'standalone'].map(
  (folder) => `test/${folder}/**`,
)

const LEVELS = { '--full': 'full', '--long': 'long' }
const args = process.argv.slice(2).filter((arg) => !(arg in LEVELS))
const level = process.argv.slice(2).reduce((found, arg) => LEVELS[arg] ?? found, 'fast')
let counts = { passed: 0, failed: 1 } // what holds until the tests have run

const run = (files, env) => runAva(root, files, { env: { ...process.env, STEGO_TEST_LEVEL: level, ...env } })

await main(async () => {
  await ensureBuilt()
  const runs = [await run(args)]
  if (level !== 'fast' && args.length === 0 && !process.env.STEGO_INSTRUCTIONS) {
    for (const set of narrowerSets()) {
      console.log(`\nThe tests of kernels again, with STEGO_INSTRUCTIONS=${set}:`)
      const env = { STEGO_INSTRUCTIONS: set, STEGO_TEST_LEVEL: 'fast' }
      runs.push(await run(OF_KERNELS, env))
    }
  }
  const sum = (key) => runs.reduce((total, counted) => total + counted[key], 0)
  counts = { passed: sum('passed'), failed: sum('failed') }
  return counts.failed > 0 ? 1 : 0
})
console.log(`\n${counts.passed} passed, ${counts.failed} failed`)
