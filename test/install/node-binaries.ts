/** Node's program in other major versions, as a package of npm carries it; kept in build/, fetched where it is missing. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { NPM } from './managers.js'
import { ROOT } from './pack.js'

const execute = promisify(execFile)
const KEPT = join(ROOT, 'build', 'nodes')

/** The path of Node's program in this major version. Rejects where its package cannot be fetched. */
export async function nodeOf(major: number): Promise<string> {
  const program = join(KEPT, `node-${major}`)
  if (existsSync(program)) return program
  mkdirSync(KEPT, { recursive: true })
  const folder = mkdtempSync(join(KEPT, 'fetching-'))
  try {
    await fetchPackage(`node-${process.platform}-${process.arch}@${major}`, folder)
    renameSync(join(folder, 'package', 'bin', 'node'), program)
    return program
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Fetches a package and unpacks it; npm runs none of its scripts. */
async function fetchPackage(name: string, folder: string): Promise<void> {
  try {
    const npm = [join(NPM, 'npm-cli.js'), 'pack', name, '--loglevel=error', '--ignore-scripts']
    const { stdout } = await execute(process.execPath, npm, { cwd: folder })
    await execute('tar', ['-xzf', stdout.trim().split('\n').at(-1)!, 'package/bin/node'], { cwd: folder })
  } catch (cause) {
    const { stderr, message } = cause as Error & { stderr?: string }
    throw new Error(
      `Node's program could not be fetched as the package ${name}, with which this test runs: the registry that npm is set ` +
        `to must be reachable and hold it. ${stderr?.trim() || message}`,
      { cause },
    )
  }
}
