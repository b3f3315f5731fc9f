/** The native addon: configured by cmake-js when what that depends on changed, compiled when a source changed. */
import { existsSync, rmSync } from 'node:fs'
import { findLibtorch } from '../libtorch.js'
import { filesBelow, fingerprint } from './files.js'
import { inspectFolder } from './libtorch/folder.js'
import { installedVersion } from './packages.js'
import { inRoot, readJson, root } from './paths.js'
import { run } from './process.js'
import { endLine, Problem, say, step } from './report.js'
import { readStamp, removeStamp, stampEquals, writeStamp } from './stamps.js'
import { compileJobs, ensureCmake, ensureCompiler } from './tools.js'

const addon = inRoot('build', 'Release', 'stego.node')
const opener = inRoot('build', 'Release', 'opener', 'libtorch-opener.node')

/** What the addon is made of, the version that it carries included. */
const sources = () => ({
  version: readJson(inRoot('package.json')).version,
  files: fingerprint([
    inRoot('CMakeLists.txt'),
    ...filesBelow(inRoot('cmake')),
    ...filesBelow(inRoot('native')),
  ]),
})

/** All that decides over the configuration but the place of libtorch, which is found from it. */
function configuredFor() {
  const { CC = '', CXX = '', STEGO_LIBTORCH = '', STEGO_CUDA = '' } = process.env
  return {
    root,
    platform: `${process.platform}-${process.arch}`,
    libtorch: readJson(inRoot('package.json')).libtorch,
    environment: { CC, CXX, STEGO_LIBTORCH, STEGO_CUDA },
    packages: Object.fromEntries(
      ['cmake-js', 'node-addon-api', 'node-api-headers'].map((name) => [name, installedVersion(name)]),
    ),
    lists: fingerprint([inRoot('CMakeLists.txt')]),
  }
}

/** True when the last configuration still holds and its libtorch is still there. */
function isConfigured() {
  const stamp = readStamp('configure')
  return (
    existsSync(inRoot('build', 'CMakeCache.txt')) &&
    stampEquals('configure', { ...configuredFor(), folder: stamp?.folder }) &&
    inspectFolder(stamp.folder).missing.length === 0
  )
}

export const addonIsFresh = () =>
  existsSync(addon) &&
  existsSync(opener) &&
  stampEquals('addon', { sources: sources(), addon: fingerprint([addon, opener]) }) &&
  isConfigured()

export async function ensureAddon() {
  if (addonIsFresh()) return
  if (!isConfigured()) await configure()
  removeStamp('addon')
  const compiledFrom = sources() // before compiling: what is written meanwhile is compiled the next time
  await compile()
  writeStamp('addon', { sources: compiledFrom, addon: fingerprint([addon, opener]) })
}

async function configure() {
  await ensureCmake()
  await ensureCompiler()
  const wanted = configuredFor()
  const { folder, from } = await findLibtorch({ version: wanted.libtorch })
  say(`libtorch ${wanted.libtorch}: ${from}, ${folder}`)
  removeStamp('configure')
  rmSync(inRoot('build', 'CMakeCache.txt'), { force: true }) // it remembers the libraries of an earlier libtorch
  await step('configuring the C++ build', async () => {
    const options = [`--CDSTEGO_LIBTORCH_DIR=${folder}`]
    // libtorch for Windows uses the C runtime as a DLL; cmake-js would link it in.
    if (process.platform === 'win32') options.push('--CDCMAKE_MSVC_RUNTIME_LIBRARY=MultiThreadedDLL')
    const cmakeJs = inRoot('node_modules', 'cmake-js', 'bin', 'cmake-js')
    const result = await run(process.execPath, [cmakeJs, 'configure', '-O', 'build', ...options], {
      cwd: root,
    })
    if (!result.ok) throw new Problem(`configuring the C++ build failed:\n${result.output.trim()}`)
  })
  writeStamp('configure', { ...wanted, folder })
}

async function compile() {
  const jobs = process.env.CMAKE_BUILD_PARALLEL_LEVEL ?? String(compileJobs())
  await step(`compiling C++ (${jobs} at once)`, async () => {
    // At a terminal the build tool shows its own progress; elsewhere only what it says beside that is shown.
    const live = process.stderr.isTTY
    if (live) endLine()
    const shown = live ? { stdout: 2, stderr: 2 } : {}
    const build = ['--build', 'build', '--config', 'Release', '--parallel', jobs]
    const result = await run('cmake', build, { cwd: root, ...shown })
    const remarks = result.output
      .split('\n')
      .filter((line) => !isProgress(line))
      .join('\n')
      .trim()
    if (!result.ok)
      throw new Problem(`compiling the C++ code failed${remarks ? `:\n${remarks}` : ', see above'}`)
    if (remarks) say(`the compiler's remarks:\n${remarks}`)
  })
}

/** Lines such as `[3/60] Building CXX object ...` of Ninja and `[ 12%] Built target ...` of make. */
const isProgress = (line) =>
  /^\[ *\d+(\/\d+|%)\]|^ninja: |^-- |^Consolidate compiler|^Scanning dependencies/.test(line)
