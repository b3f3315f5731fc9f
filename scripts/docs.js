/** npm run docs [-- <typedoc's arguments>]: the API reference in docs/api, from the comments in lib/ (typedoc.json). */
import { ensureBuilt } from './lib/ensure-built.js'
import { inRoot, root } from './lib/paths.js'
import { run } from './lib/process.js'
import { main } from './lib/report.js'

await main(async () => {
  await ensureBuilt()
  const typedoc = inRoot('node_modules', 'typedoc', 'bin', 'typedoc')
  const result = await run(process.execPath, [typedoc, ...process.argv.slice(2)], { cwd: root })
  console.log(result.output.trim())
  return result.ok ? 0 : 1
})
