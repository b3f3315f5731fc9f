/**
 * node scripts/cuda-wheels.js: writes lib/cuda/wheels.ts, the wheels that `stego doctor --setup cuda` fetches: torch in
 * the version that package.json pins as `libtorch`, and the NVIDIA libraries that its metadata requires. Run it after
 * changing that version. Reads metadata, file lists and the directories of the wheels, not the wheels themselves.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { ensureJavascript } from './lib/javascript.js'
import { inRoot, root } from './lib/paths.js'
import { run } from './lib/process.js'
import { main, Problem, say } from './lib/report.js'

const INDEX = 'https://pypi.org/simple'
/** libtorch is the same in the wheels of all Python versions. */
const TORCH_TAG = 'cp312-cp312'
const OUT = inRoot('lib', 'cuda', 'wheels.ts')

await main(async () => {
  await ensureJavascript()
  const { isNeeded } = await import('../dist/cuda/contents.js')
  const { libtorch } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'))
  const torch = await published({ name: 'torch', accepts: (version) => version === libtorch, tag: TORCH_TAG })
  const required = requirementsOf(await metadataOf(torch.url))
  const toolkit = required.find(({ name }) => name === 'cuda-toolkit')
  if (!toolkit) throw new Problem(`torch ${libtorch} requires no cuda-toolkit`)
  const { url, version } = await published(toolkit)
  const parts = requirementsOf(await metadataOf(url), toolkit.extras)
  const names = new Map(
    [...parts, ...required.filter((one) => one !== toolkit)].map((one) => [one.name, one]),
  )
  const found = [torch]
  for (const one of [...names.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    found.push(await published(one))
  }
  const wheels = []
  for (const { url, ...wheel } of found) {
    say(`reading ${wheel.file}`)
    const needed = (await directoryOf(url, wheel.size)).filter(({ name }) => isNeeded(name))
    if (needed.length === 0) throw new Problem(`nothing in ${wheel.file} is needed`)
    wheels.push({ ...wheel, unpacked: needed.reduce((sum, { bytes }) => sum + bytes, 0) })
  }
  writeFileSync(OUT, source(libtorch, version, wheels))
  await run(inRoot('node_modules', '.bin', 'biome'), ['check', '--write', OUT], { cwd: root })
  return 0
})

function source(torch, toolkit, wheels) {
  return `\
/** The wheels that \`stego doctor --setup cuda\` fetches for linux-x64. Written by scripts/cuda-wheels.js. */
import type { Wheel } from './wheel.js'

/** The version of libtorch. */
export const TORCH = ${JSON.stringify(torch)}

/** The version of the CUDA toolkit. */
export const CUDA = ${JSON.stringify(toolkit.split('.').slice(0, 3).join('.'))}

export const WHEELS: readonly Wheel[] = ${JSON.stringify(wheels)}
`
}

/**
 * NVIDIA's packages in `Requires-Dist` lines that hold on Linux, or for one of `extras`.
 * Each is `{ name, extras, accepts(version) }`.
 */
function requirementsOf(metadata, extras = null) {
  const lines = [...metadata.matchAll(/^Requires-Dist: *(.+)$/gm)].map(([, line]) => line)
  return lines.flatMap((line) => {
    const match = /^((?:nvidia|cuda-toolkit)[\w-]*)(?:\[([^\]]*)\])?([^;]*)(?:;(.*))?$/.exec(line)
    if (!match) return []
    const [, name, ofExtras = '', range, condition = ''] = match
    const extra = /extra == ['"]([\w-]+)['"]/.exec(condition)?.[1]
    if (extra ? !extras?.includes(extra) : extras !== null) return []
    if (condition.includes('platform') && !/linux/i.test(condition)) return []
    return [{ name, extras: ofExtras.split(','), accepts: (version) => satisfies(version, range.trim()) }]
  })
}

/** Compares with `==1.2.3`, `==1.2.*`, `>=1.2` and `<2`, joined by commas. */
function satisfies(version, range) {
  return range.split(',').every((clause) => {
    const [, operator, wanted] = /^(==|>=|<)\s*([\d.]+?)(?:\.\*)?$/.exec(clause.trim()) ?? []
    if (!operator) throw new Problem(`the requirement ${clause} is not understood`)
    if (operator === '>=') return compare(version, wanted) >= 0
    if (operator === '<') return compare(version, wanted) < 0
    const prefix = version.split('.').slice(0, wanted.split('.').length).join('.')
    return compare(clause.endsWith('*') ? prefix : version, wanted) === 0
  })
}

/** Versions part by part, where a missing part is 0. */
function compare(one, other) {
  const [left, right] = [one, other].map((version) => version.split('.').map(Number))
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** The wheel for linux-x64 of the lowest version that a requirement accepts. */
async function published({ name, accepts, tag = '' }) {
  const response = await answer(`${INDEX}/${name}/`, { accept: 'application/vnd.pypi.simple.v1+json' })
  const files = (await response.json()).files
    .filter(({ filename, yanked }) => filename.endsWith('.whl') && !yanked && filename.includes(tag))
    .filter(({ filename }) => /-(?:any|manylinux\w*_x86_64(?:\.manylinux\w*_x86_64)*)\.whl$/.test(filename))
    .map((file) => ({ ...file, version: file.filename.split('-')[1] }))
    .filter(({ version }) => /^[\d.]+$/.test(version) && accepts(version))
    .sort((a, b) => compare(a.version, b.version))
  const file = files[0]
  if (!file) throw new Problem(`${INDEX}/${name}/ lists no wheel for linux-x64 that fits`)
  const { filename, version, size, hashes, url } = file
  return { name, version, file: filename, size, sha256: hashes.sha256, url }
}

async function metadataOf(url) {
  return (await answer(`${url}.metadata`)).text()
}

async function answer(url, headers = {}) {
  const response = await fetch(url, { headers })
  if (!response.ok) throw new Problem(`${url}: the server answered ${response.status}`)
  return response
}

/** Names and sizes of the members of a remote archive, from its last bytes. */
async function directoryOf(url, size) {
  const { default: yauzl } = await import('yauzl')
  const tail = Math.min(size, 2 ** 23)
  const response = await answer(url, { range: `bytes=${size - tail}-${size - 1}` })
  const bytes = Buffer.from(await response.arrayBuffer())
  class Tail extends yauzl.RandomAccessReader {
    read(target, offset, length, position, callback) {
      const start = position - (size - tail)
      if (start < 0) return callback(new Problem(`the directory of ${url} is larger than expected`))
      bytes.copy(target, offset, start, start + length)
      setImmediate(callback, null)
    }
  }
  const zip = await yauzl.fromRandomAccessReaderPromise(new Tail(), size, { autoClose: false })
  const members = []
  for await (const { fileName: name, uncompressedSize } of zip.eachEntry()) {
    members.push({ name, bytes: uncompressedSize })
  }
  return members
}
