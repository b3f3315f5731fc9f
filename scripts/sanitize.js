/**
 * npm run sanitize [-- <problems> [first problem]]: runs the dense CRF and the kernels of GPUs under the address and undefined-behavior
 * sanitizers on recordings of pydensecrf and small random problems, and compares it with a plain version. Builds the
 * program without Node in build/sanitize. The last line of standard output is the result.
 */
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ensureNode } from './lib/ensure-built.js'
import { withLock } from './lib/lock.js'
import { inRoot, root } from './lib/paths.js'
import { run, waitFor } from './lib/process.js'
import { main, Problem, say, step } from './lib/report.js'
import { compileJobs, ensureCmake, ensureCompiler } from './lib/tools.js'
import { findLibtorch } from './libtorch.js'

const PROBLEMS = '1500' // takes about a minute
const folder = inRoot('build', 'sanitize')

async function cmake(what, args) {
  const result = await step(what, () => run('cmake', args, { cwd: root }))
  if (!result.ok) throw new Problem(`${what} failed:\n${result.output.trim()}`)
}

async function build() {
  await ensureCmake()
  await ensureCompiler()
  const libtorch = await findLibtorch()
  say(`libtorch: ${libtorch.from}, ${libtorch.folder}`)
  rmSync(inRoot('build', 'sanitize', 'CMakeCache.txt'), { force: true }) // it remembers an earlier libtorch
  const generator = (await run('ninja', ['--version'])).ok ? ['-G', 'Ninja'] : []
  const options = ['-DSTEGO_SANITIZE=ON', `-DSTEGO_LIBTORCH_DIR=${libtorch.folder}`]
  await cmake('configuring', ['-S', '.', '-B', folder, ...generator, ...options])
  const jobs = process.env.CMAKE_BUILD_PARALLEL_LEVEL ?? String(compileJobs())
  const target = ['--build', folder, '--target', 'stego_sanitize', '--parallel', jobs]
  await cmake('compiling with sanitizers', target)
}

/**
 * Converts recordings for a program that cannot read JSON: copies each and writes a line for every tensor and text in
 * it.
 */
function indexRecordings(from, to) {
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from).filter((file) => file.endsWith('.safetensors'))) {
    const bytes = readFileSync(path.join(from, name))
    const start = 8 + Number(bytes.readBigUInt64LE())
    const { __metadata__: texts = {}, ...tensors } = JSON.parse(bytes.toString('utf8', 8, start))
    const lines = [
      ...Object.entries(texts).map(([key, value]) => `text ${key} ${value}`),
      ...Object.entries(tensors).map(
        ([
          tensor,
          {
            dtype,
            shape,
            data_offsets: [begin],
          },
        ]) => ['tensor', tensor, dtype, start + begin, ...shape].join(' '),
      ),
    ]
    copyFileSync(path.join(from, name), path.join(to, name))
    writeFileSync(path.join(to, `${name}.index`), `${lines.join('\n')}\n`)
  }
  return to
}

await main(async () => {
  ensureNode()
  const [problems = PROBLEMS, first = '0', ...rest] = process.argv.slice(2)
  if (rest.length > 0 || ![problems, first].every((arg) => /^\d{1,15}$/.test(arg))) {
    throw new Problem('expected at most two whole numbers: npm run sanitize [-- <problems> [first problem]]')
  }
  if (process.platform === 'win32') throw new Problem('the sanitizers need GCC or clang')
  await withLock(inRoot('build', 'sanitize.lock'), build)
  const recordings = indexRecordings(inRoot('test', 'golden', 'crf'), path.join(folder, 'recordings'))
  // The threads wait without spinning: the problems are so small that they mostly wait.
  const env = { ...process.env, OMP_WAIT_POLICY: 'passive' }
  const program = inRoot('build', 'sanitize', 'stego_sanitize')
  return waitFor(spawn(program, [recordings, problems, first], { stdio: 'inherit', env }))
})
