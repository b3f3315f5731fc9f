/** Formats the doctor's report as text. */
import { versionText } from '../native/device.js'
import type { DeviceInUse } from '../native/index.js'
import { formatBytes } from '../options/bytes.js'
import { deviceWords } from '../output/words.js'
import type {
  AddonReport,
  CacheReport,
  CheckReport,
  DoctorReport,
  GpuReport,
  Machine,
  SelfTestReport,
} from './report.js'

type Row = string[]

/** Formats the report: sections of aligned rows, then any problems. */
export function describeReport(report: DoctorReport): string {
  const { addon, gpu, packages, cache, starter, environment, selfTest, problems, notes } = report
  const variables = Object.entries(environment)
  return [
    `stego ${report.version}`,
    section('Machine', machineRows(report.machine, addon)),
    section(
      'Packages',
      packages.map(({ name, version, folder }) => [name, version ?? 'not installed', folder ?? '']),
    ),
    section('Addon', addonRows(addon)),
    section('Device', deviceRows(gpu)),
    section('Files', [
      ['cache', describeCache(cache)],
      ['starter', starter ? `${starter.file}, ${formatBytes(starter.bytes)}` : 'missing'],
    ]),
    section('Environment', variables.length > 0 ? variables : [['no relevant variables are set']]),
    ...(selfTest ? [selfTestSection(selfTest)] : []),
    ...(notes.length > 0 ? [list('Notes', notes)] : []),
    problems.length > 0 ? list(count(problems.length), problems) : 'No problems found.',
  ].join('\n\n')
}

function machineRows({ system, platform, arch, libc, ...machine }: Machine, { loaded }: AddonReport): Row[] {
  const { node, processor, threads, memory } = machine
  const limit = memory.limit === null ? 'no limit' : `container limit ${formatBytes(memory.limit)}`
  return [
    ['system', [system, `${platform}-${arch}`, libc].filter((part) => part !== null).join(', ')],
    ['Node', `${node.version}, ${node.path}`],
    ['processor', `${processor.model}, ${processor.logical} logical, ${processor.usable} usable`],
    ...(loaded ? [['kernels', describeKernels(loaded)]] : []),
    ['threads', `${threads.threads}: ${threads.reason}`],
    ['memory', `${formatBytes(memory.total)}, ${formatBytes(memory.available)} available, ${limit}`],
  ]
}

type Loaded = NonNullable<AddonReport['loaded']>

const INSTRUCTIONS = { avx512: 'AVX-512', avx2: 'AVX2', portable: 'portable', operators: 'operators' }

function describeKernels({ kernels, libtorch }: Loaded): string {
  const { instructions, processor, limit, int8Products, bfloat16Products } = kernels
  const why =
    limit === null
      ? 'the widest this processor supports'
      : `STEGO_INSTRUCTIONS=${limit}; this processor supports ${INSTRUCTIONS[processor]}`
  return [
    `${INSTRUCTIONS[instructions]} (${why})`,
    `8-bit products (VNNI) ${int8Products ? 'yes' : 'no'}`,
    `bfloat16 products ${bfloat16Products ? 'yes' : 'no'}`,
    `libtorch uses ${libtorch.instructions}`,
  ].join(', ')
}

const STATES = { used: 'USED', failed: 'failed', absent: 'absent', found: 'found' }
const WAYS = {
  own: 'STEGO_LIBTORCH',
  package: 'from its package',
  cuda: 'set up for CUDA',
  rpath: "found through the addon's rpath",
}

function addonRows({ places, loaded }: AddonReport): Row[] {
  const rows = places.map(({ name, file, state, problem }) => [
    STATES[state],
    problem === null
      ? `${name}${file === null || name.includes(file) ? '' : `: ${file}`}`
      : `${name}: ${problem}`,
  ])
  if (!loaded) return rows
  const { running, cuda, source, file } = loaded.libtorch
  const build = cuda ? ', built for CUDA' : ''
  return [...rows, ['libtorch', `${running}${build}, ${WAYS[source]}${file === null ? '' : `: ${file}`}`]]
}

const SOURCES = { own: 'STEGO_LIBTORCH', setup: 'set up', python: "Python's" }

function deviceRows({ device, error, cuda, driver, package: addon, libtorch }: GpuReport): Row[] {
  const rows = (cuda?.devices ?? []).map(({ name, capability, bytes }, index) => [
    `cuda:${index}`,
    `${name}, compute capability ${capability.join('.')}, ${formatBytes(bytes)}`,
  ])
  const supports = cuda?.driver ? `supports CUDA ${versionText(cuda.driver)}` : null
  const said = [driver, supports].filter((part) => part !== null)
  return [
    ['in use', device ? inUse(device) : error ? 'none: see below' : 'unknown: no addon is loaded'],
    ...rows,
    ['driver', said.length > 0 ? said.join(', ') : 'no NVIDIA driver found'],
    [
      'package',
      addon ? `${addon.name} ${addon.version}, ${addon.folder}` : 'the one for CUDA is not installed',
    ],
    [
      'libtorch',
      libtorch
        ? `for CUDA, ${libtorch.version ?? 'of unknown version'}, ${SOURCES[libtorch.source]}: ${libtorch.folder}`
        : 'the one for CUDA is not set up',
    ],
  ]
}

function inUse({ device, name, reason }: DeviceInUse): string {
  return device === 'cpu' ? `CPU: ${reason}` : `${deviceWords(device, name)}: ${reason}`
}

function describeCache({ folder, exists, writable, bytes, entries }: CacheReport): string {
  const use = writable ? 'writable' : 'NOT writable'
  if (!exists) return `${folder}, not created yet, ${use}`
  const content = entries.map(({ name, bytes: size }) => `${name} ${formatBytes(size)}`)
  return `${folder}, ${formatBytes(bytes)}, ${use}${content.length > 0 ? `: ${content.join(', ')}` : ''}`
}

function selfTestSection({ seconds, checks, speed }: SelfTestReport): string {
  const rows = checks.map((check) => [
    check.ok ? 'ok' : 'FAILED',
    check.name,
    describeError(check),
    check.tolerance === 0 ? '0' : check.tolerance.toExponential(),
    `${check.milliseconds.toFixed(0)} ms`,
  ])
  return [
    section('Self-test', [['', '', 'largest error', 'tolerance', 'time'], ...rows]),
    '  Reference: recordings of the official implementation; for images, the encoded pixels.',
    ...(speed
      ? [
          `  Speed: ${speed.imagesPerSecond.toFixed(1)} images per second (starter features, 224 x 224, float32).`,
        ]
      : []),
    `  Took ${seconds.toFixed(1)} s.`,
  ].join('\n')
}

const MEASURES = {
  absolute: '',
  relative: ' relative',
  '1 - cosine': ' 1 - cosine',
  'differing values': ' differ',
}

function describeError({ error, measure }: CheckReport): string {
  if (error === null) return 'none'
  const digits = measure === 'differing values' ? String(error) : error.toExponential(1)
  return `${digits}${MEASURES[measure]}`
}

/** Formats a heading over rows with aligned columns; the last column is not padded. */
function section(title: string, rows: Row[]): string {
  const columns = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: columns - 1 }, (_, column) =>
    Math.max(...rows.map((row) => (column < row.length - 1 ? row[column]!.length : 0))),
  )
  const lines = rows.map((row) =>
    row.map((cell, column) => (column < row.length - 1 ? cell.padEnd(widths[column]!) : cell)).join('  '),
  )
  return [title, ...lines.map((line) => `  ${line}`.trimEnd())].join('\n')
}

function list(title: string, items: string[]): string {
  return [`${title}:`, ...items.map((item) => `  - ${item.replaceAll('\n', '\n    ')}`)].join('\n')
}

const count = (problems: number) => (problems === 1 ? '1 problem' : `${problems} problems`)
