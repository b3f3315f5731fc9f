/** npm run --silent stego -- <args>: the command line of this checkout. */
import { runCli } from './lib/cli.js'
import { main } from './lib/report.js'

await main(() => runCli(process.argv.slice(2)))
