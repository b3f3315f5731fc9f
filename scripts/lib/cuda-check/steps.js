/**
 * The steps of scripts/cuda-check.js, in parts that can be run alone. A part gets { check, part, run } and fills part.rows and
 * part.notes; it throws what it cannot do, or a Skipped.
 */
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { inRoot, readJson, root } from '../paths.js'
import { torchOf } from './torch.js'

/** A part that cannot be run here, which is no failure. */
export class Skipped extends Error {}

/** Recordings and data beside the checkout, or carried along in it. */
const SHARED = [path.join(root, '..', 'shared'), inRoot('shared')].find(existsSync) ?? inRoot('shared')
const SHARED_GOLDEN = path.join(SHARED, 'golden')
const CAMVID = path.join(SHARED, 'data', 'camvid')
const PRELOAD = pathToFileURL(inRoot('test', 'device', 'preload.ts')).href

export const STEPS = {
  machine: { machine },
  build: { build },
  parity: { recordings: recordingsOf(inRoot('test', 'golden')), shared: recordingsOf(SHARED_GOLDEN), tests },
  sanitizer: {
    memcheck: sanitizer('memcheck', ['--leak-check', 'no', '--report-api-errors', 'no']),
    // Races are those of our own kernels: libtorch's are many, and slow to check.
    racecheck: sanitizer('racecheck', ['--kernel-name', 'kns=stego']),
    initcheck: sanitizer('initcheck', []),
  },
  benchmarks: {
    'backbone-s8': benchmark('backbone', ['--model', 's8']),
    step: benchmark('step'),
    crf: benchmark('crf'),
    neighbors: benchmark('neighbors'),
    'backbone-b8': benchmark('backbone', ['--model', 'b8']),
    camvid: benchmark('camvid'),
  },
}

/** Runs a TypeScript program of this checkout on the device. */
function program({ check, run }, script, args, { preload = false, onLine } = {}) {
  const imports = ['--import=tsx', ...(preload ? [`--import=${PRELOAD}`] : [])]
  return run(check.node, [...imports, inRoot(...script.split('/')), ...args], {
    env: {
      STEGO_TEST_DEVICE: check.device,
      STEGO_DEVICE: check.device,
      STEGO_BENCH_PYTHON: check.python,
    },
    onLine,
  })
}

/** Collects the lines of JSON that benchmarks print: rows, which are saved at once, and notes. */
function collecting({ check, part }) {
  return (line) => {
    if (!line.startsWith('{"')) return
    const { row, note } = JSON.parse(line)
    if (note !== undefined && !part.notes.includes(note)) part.notes.push(note)
    if (row !== undefined) part.rows.push(row)
    check.save()
  }
}

async function machine(context) {
  const { check, part, run } = context
  const add = (what, value) => part.rows.push({ what, value })
  const ask = async (what, command, args, shown = (lines) => lines.join('; ')) => {
    const lines = []
    const { ok, reason } = await run(command, args, { onLine: (line) => lines.push(line) })
    add(what, ok ? shown(lines) : reason)
  }
  const query = ['--query-gpu=name,driver_version,memory.total,compute_cap', '--format=csv,noheader']
  await ask('nvidia-smi', 'nvidia-smi', query)
  await ask(
    'nvcc',
    'nvcc',
    ['--version'],
    (lines) => lines.find((line) => /release/.test(line)) ?? lines.at(-1),
  )
  await ask('node', check.node, ['--version'])
  const torch = await torchOf(check, run)
  add('Python torch', torch.problem ?? `${torch.version}, CUDA ${torch.cuda ?? 'none'}, ${torch.device}`)
  const pinned = readJson(inRoot('package.json')).libtorch
  if (torch.version && !sameVersion(torch.version, pinned)) {
    part.notes.push(`Python torch is ${torch.version}, this package is made for ${pinned}`)
  }
  const { addon, reason } = await describeAddon(context)
  part.addon = addon
  if (!addon) return add('addon', reason)
  const { machine, cuda } = addon
  add('addon: libtorch', `${machine.libtorch.running}, built with ${machine.libtorch.built}`)
  add('addon: kernels', machine.kernels.instructions)
  if (!cuda) return add('addon: CUDA', 'not described by this addon')
  add('addon: CUDA', cuda.built ? `runtime ${cuda.runtime}, driver ${cuda.driver}` : 'built without it')
  if (cuda.error !== 0) add('addon: CUDA error', `${cuda.error}: ${cuda.message}`)
  for (const [i, { name, capability, bytes }] of cuda.devices.entries()) {
    add(`addon: cuda:${i}`, `${name}, ${[capability].flat().join('.')}, ${(bytes / 2 ** 30).toFixed(1)} GiB`)
  }
}

/** What the addon says of the machine and of CUDA; null, with a reason, where it does not load. */
async function describeAddon(context) {
  let addon = null
  const onLine = (line) => {
    if (line.startsWith('{')) addon = JSON.parse(line)
  }
  const { reason } = await program(context, 'benchmarks/gpu/machine.ts', [], { onLine })
  return { addon, reason }
}

const sameVersion = (version, pinned) => version.replace(/\+.*/, '') === pinned

async function build(context) {
  const { check, part, run } = context
  const torch = await torchOf(check, run)
  if (torch.problem) throw new Error(torch.problem)
  const pinned = readJson(inRoot('package.json')).libtorch
  part.notes.push(`built against torch ${torch.version}, CUDA ${torch.cuda ?? 'none'}`)
  if (!sameVersion(torch.version, pinned)) {
    part.notes.push(`this package is made for torch ${pinned}: what fails below may be due to that`)
  }
  const env = { STEGO_CUDA: 'on', STEGO_LIBTORCH: torch.folder }
  const { ok, reason } = await run(check.node, [inRoot('scripts', 'build.js')], { env })
  if (!ok) throw new Error(reason)
  const described = await describeAddon(context)
  part.addon = described.addon
  if (!described.addon) throw new Error(described.reason)
  if (!described.addon.cuda?.built) throw new Error('the build succeeded, but the addon is one without CUDA')
}

/** All recordings below a folder, on the device. */
function recordingsOf(folder) {
  return async (context) => {
    if (!existsSync(folder)) throw new Skipped('there are no such recordings here')
    const { part } = context
    let last = ''
    const { reason } = await program(context, 'test/parity/main.ts', [folder], {
      preload: true,
      onLine: (line) => {
        if (line.trim() !== '') last = line
      },
    })
    if (!last.startsWith('{')) throw new Error(reason)
    const { files, passed, reason: problem } = JSON.parse(last)
    part.rows = Object.entries(files).map(([file, result]) => ({
      file,
      result: result.passed ? 'ok' : `FAIL: ${result.reasons.slice(0, 3).join('; ')}`,
      'of tolerance': result.worstShare === null ? '-' : `${(100 * result.worstShare).toFixed(1)} %`,
      'largest error': result.worstError?.toExponential(1),
      where: result.worstKey,
      ...Object.fromEntries(
        Object.entries(result.maxError).map(([kind, error]) => [
          kind,
          error?.toExponential(1) ?? 'not a number',
        ]),
      ),
    }))
    const agreeing = Object.values(files).filter((result) => result.passed).length
    part.notes.push(`${agreeing} of ${part.rows.length} recordings agree`)
    part.notes.push(
      'backbones, networks and the dense CRF are on the device, and what goes through them; recordings of samples, ' +
        'losses and metrics by themselves are tensors of the CPU',
    )
    if (!passed) throw new Error(problem ?? `${part.rows.length - agreeing} recordings do not agree`)
  }
}

/** Test files that are run on the device, one AVA for each, so that one that crashes or hangs costs no other. */
const TESTS = [
  'test/native/method.test.ts',
  'test/parity/parity.test.ts',
  'test/native/crf.test.ts',
  'test/training/method.test.ts',
]

async function tests({ check, part, run }) {
  const ava = inRoot('scripts', 'lib', 'ava-process.js')
  let failed = 0
  for (const file of check.quick ? TESTS.slice(0, 1) : TESTS) {
    const started = performance.now()
    const telling = []
    const { ok, extra, reason } = await run(check.node, [ava, `--node-arguments=--import=${PRELOAD}`, file], {
      env: { STEGO_TEST_DEVICE: check.device, STEGO_TEST_LEVEL: 'fast' },
      onLine: (line) => {
        if (/^\s*✘/.test(line)) telling.push(line.trim())
      },
    })
    const counts = extra ? JSON.parse(extra) : { passed: 0, failed: 1 }
    const bad = ok ? 0 : Math.max(1, counts.failed)
    failed += bad
    const seconds = Number(((performance.now() - started) / 1000).toFixed(1))
    const why = telling.slice(0, 10).join('; ') || (ok ? '' : reason)
    part.rows.push({ file, passed: counts.passed, failed: bad, seconds, why })
    check.save()
  }
  if (failed > 0) throw new Error(`${failed} tests failed`)
}

/** It may take a hundred times as long as without. */
const SANITIZER_SECONDS = 300

/** A short program under one of compute-sanitizer's tools. `narrowing` are options that it may not know. */
function sanitizer(tool, narrowing) {
  return async ({ check, part, run }) => {
    if (!check.device.startsWith('cuda')) throw new Skipped(`${check.device} is not a GPU`)
    const found = await run('compute-sanitizer', ['--version'], {})
    if (!found.ok) throw new Skipped(`compute-sanitizer does not run: ${found.reason}`)
    const limits = ['--print-limit', '20', '--error-exitcode', '9', '--target-processes', 'application-only']
    const script = ['--import=tsx', inRoot('benchmarks', 'gpu', 'sanitized.ts'), '--device', check.device]
    const collect = collecting({ check, part })
    const attempt = async (options) => {
      const reports = new Set()
      let summary = ''
      const onLine = (line) => {
        const text = line.replace(/^=+\s*/, '')
        if (/SUMMARY/.test(line)) summary = text
        else if (/^=+\s+(Error|Warning|Invalid|Uninitialized|Race|Potential)/.test(line)) reports.add(text)
        else collect(line)
      }
      const args = ['--tool', tool, ...limits, ...options, check.node, ...script]
      const result = await run('compute-sanitizer', args, { seconds: SANITIZER_SECONDS, onLine })
      return { ...result, summary, reports: [...reports].slice(0, 20) }
    }
    let result = await attempt(narrowing)
    if (!result.ok && result.summary === '' && part.rows.length === 0 && narrowing.length > 0) {
      part.notes.push(`not with ${narrowing.join(' ')}: ${result.reason}`)
      result = await attempt([])
    }
    part.notes.push(result.summary || 'no summary', ...result.reports)
    if (!result.ok) throw new Error(result.summary || result.reason)
  }
}

function benchmark(name, options = []) {
  return async (context) => {
    const { check, part } = context
    const isCamvid = name === 'camvid'
    if (check.quick && options.includes('b8')) throw new Skipped('it is as S/8, and not quick')
    if (isCamvid && !existsSync(CAMVID)) throw new Skipped('CamVid is not here')
    const args = ['--device', check.device, ...options, ...(check.quick ? ['--quick'] : [])]
    if (isCamvid) args.push(CAMVID)
    const onLine = collecting(context)
    const { ok, reason } = await program(context, `benchmarks/gpu/${name}.ts`, args, {
      preload: isCamvid,
      onLine,
    })
    if (!ok) throw new Error(reason)
    // What Python torch cannot do is in its row, and no failure of ours.
    const failed = part.rows.filter(({ error, way }) => error && !String(way ?? '').startsWith('torch'))
    if (failed.length > 0) throw new Error(`${failed.length} rows have errors, the first: ${failed[0].error}`)
  }
}

/** Whether the addon is there at all, to be told before an hour is lost. */
export const addonIsThere = () =>
  existsSync(inRoot('build', 'Release', 'stego.node')) ||
  (existsSync(inRoot('prebuilds')) && readdirSync(inRoot('prebuilds')).length > 0)
