/** npm run --silent stego -- <args>, npm run demo [-- <args>]: the CLI of this checkout, built first. */
import { spawn } from 'node:child_process'
import { ensureBuilt } from './lib/ensure-built.js'
import { callersFolder, inRoot } from './lib/paths.js'
import { waitFor } from './lib/process.js'
import { main } from './lib/report.js'

await main(async () => {
  await ensureBuilt()
  const cli = inRoot('dist', 'cli', 'main.js')
  return waitFor(
    spawn(process.execPath, [cli, ...process.argv.slice(2)], { stdio: 'inherit', cwd: callersFolder() }),
  )
})
