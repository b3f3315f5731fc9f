/** `stego doctor --setup cuda` as people run it, where everything is set up already or cannot be. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { TORCH, WHEELS } from '../../lib/cuda/wheels.js'
import { cudaPlaces } from '../../lib/native/cuda.js'
import { formatBytes } from '../../lib/options/bytes.js'
import { readPage } from '../docs/markdown.js'
import { doctor, emptyFolder } from '../doctor/run.js'

const onLinux = process.platform === 'linux' && process.arch === 'x64' ? test : test.skip

/** An environment without Python and without a network, and with a cache folder of its own. */
function environment(t: ExecutionContext) {
  const cache = emptyFolder(t)
  const env = { STEGO_CACHE: cache, STEGO_OFFLINE: '1', PATH: cache, VIRTUAL_ENV: '', CONDA_PREFIX: '' }
  return { places: cudaPlaces(cache, TORCH), env }
}

onLinux('what is set up is said, with the next step', (t) => {
  const { places, env } = environment(t)
  const folder = join(places.site, 'torch')
  mkdirSync(join(folder, 'lib'), { recursive: true })
  for (const name of ['c10', 'torch_cpu', 'c10_cuda', 'torch_cuda'])
    writeFileSync(join(folder, 'lib', `lib${name}.so`), '')
  writeFileSync(join(folder, 'version.py'), `__version__ = '${TORCH}+cu130'\n`)
  writeFileSync(places.marker, '{}')
  const { code, stdout, stderr } = doctor(['--setup', 'cuda'], { env })
  t.is(code, 0, stderr)
  const [first, next] = stdout.split('\n')
  t.is(first, `libtorch ${TORCH} for CUDA was set up before; nothing to do: ${folder}`)
  t.regex(next!, /^next: (npm install @stego\/linux-x64-cuda13, then )?stego doctor$/)
  const { stdout: json } = doctor(['--setup', 'cuda', '--json'], { env })
  t.like(JSON.parse(json), { folder, version: TORCH, source: 'setup', before: true })
})

onLinux('without a network it says what to do', (t) => {
  const { places, env } = environment(t)
  const { code, stdout, stderr } = doctor(['--setup', 'cuda', '--json'], { env })
  t.is(code, 1)
  const { error } = JSON.parse(stdout)
  t.is(error.code, 'ERR_STEGO_DOWNLOAD')
  t.true(error.message.includes(places.downloads))
  t.is(stderr.split('\n').length, 2)
})

test('other things cannot be set up', (t) => {
  const { code, stderr } = doctor(['--setup', 'rocm'])
  t.is(code, 2)
  t.regex(stderr, /--setup .*cuda/)
})

test('the guide lists the pinned packages', (t) => {
  const total = (key: 'size' | 'unpacked') => formatBytes(WHEELS.reduce((sum, wheel) => sum + wheel[key], 0))
  const rows = [
    ...WHEELS.map(
      ({ name, version, size, unpacked }) =>
        `| \`${name}\` | ${version} | ${formatBytes(size)} | ${formatBytes(unpacked)} |`,
    ),
    `| all of them | | ${total('size')} | ${total('unpacked')} |`,
  ]
  const guide = readPage('docs/gpu.md')
  t.true(guide.includes(`|---|\n${rows.join('\n')}\n\n`), rows.join('\n'))
})
