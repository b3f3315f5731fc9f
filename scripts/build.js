/** npm run build: packages, libtorch, the addon, the JavaScript; each only if it is not up to date. */
import { ensureBuilt } from './lib/ensure-built.js'
import { main } from './lib/report.js'

await main(ensureBuilt)
