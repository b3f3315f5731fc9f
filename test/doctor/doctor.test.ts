/** What the doctor says of a sound installation, and of broken ones. */
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join, relative } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { describeReport } from '../../lib/doctor/describe.js'
import type { GpuReport } from '../../lib/doctor/report.js'
import { libtorchOfBuild } from '../native/loading/libtorch.js'
import { diagnosis, doctor, emptyFolder, otherVersion, ROOT } from './run.js'

const VERSION: string = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version

test.serial('a sound installation: everything is found, the self-test agrees, exit code 0', (t) => {
  const cache = emptyFolder(t)
  mkdirSync(join(cache, 'weights'))
  writeFileSync(join(cache, 'weights', 'some.safetensors'), Buffer.alloc(1000))
  const env = { STEGO_CACHE: cache, STEGO_THREADS: '1', HTTPS_PROXY: 'http://ann:secret@proxy.example:8080' }
  const { code, report } = diagnosis([], { env })
  t.deepEqual(report.problems, [])
  t.is(code, 0)
  t.true(report.ok)
  t.is(report.version, VERSION)

  const { machine, addon, packages, starter } = report
  t.is(machine.node.version, process.versions.node)
  t.deepEqual(machine.threads, { threads: 1, reason: 'STEGO_THREADS' })
  t.is(machine.processor.usable, availableParallelism())
  t.true(machine.memory.total > machine.memory.available && machine.memory.available > 0)

  t.is(addon.places.length, 2)
  t.like(addon.places[0], { name: 'a local build, build/Release/stego.node', state: 'used', problem: null })
  t.like(addon.places[1], { file: null, state: 'absent' })
  t.is(addon.error, null)
  const { file, libtorch, kernels, openmp } = addon.loaded!
  t.is(file, join(ROOT, 'build', 'Release', 'stego.node'))
  t.true(['avx512', 'avx2', 'portable'].includes(kernels.instructions))
  t.is(libtorch.source, 'rpath')
  t.is(libtorch.running, libtorch.built)
  t.is(openmp.length, 1)

  t.deepEqual(
    packages.map(({ name }) => name),
    [
      'stego',
      ...['', 'libtorch-'].map((part) => `@stego/${part}${machine.platform}-${machine.arch}`),
      '@stego/starter',
      'sharp',
    ],
  )
  t.regex(packages.at(-1)!.version!, /^\d+\.\d+\.\d+$/)
  t.true(starter!.bytes > 1e7)
  t.deepEqual(report.cache, {
    folder: cache,
    exists: true,
    writable: true,
    bytes: 1000,
    entries: [{ name: 'weights', bytes: 1000 }],
  })
  t.is(report.environment.HTTPS_PROXY, 'http://***@proxy.example:8080')
  t.is(report.environment.STEGO_THREADS, '1')

  const selfTest = report.selfTest!
  t.true(selfTest.ok)
  t.true(selfTest.checks.length >= 9)
  for (const { name, ok, error, tolerance } of selfTest.checks) t.true(ok && error! <= tolerance, name)
  t.true(selfTest.checks.some(({ error }) => error! > 0))
  t.true(selfTest.speed!.imagesPerSecond > 0)
})

test.serial('a limit of instructions is in force and shown; one that is none is a problem', (t) => {
  const { report } = diagnosis(['--no-self-test'], { env: { STEGO_INSTRUCTIONS: 'portable' } })
  const { kernels, libtorch } = report.addon.loaded!
  t.like(kernels, {
    instructions: 'portable',
    limit: 'portable',
    int8Products: false,
    bfloat16Products: false,
  })
  if (kernels.processor !== 'portable') t.is(libtorch.instructions, 'DEFAULT')
  const { stdout } = doctor(['--no-self-test'], { env: { STEGO_INSTRUCTIONS: 'portable' } })
  t.regex(
    stdout,
    /\n {2}kernels +portable \(STEGO_INSTRUCTIONS=portable; this processor supports .*\), 8-bit products/,
  )

  const wrong = diagnosis(['--no-self-test'], { env: { STEGO_INSTRUCTIONS: 'sse9' } })
  t.is(wrong.code, 1)
  t.like(wrong.report.addon.error, { code: 'ERR_STEGO_OPTION' })
  t.regex(
    wrong.report.problems.join(),
    /STEGO_INSTRUCTIONS=sse9 is not an instruction set: expected portable, avx2/,
  )
})

test.serial('people get the same in sections; --no-self-test leaves the self-test out', (t) => {
  const { code, stdout, stderr } = doctor(['--no-self-test'])
  t.is(code, 0)
  t.is(stderr, '')
  t.regex(stdout, new RegExp(`^stego ${VERSION}\n\nMachine\n  system +\\S`))
  for (const title of ['Packages', 'Addon', 'Files', 'Environment'])
    t.true(stdout.includes(`\n\n${title}\n`), title)
  t.regex(stdout, /\n {2}USED +a local build, .*stego\.node/)
  t.notRegex(stdout, /Self-test/)
  t.true(stdout.endsWith('\nNo problems found.\n'))
})

test.serial('without an addon: what there is, the error with its remedies, exit code 1', (t) => {
  const nativePath = join(emptyFolder(t), 'nowhere')
  const { code, report } = diagnosis([], { env: { STEGO_NATIVE_PATH: nativePath } })
  t.is(code, 1)
  t.false(report.ok)
  t.is(report.selfTest, null)
  t.is(report.addon.loaded, null)
  t.is(report.addon.error!.code, 'ERR_STEGO_ADDON')
  t.deepEqual(report.addon.places, [
    { name: `STEGO_NATIVE_PATH=${nativePath}`, file: null, state: 'absent', problem: null },
  ])
  t.deepEqual(report.problems, [report.addon.error!.message])
  t.truthy(report.starter)
  t.is(report.environment.STEGO_NATIVE_PATH, nativePath)

  const { stdout, stderr } = doctor([], { env: { STEGO_NATIVE_PATH: nativePath } })
  t.is(stderr, '')
  t.regex(stdout, /\n {2}absent +STEGO_NATIVE_PATH=/)
  t.regex(
    stdout,
    /1 problem:\n {2}- Expected a native addon.*\n {4}Tried:(\n.*)*To fix it:\n {6}- set STEGO_NATIVE_PATH/,
  )
})

test.serial('packages of two versions: which is which, and the command that fixes it', (t) => {
  const { code, report } = diagnosis([], { root: otherVersion(t, '9.9.9') })
  t.is(code, 1)
  const [local] = report.addon.places
  t.is(local!.state, 'failed')
  t.is(local!.problem, `it is version ${VERSION}, but stego is 9.9.9`)
  t.regex(report.problems[0]!, /npm install stego@9\.9\.9, or delete node_modules/)
  t.is(report.starter, null)
  t.regex(report.problems[1]!, /starter weights are missing/)
})

test.serial('a check that cannot be run has failed, and the others are run', (t) => {
  const { code, stdout } = doctor([], { root: otherVersion(t, VERSION) })
  t.is(code, 1)
  t.regex(stdout, /\n {2}FAILED +backbone: ViT features \(starter\) +none +1e-4 +\d+ ms\n/)
  t.regex(stdout, /\n {2}ok +dense CRF: 10 iterations +\d\.\de-\d+ +1e-4 +\d+ ms\n/)
  t.regex(stdout, /- The check "backbone: ViT.*" could not run: expected the starter weights/)
  t.notRegex(stdout, /Speed/)
})

test.serial('the device: what auto takes, what was asked for, and what cannot be used', (t) => {
  const cpu = diagnosis(['--no-self-test'], { env: { STEGO_DEVICE: 'cpu' } })
  t.is(cpu.code, 0)
  t.like(cpu.report.gpu, { device: { device: 'cpu', name: null, reason: 'as asked for' }, error: null })
  const wrong = diagnosis(['--no-self-test'], { env: { STEGO_DEVICE: 'cuda:99' } })
  t.is(wrong.code, 1)
  t.is(wrong.report.gpu.device, null)
  t.like(wrong.report.gpu.error, { code: 'ERR_STEGO_DEVICE' })
  t.regex(wrong.report.problems.join(), /^the device "cuda:99" cannot be used: /)

  const { report } = cpu
  t.regex(describeReport(report), /\nDevice\n {2}in use +CPU: as asked for\n/)
  const h100 = { name: 'NVIDIA H100 80GB HBM3', capability: [9, 0] as [number, number], bytes: 80 * 2 ** 30 }
  const gpu: GpuReport = {
    device: { device: 'cuda:0', name: h100.name, reason: 'the first GPU that fits', remedy: null },
    error: null,
    cuda: { built: true, runtime: 13000, driver: 13010, error: 0, message: '', devices: [h100] },
    driver: '580.65.06',
    package: { name: '@stego/linux-x64-cuda13', version: '1.2.3', folder: '/app/node_modules/cuda13' },
    libtorch: { source: 'setup', folder: '/cache/cuda/torch', version: '2.13.0' },
  }
  const lines = [
    'in use    cuda:0 (NVIDIA H100 80GB HBM3): the first GPU that fits',
    'cuda:0    NVIDIA H100 80GB HBM3, compute capability 9.0, 80 GiB',
    'driver    580.65.06, supports CUDA 13.1',
    'package   @stego/linux-x64-cuda13 1.2.3, /app/node_modules/cuda13',
    'libtorch  for CUDA, 2.13.0, set up: /cache/cuda/torch',
  ]
  const text = describeReport({ ...report, gpu })
  t.true(text.includes(`\nDevice\n${lines.map((line) => `  ${line}\n`).join('')}`), text)
})

/** A folder of links to the libraries that the addon was built on, but for one. */
function linkedLibtorch(t: ExecutionContext, without?: string): string {
  const folder = emptyFolder(t)
  const { lib } = libtorchOfBuild()
  for (const name of ['libgomp.so.1', 'libc10.so', 'libtorch_cpu.so']) {
    if (name !== without) symlinkSync(join(lib, name), join(folder, name))
  }
  return folder
}

const linux = process.platform === 'linux' ? test.serial : test.serial.skip

linux('--libtorch: one that works is used, by a path from the working folder', (t) => {
  const folder = linkedLibtorch(t)
  const cwd = emptyFolder(t)
  const { code, report } = diagnosis(['--libtorch', relative(cwd, folder)], { cwd })
  t.deepEqual(report.problems, [])
  t.is(code, 0)
  const { libtorch } = report.addon.loaded!
  t.is(libtorch.source, 'own')
  t.is(libtorch.file, join(folder, 'libtorch_cpu.so'))
  t.true(report.selfTest!.ok)
})

linux('--libtorch and STEGO_LIBTORCH: one that does not is told, exit code 1', (t) => {
  const folder = linkedLibtorch(t, 'libc10.so')
  const missing = doctor(['--libtorch', folder])
  t.is(missing.code, 1)
  t.true(
    missing.stdout.includes(
      `STEGO_LIBTORCH=${folder} contains no libtorch: expected libc10.so and libtorch_cpu.so`,
    ),
  )
  t.regex(missing.stdout, /\n {2}found +a local build/)

  copyFileSync(join(ROOT, 'package.json'), join(folder, 'libc10.so'))
  const damaged = diagnosis([], { env: { STEGO_LIBTORCH: folder } })
  t.is(damaged.code, 1)
  const [local] = damaged.report.addon.places
  t.is(local!.problem, `${join(folder, 'libc10.so')} is not a library`)
  t.regex(damaged.report.problems[0]!, /To fix it:\n {2}- set STEGO_LIBTORCH to a complete libtorch/)
})

/** Variables that make the process that loads the addon run this first. */
function inProbe(t: ExecutionContext, code: string): Record<string, string> {
  const script = join(emptyFolder(t), 'first.cjs')
  writeFileSync(script, `if (/probe/.test(process.argv[1])) { ${code} }`)
  return { NODE_OPTIONS: `--require ${JSON.stringify(script)}` }
}

test.serial('what ends the process that loads the addon does not end the doctor', (t) => {
  const env = inProbe(t, "process.kill(process.pid, 'SIGKILL')")
  const { code, report } = diagnosis([], { env })
  t.is(code, 1)
  t.is(report.addon.loaded, null)
  t.is(basename(report.addon.places[0]!.file!), 'stego.node')
  t.is(report.addon.places[0]!.state, 'found')
  t.is(report.problems.length, 1)
  t.regex(
    report.problems[0]!,
    /was killed by SIGKILL\. To fix it, install the packages again \(npm install stego@/,
  )
  const { stdout } = doctor(['--libtorch', 'elsewhere'], { env })
  t.regex(stdout, /was killed by SIGKILL\. To fix it, try it without STEGO_LIBTORCH=.*elsewhere/)
})

test.serial('a process that fails on the way says why, and in which check', (t) => {
  const env = inProbe(
    t,
    `const send = process.send
    process.send = function (message, ...rest) {
      if (message.kind !== 'check') return send.call(this, message, ...rest)
      console.error('Error: the process ran out of something')
      process.exit(7)
    }`,
  )
  const { code, report } = diagnosis([], { env })
  t.is(code, 1)
  t.truthy(report.addon.loaded)
  t.false(report.selfTest!.ok)
  t.regex(
    report.problems[0]!,
    /exited with code 7 during the check "images: PNG round trip": Error: the process ran out of something\. To fix/,
  )
})

test.serial('wrong usage ends with exit code 2', (t) => {
  const { code, stderr } = doctor(['--libtorhc', 'x'])
  t.is(code, 2)
  t.regex(stderr, /Did you mean --libtorch\?/)
  t.is(doctor(['everything']).code, 2)
})
