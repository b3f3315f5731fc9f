/**
 * npm test [-- <AVA's arguments>]: builds what is not up to date, runs the tests, and ends with the line `N passed, N
 * failed`. `--full` (npm run test:full) adds the slow ones and reruns the kernel tests under each narrower
 * instruction set of this processor, and in the form for other devices, on a test device; `--long` (npm run test:long)
 * adds tests that take too long for continuous integration.
 */
import { execFileSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { runAva } from './lib/ava.js'
import { ensureBuilt } from './lib/ensure-built.js'
import { inRoot, root } from './lib/paths.js'
import { main } from './lib/report.js'

/** Tests of code that runs on kernels. */
const OF_KERNELS = ['parity', 'native', 'crf', 'loss', 'neighbors', 'training', 'features'].map(
  (folder) => `test/${folder}/*.test.ts`,
)

/** The instruction sets that kernels can be limited to (STEGO_INSTRUCTIONS). */
const SETS = ['avx512', 'avx2', 'portable']
/** The form of every operator that runs on any device, and models on such a device (test/device). */
const OPERATORS = 'operators'
const ON_TEST_DEVICE = `--node-arguments=--import=${pathToFileURL(inRoot('test', 'device', 'preload.ts'))}`

const LEVELS = { '--full': 'full', '--long': 'long' }
const args = process.argv.slice(2).filter((arg) => !(arg in LEVELS))
const level = process.argv.slice(2).reduce((found, arg) => LEVELS[arg] ?? found, 'fast')
let counts = { passed: 0, failed: 1 } // until the tests have run

const run = (files, env) => runAva(root, files, { env: { ...process.env, STEGO_TEST_LEVEL: level, ...env } })

await main(async () => {
  await ensureBuilt()
  const runs = [await run(args)]
  if (level !== 'fast' && args.length === 0 && !process.env.STEGO_INSTRUCTIONS) {
    for (const set of [...narrowerSets(), OPERATORS]) {
      console.log(`\nRunning the kernel tests again with STEGO_INSTRUCTIONS=${set}:`)
      const env = { STEGO_INSTRUCTIONS: set, STEGO_TEST_LEVEL: 'fast' }
      runs.push(await run(set === OPERATORS ? [ON_TEST_DEVICE, ...OF_KERNELS] : OF_KERNELS, env))
    }
  }
  const sum = (key) => runs.reduce((total, counted) => total + counted[key], 0)
  counts = { passed: sum('passed'), failed: sum('failed') }
  return counts.failed > 0 ? 1 : 0
})
console.log(`\n${counts.passed} passed, ${counts.failed} failed`)

/**
 * The widest set the built addon uses when nothing limits it. Asks a separate process, since libtorch never unloads.
 */
function kernels() {
  const addon = JSON.stringify(inRoot('build', 'Release', 'stego.node'))
  const script = `console.log(JSON.stringify(require(${addon}).describeMachine().kernels))`
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }))
}

/** The sets narrower than that, widest first. */
function narrowerSets() {
  const { processor, int8Products, bfloat16Products } = kernels()
  const limited = SETS.slice(SETS.indexOf(processor))
  return int8Products || bfloat16Products ? limited : limited.slice(1)
}
