/** A process or worker that ends while native work is under way must neither hang nor abort. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { makeDataset } from '../support/dataset.js'

interface Ending {
  code: number | null
  signal: NodeJS.Signals | null
  output: string
}

/** Runs a fixture with the folder of images; a process that hangs runs into AVA's time limit. */
function run(fixture: string, ...args: string[]): Promise<Ending> {
  const script = fileURLToPath(new URL(`fixtures/${fixture}`, import.meta.url))
  const child = spawn(process.execPath, ['--import=tsx', script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // The slowest kernels: the process ends while they work, on every processor.
    env: { ...process.env, STEGO_INSTRUCTIONS: 'portable' },
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, output })))
}

for (const moment of ['features', 'step', 'clusters']) {
  test(`process.exit() during ${moment}`, async (t) => {
    const data = await makeDataset(t, { train: 8 })
    const { code, signal, output } = await run('exit.ts', join(data), moment)
    t.deepEqual({ code, signal }, { code: 7, signal: null }, output)
  })
}

test('worker.terminate() during a step leaves the process working', async (t) => {
  const data = await makeDataset(t, { train: 8 })
  const { code, signal, output } = await run('terminate.ts', data)
  t.deepEqual({ code, signal }, { code: 0, signal: null }, output)
  t.regex(output, /trained in the main thread after 3 workers/)
})

test('a process with nothing left to do ends by itself, its addon loaded', async (t) => {
  const data = await makeDataset(t, { train: 2 })
  const { code, output } = await run('finish.ts', data)
  t.is(code, 0, output)
})

test('a failing run that nobody awaits is an unhandled rejection', async (t) => {
  const { code, output } = await run('unhandled.ts')
  t.is(code, 1)
  t.regex(output, /ERR_STEGO_DATA_MISSING/)
})
