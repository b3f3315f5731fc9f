/**
 * npm run check [-- --fix]: types, lint and formatting of TypeScript and JavaScript, formatting of C++; CUDA files are
 * compiled for every architecture where nvcc is installed. It needs no GPU and no libtorch.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { ensureNode, ensurePackages } from './lib/ensure-built.js'
import { filesBelow, inRoot, root } from './lib/paths.js'
import { run } from './lib/process.js'
import { main } from './lib/report.js'

const fromPackage = createRequire(inRoot('package.json'))

/** Runs a program; `tell` makes its output readable. */
const program = (command, args, tell = (output) => output) => ({ command, args, tell })

function checks(fix) {
  const color = process.stdout.isTTY
  const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc')
  const types = ['--noEmit', '-p', 'tsconfig.json', '--pretty', String(color === true)]
  const biome = fromPackage.resolve('@biomejs/biome/bin/biome')
  const lint = [...(fix ? ['check', '--write'] : ['ci']), '.', `--colors=${color ? 'force' : 'off'}`]
  const folders = [inRoot('native'), inRoot('test', 'sanitize')]
  const cpp = folders.flatMap((folder) => filesBelow(folder)).filter((file) => /\.(h|cpp|cu|cuh)$/.test(file))
  const format = [...(fix ? ['-i'] : ['--dry-run', '-Werror']), ...cpp]
  return {
    types: program(process.execPath, [tsc, ...types]),
    biome: program(process.execPath, [biome, ...lint]),
    ...(cpp.length > 0 && {
      'clang-format': program(fromPackage('clang-format-node').clangFormatPath, format, filesToFormat),
    }),
  }
}

/** Architectures that kernels are compiled for: A100, RTX 40, H100, and PTX for later ones. */
const ARCHITECTURES = [
  ...['80', '89', '90a'].map((name) => `arch=compute_${name},code=sm_${name}`),
  'arch=compute_90,code=compute_90',
]

/** Compiles the CUDA files that have changed, or what they include has; null where nvcc is not installed. */
async function compileCuda() {
  if (!(await run('nvcc', ['--version'])).ok) return null
  const out = inRoot('build', 'cuda')
  mkdirSync(out, { recursive: true })
  const architectures = ARCHITECTURES.flatMap((name) => ['-gencode', name])
  const warnings = ['-Xcompiler', '-Wall', '--Werror', 'all-warnings']
  const options = ['-std=c++20', '-I', 'native', '--threads', '2', ...warnings, ...architectures]
  const sources = filesBelow(inRoot('native')).filter((name) => path.dirname(name).endsWith('kernels'))
  const changed = Math.max(...sources.map((name) => statSync(name).mtimeMs))
  for (const file of sources.filter((name) => name.endsWith('.cu'))) {
    const object = path.join(out, `${path.basename(file, '.cu')}.o`)
    if (existsSync(object) && statSync(object).mtimeMs > changed) continue
    const result = await run('nvcc', [...options, '-c', file, '-o', object], { cwd: root })
    if (!result.ok) return result
  }
  return { ok: true }
}

/** clang-format prints every place with its line; the files and the number of places are enough. */
function filesToFormat(output) {
  const places = new Map()
  for (const [, file] of output.matchAll(/^(.+?):\d+:\d+: error: /gm)) {
    places.set(file, (places.get(file) ?? 0) + 1)
  }
  const lines = [...places].map(([file, count]) => `${path.relative(root, file)}: ${count} to format`)
  return lines.join('\n') || output
}

await main(async () => {
  ensureNode()
  await ensurePackages()
  const fix = process.argv.includes('--fix')
  const failed = []
  for (const [name, { command, args, tell }] of Object.entries(checks(fix))) {
    const result = await run(command, args, { cwd: root })
    console.log(`${name}: ${result.ok ? 'ok' : 'failed'}`)
    if (result.ok) continue
    failed.push(name)
    console.log(tell(result.output).trim() || result.reason)
  }
  const cuda = await compileCuda()
  console.log(`cuda: ${cuda === null ? 'not checked, nvcc is not installed' : cuda.ok ? 'ok' : 'failed'}`)
  if (cuda?.ok === false) {
    failed.push('cuda')
    console.log(cuda.output.trim() || cuda.reason)
  }
  if (failed.length === 0) return 0
  console.log(`\nFailed: ${failed.join(', ')}.`)
  if (!fix) console.log('Run `npm run check -- --fix` to fix what can be fixed automatically.')
  return 1
})
