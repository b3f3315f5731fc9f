/** `stego doctor` as people run it: a process of its own. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import type { DoctorReport } from '../../lib/doctor/report.js'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface Run {
  code: number | null
  stdout: string
  stderr: string
}

export interface RunContext {
  env?: Record<string, string>
  cwd?: string
  /** The folder that holds `stego`. */
  root?: string
}

/** Runs the command with these flags. */
export function doctor(flags: string[], { env = {}, cwd = ROOT, root = ROOT }: RunContext = {}): Run {
  const tsx = import.meta.resolve('tsx')
  const main = join(root, 'lib', 'cli', 'main.ts')
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`--import=${tsx}`, main, 'doctor', ...flags],
    {
      encoding: 'utf8',
      cwd,
      env: { ...process.env, ...env },
    },
  )
  return { code: status, stdout, stderr }
}

/** The same with `--json`; there must be nothing but one object. */
export function diagnosis(
  flags: string[],
  context?: RunContext,
): { code: number | null; report: DoctorReport } {
  const { code, stdout, stderr } = doctor([...flags, '--json'], context)
  if (stdout.trim().split('\n').length !== 1) throw new Error(`expected one line:\n${stdout}\n${stderr}`)
  return { code, report: JSON.parse(stdout) }
}

/** An empty folder that goes away with the test. */
export function emptyFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'stego doctor '))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

/** This checkout again, as another version and without the starter's weights. */
export function otherVersion(t: ExecutionContext, version: string): string {
  const root = emptyFolder(t)
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  writeFileSync(join(root, 'package.json'), JSON.stringify({ ...manifest, version }))
  cpSync(join(ROOT, 'lib'), join(root, 'lib'), { recursive: true })
  for (const name of ['node_modules', 'tsconfig.json']) symlinkSync(join(ROOT, name), join(root, name))
  mkdirSync(join(root, 'build'))
  symlinkSync(join(ROOT, 'build', 'Release'), join(root, 'build', 'Release'))
  return root
}
