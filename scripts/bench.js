/**
 * npm run bench [-- <name>...]: runs benchmarks one after another, never two at once, shows their tables and writes
 * all figures to benchmarks/results/<time>.json. Without names, runs those that need nothing but this checkout.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import path from 'node:path'
import { ensureBuilt } from './lib/ensure-built.js'
import { inRoot, root } from './lib/paths.js'
import { run } from './lib/process.js'
import { main, Problem, say } from './lib/report.js'

const SIZES = ['--side', '224', '--side', '320', '--batch', '1', '--batch', '4', '--batch', '16']

/** Names, and the arguments of the runs for each. */
const BENCHMARKS = {
  backbone: ['backbone.ts', '--rounds', '5', ...SIZES],
  'backbone-b8': ['backbone.ts', '--model', 'b8', '--rounds', '3', ...SIZES],
  step: ['step.ts'],
  store: ['store.ts'],
  neighbors: ['neighbors.ts'],
  evaluation: ['evaluation.ts'],
  decode: ['decode.ts'],
  startup: ['startup.ts'],
  memory: ['memory.ts'],
  growth: ['growth.ts'],
}

await main(async () => {
  const names = process.argv.slice(2)
  const unknown = names.find((name) => !(name in BENCHMARKS))
  if (unknown !== undefined) {
    throw new Problem(`there is no benchmark "${unknown}". Known: ${Object.keys(BENCHMARKS).join(', ')}.`)
  }
  await ensureBuilt()
  const results = []
  let failed = 0
  for (const name of names.length > 0 ? names : Object.keys(BENCHMARKS)) {
    say(`benchmark ${name}`)
    const [script, ...args] = BENCHMARKS[name]
    const ran = await run(process.execPath, ['--import=tsx', inRoot('benchmarks', script), ...args], {
      cwd: root,
      stderr: 2,
    })
    process.stdout.write(ran.stdout)
    if (!ran.ok) failed++
    results.push({
      name,
      ok: ran.ok,
      ...(ran.ok ? { figures: figuresOf(ran.stdout) } : { reason: ran.reason }),
    })
    if (!ran.ok) say(`benchmark ${name} failed: ${ran.reason}`)
  }
  const file = inRoot('benchmarks', 'results', `${new Date().toISOString().replaceAll(':', '-')}.json`)
  await mkdir(path.dirname(file), { recursive: true })
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version }
  await writeFile(file, `${JSON.stringify({ machine, results }, null, 2)}\n`)
  say(`figures: ${path.relative(root, file)}`)
  return failed > 0 ? 1 : 0
})

/** The lines of JSON that a benchmark prints for machines. */
function figuresOf(output) {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
}
