/** Runs the package's command line in this checkout, built first where needed. */
import { spawn } from 'node:child_process'
import { ensureBuilt } from './ensure-built.js'
import { callersFolder, inRoot } from './paths.js'
import { waitFor } from './process.js'

/** Standard output is the command's alone. Returns its exit code. */
export async function runCli(args) {
  await ensureBuilt()
  const child = spawn(process.execPath, [inRoot('dist', 'cli', 'main.js'), ...args], {
    stdio: 'inherit',
    cwd: callersFolder(),
  })
  return waitFor(child)
}
