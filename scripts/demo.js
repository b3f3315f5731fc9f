/** npm run demo [-- <args>]: the demonstration. */
import { runCli } from './lib/cli.js'
import { main } from './lib/report.js'

await main(() => runCli(['demo', ...process.argv.slice(2)]))
