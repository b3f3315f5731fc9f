/**
 * npm run parity [-- <folder>]: compares this checkout with recorded tensors of the official code, its own unless a
 * folder is given. The last line of standard output is the result as JSON.
 */
import { spawn } from 'node:child_process'
import path from 'node:path'
import { ensureBuilt } from './lib/ensure-built.js'
import { callersFolder, inRoot, root } from './lib/paths.js'
import { waitFor } from './lib/process.js'
import { main } from './lib/report.js'

let compared = false

await main(async () => {
  const [given] = process.argv.slice(2)
  const folder = given ? path.resolve(callersFolder(), given) : inRoot('test', 'golden')
  await ensureBuilt()
  compared = true
  const comparison = inRoot('test', 'parity', 'main.ts')
  const child = spawn(process.execPath, ['--import=tsx', comparison, folder], {
    stdio: 'inherit',
    cwd: root,
  })
  return waitFor(child)
})
if (!compared) console.log(JSON.stringify({ files: {}, passed: false, reason: 'the build failed' }))
