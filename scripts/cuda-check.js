/**
 * npm run cuda-check [-- <options>]: everything there is to find out about this checkout on a machine with a GPU, in one go:
 * machine, build, parity, sanitizer, benchmarks. A part that fails is recorded and the next one is run. Results are in
 * `<out>/cuda-check.json` and `.md` after every row, so that nothing is lost where time runs out; another call with the same
 * folder goes on.
 */

import { existsSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { endAll, runLines } from './lib/cuda-check/child.js'
import { openRecord } from './lib/cuda-check/record.js'
import { addonIsThere, Skipped, STEPS } from './lib/cuda-check/steps.js'
import { callersFolder, inRoot, root } from './lib/paths.js'
import { main, Problem, say } from './lib/report.js'

const USAGE = `node scripts/cuda-check.js
  --out <folder>      where results and logs go; default build/cuda-check
  --device <name>     default cuda:0; cpu runs everything where there is no GPU
  --quick             tiny sizes, to try the check itself
  --only, --skip <a,b>  steps or parts, such as parity or benchmarks/crf
  --resume            leave out what the folder already has without a failure
  --limit <seconds>   end after this time; what is left is for another call with --resume
  --python <program>  a Python with torch; default STEGO_BENCH_PYTHON, or python3
  --node <folder>     Node's folder, with bin/node; default the Node that runs this
Steps: ${Object.entries(STEPS)
  .map(([step, parts]) => `${step} (${Object.keys(parts).join(', ')})`)
  .join('; ')}`

/** Seconds that any one program may take. */
const LONGEST = 3600

const OPTIONS = {
  out: { type: 'string' },
  device: { type: 'string', default: 'cuda:0' },
  quick: { type: 'boolean', default: false },
  only: { type: 'string' },
  skip: { type: 'string' },
  resume: { type: 'boolean', default: false },
  limit: { type: 'string' },
  python: { type: 'string', default: process.env.STEGO_BENCH_PYTHON || 'python3' },
  node: { type: 'string' },
  help: { type: 'boolean', default: false },
}

await main(async () => {
  const given = readOptions()
  if (given.help) {
    console.log(USAGE)
    return 0
  }
  const chosen = choose(given)
  const folder = given.out ? path.resolve(callersFolder(), given.out) : inRoot('build', 'cuda-check')
  const node = given.node ? nodeIn(path.resolve(callersFolder(), given.node)) : process.execPath
  // Programs that look for `node`, CMake's among them, find the same one; the toolkit may not be on the path.
  const toolkit = path.join(process.env.CUDA_HOME || '/usr/local/cuda', 'bin')
  process.env.PATH = [path.dirname(node), process.env.PATH, toolkit].join(path.delimiter)
  const { device, quick, python } = given
  const record = openRecord(folder, { made: new Date().toISOString(), device, quick, node, python })
  const check = { device, quick, node, python, save: record.save }
  const started = performance.now()
  const left = () => Number(given.limit ?? Number.POSITIVE_INFINITY) - (performance.now() - started) / 1000
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      endAll()
      process.exit(1)
    })
  }
  const gpu = await nameOfGpu(folder)
  let failed = 0
  for (const [step, name] of chosen) {
    const earlier = record.parts.find((part) => part.step === step && part.part === name)
    if (given.resume && earlier && ['ok', 'skipped'].includes(earlier.status)) continue
    if (left() <= 0) {
      say(`no time is left for ${step}/${name}`)
      if (!earlier) record.begin(step, name).status = 'not reached'
      record.save()
      failed++
      continue
    }
    say(`${step}/${name}`)
    const part = await runPart(STEPS[step][name], record.begin(step, name, gpu), { record, check, left })
    say(`${step}/${name}: ${part.status}, ${part.seconds} s${part.reason ? `: ${part.reason}` : ''}`)
    if (part.status === 'failed') failed++
  }
  console.log(record.markdown())
  say(`results: ${path.join(folder, 'cuda-check.json')} and .md`)
  return failed > 0 ? 1 : 0
})

function nodeIn(folder) {
  const found = [path.join(folder, 'bin', 'node'), path.join(folder, 'node')].find((file) => existsSync(file))
  if (!found) throw new Problem(`--node: there is no node or bin/node in ${folder}`)
  return found
}

/** What nvidia-smi calls the GPUs of this machine: another call may be on another one. */
async function nameOfGpu(folder) {
  const names = []
  const query = ['--query-gpu=name', '--format=csv,noheader']
  const log = path.join(folder, 'nvidia-smi.log')
  const { ok } = await runLines('nvidia-smi', query, { log, seconds: 30, onLine: (line) => names.push(line) })
  return ok ? names.join(', ') : undefined
}

function readOptions() {
  try {
    const { values } = parseArgs({ options: OPTIONS })
    if (values.limit !== undefined && !(Number(values.limit) > 0)) {
      throw new Error(`--limit: expected seconds, got ${values.limit}`)
    }
    return values
  } catch (error) {
    throw new Problem(`${error.message}\n${USAGE}`)
  }
}

/** The parts to run, as pairs of step and part. */
function choose({ only, skip }) {
  const all = Object.entries(STEPS).flatMap(([step, parts]) => Object.keys(parts).map((part) => [step, part]))
  const named = (list) => {
    const names = list?.split(',').filter((name) => name !== '') ?? []
    const unknown = names.find(
      (name) => !all.some(([step, part]) => name === step || name === `${step}/${part}`),
    )
    if (unknown) throw new Problem(`there is no step "${unknown}".\n${USAGE}`)
    return ([step, part]) => names.includes(step) || names.includes(`${step}/${part}`)
  }
  const [wanted, unwanted] = [named(only), named(skip)]
  return all.filter((each) => (only === undefined || wanted(each)) && !unwanted(each))
}

/** Runs a part; whatever goes wrong is recorded with what it has found so far. */
async function runPart(work, part, { record, check, left }) {
  const started = performance.now()
  const log = path.join(record.folder, `${part.step}-${part.part}.log`)
  const run = (command, args, options) =>
    runLines(command, args, {
      cwd: root,
      log,
      ...options,
      seconds: Math.min(left(), options.seconds ?? LONGEST),
    })
  try {
    if (!['machine', 'build'].includes(part.step) && !addonIsThere())
      throw new Error('the addon is not built')
    await work({ check, part, run })
    part.status = 'ok'
  } catch (error) {
    part.status = error instanceof Skipped ? 'skipped' : 'failed'
    part.reason = error.message
  }
  part.seconds = Number(((performance.now() - started) / 1000).toFixed(1))
  record.save()
  return part
}
