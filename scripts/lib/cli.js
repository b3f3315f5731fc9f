/** Runs the package's command line in this checkout, built first where needed. */
import { spawn } from 'node:child_process'
import { ensureBuilt } from './ensure-built.js'
import { inRoot, root } from './paths.js'
import { waitFor } from './process.js'

/** Standard output is the command's alone. Returns its exit code. */
export async function runCli(args) {
  await ensureBuilt()
  const child = spawn(process.execPath, [inRoot('dist', 'cli', 'main.js'), ...args], {
    stdio: 'inherit',
    cwd: whereTheUserIs(),
  })
  return waitFor(child)
}

/** `npm run` moves to the checkout's root: paths on the command line mean the folder it was called in. */
function whereTheUserIs() {
  const byNpmRun = ['stego', 'demo'].includes(process.env.npm_lifecycle_event) && process.cwd() === root
  return byNpmRun ? (process.env.INIT_CWD ?? root) : process.cwd()
}
