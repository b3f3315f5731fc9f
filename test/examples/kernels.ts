/** Jupyter's kernels for TypeScript, fetched by pip and npm into build/notebooks, and notebooks run in them. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../../build/notebooks/', import.meta.url))
const EXECUTE = fileURLToPath(new URL('execute.py', import.meta.url))
const PYTHON_PACKAGES = ['nbconvert==7.17.2', 'nbclient==0.11.0', 'ipykernel==7.4.0', 'deno==2.9.8']
const TSLAB = 'tslab@1.0.22'

/** A cell's source and the kinds of its outputs: MIME types, `stream` or `error`. */
export interface Cell {
  source: string
  outputs: string[][]
}

const run = (command: string, args: string[], env: Record<string, string> = {}, cwd = FOLDER) =>
  execFileSync(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })

/** Installs what is not there yet: the tools of notebooks, Deno with its kernel, and tslab. */
export function installKernels(): void {
  const mark = join(FOLDER, 'installed.json')
  const wanted = JSON.stringify([PYTHON_PACKAGES, TSLAB])
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return
  mkdirSync(FOLDER, { recursive: true })
  run('python3', ['-m', 'venv', 'venv'])
  run(join(FOLDER, 'venv', 'bin', 'pip'), ['install', '--quiet', ...PYTHON_PACKAGES])
  writeFileSync(join(FOLDER, 'package.json'), '{ "private": true }')
  run('npm', ['install', '--no-audit', '--no-fund', TSLAB])
  const deno = [join(FOLDER, 'venv', 'bin', 'deno'), 'jupyter', '--kernel', '--conn', '{connection_file}']
  const tslab = join(FOLDER, 'node_modules', 'tslab', 'bin', 'tslab')
  writeKernel('deno', deno)
  writeKernel('tslab', [process.execPath, tslab, 'kernel', '--config-path', '{connection_file}'])
  writeFileSync(mark, wanted)
}

function writeKernel(name: string, argv: string[]): void {
  const folder = join(FOLDER, 'jupyter', 'kernels', name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'kernel.json'),
    JSON.stringify({ argv, display_name: name, language: 'typescript' }),
  )
}

/** Runs a notebook in its folder, by the kernel that it names; fails with what a cell fails with. */
export function runNotebook(folder: string, name: string): Cell[] {
  const env = { JUPYTER_PATH: join(FOLDER, 'jupyter'), IPYTHONDIR: join(FOLDER, 'ipython') }
  const file = join(folder, name)
  run(join(FOLDER, 'venv', 'bin', 'python'), [EXECUTE, file], env, folder)
  return cellsOf(file)
}

interface Output {
  output_type: string
  data?: Record<string, unknown>
}

/** The code cells of a notebook with the kinds of their outputs. */
export function cellsOf(file: string): Cell[] {
  const { cells } = JSON.parse(readFileSync(file, 'utf8')) as {
    cells: { cell_type: string; source: string | string[]; outputs: Output[] }[]
  }
  return cells
    .filter(({ cell_type }) => cell_type === 'code')
    .map(({ source, outputs }) => ({
      source: [source].flat().join(''),
      outputs: outputs.map(({ output_type, data }) => (data ? Object.keys(data).sort() : [output_type])),
    }))
}
