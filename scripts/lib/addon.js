/** The native addon: configured by cmake-js if its configuration inputs changed, compiled if a source changed. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { findLibtorch } from '../libtorch.js'
import { inspectFolder } from './libtorch/cache.js'
import { inRoot, readJson, root } from './paths.js'
import { run } from './process.js'
import { Problem, say, step } from './report.js'
import { compileJobs, ensureCmake, ensureCompiler } from './tools.js'

/** Records what the last configuration was made for. */
const NOTE = inRoot('build', 'configuration.json')

/** Everything that determines the configuration except libtorch's location, which follows from it. */
function configuredFor() {
  const { CC = '', CXX = '', STEGO_LIBTORCH = '', STEGO_CUDA = '' } = process.env
  return {
    root,
    platform: `${process.platform}-${process.arch}`,
    libtorch: readJson(inRoot('package.json')).libtorch,
    environment: { CC, CXX, STEGO_LIBTORCH, STEGO_CUDA },
    packages: Object.fromEntries(
      ['cmake-js', 'node-addon-api', 'node-api-headers'].map((name) => [
        name,
        readJson(inRoot('node_modules', name, 'package.json')).version,
      ]),
    ),
  }
}

/** What the build is configured for; null if it is not. */
export function configuration() {
  if (!existsSync(NOTE) || !existsSync(inRoot('build', 'CMakeCache.txt'))) return null
  return JSON.parse(readFileSync(NOTE, 'utf8'))
}

/** True if the last configuration is still valid and its libtorch is still there. */
function isConfigured() {
  const { folder, cuda: _, ...made } = configuration() ?? {}
  if (folder === undefined) return false
  return isDeepStrictEqual(made, configuredFor()) && inspectFolder(folder).missing.length === 0
}

/** Compiles; the build tool knows what is stale. */
export async function ensureAddon() {
  if (!isConfigured()) await configure()
  await compile()
}

async function configure() {
  await ensureCmake()
  await ensureCompiler()
  const wanted = configuredFor()
  const { folder, from, cuda } = await findLibtorch({ version: wanted.libtorch })
  say(`libtorch ${wanted.libtorch}${cuda ? ' for CUDA' : ''}: ${from}, ${folder}`)
  rmSync(NOTE, { force: true })
  rmSync(inRoot('build', 'CMakeCache.txt'), { force: true }) // it remembers the libraries of an earlier libtorch
  await step('configuring the C++ build', async () => {
    const options = [`--CDSTEGO_LIBTORCH_DIR=${folder}`]
    if (cuda) options.push('--CDSTEGO_CUDA=ON')
    // libtorch for Windows uses the C runtime as a DLL; cmake-js would link it in.
    if (process.platform === 'win32') options.push('--CDCMAKE_MSVC_RUNTIME_LIBRARY=MultiThreadedDLL')
    const cmakeJs = inRoot('node_modules', 'cmake-js', 'bin', 'cmake-js')
    const result = await run(process.execPath, [cmakeJs, 'configure', '-O', 'build', ...options], {
      cwd: root,
    })
    if (!result.ok) throw new Problem(`configuring the C++ build failed:\n${result.output.trim()}`)
  })
  mkdirSync(inRoot('build'), { recursive: true })
  writeFileSync(NOTE, JSON.stringify({ ...wanted, folder, cuda }, null, 2))
}

async function compile() {
  const jobs = process.env.CMAKE_BUILD_PARALLEL_LEVEL ?? String(compileJobs())
  const work = async () => {
    const build = ['--build', 'build', '--config', 'Release', '--parallel', jobs]
    const result = await run('cmake', build, { cwd: root })
    const remarks = result.output
      .split('\n')
      .filter((line) => !isProgress(line))
      .join('\n')
      .trim()
    if (!result.ok)
      throw new Problem(`compiling the C++ code failed${remarks ? `:\n${remarks}` : ', see above'}`)
    if (remarks) say(`the compiler's remarks:\n${remarks}`)
  }
  await step(`compiling C++ (${jobs} at once)`, work, { quiet: 1000 })
}

/** Progress lines such as Ninja's `[3/60] Building CXX object ...` and make's `[ 12%] Built target ...`. */
const isProgress = (line) =>
  /^\[ *\d+(\/\d+|%)\]|^ninja: |^-- |^Consolidate compiler|^Scanning dependencies/.test(line)
