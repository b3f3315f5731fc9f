#!/usr/bin/env node
/** CLI entry point. It sets the exit code and lets Node exit on its own so piped output is flushed. */
import { packageApi } from './commands.js'
import { dispatch } from './dispatch.js'
import { openTerminal } from './terminal.js'

process.exitCode = await dispatch(process.argv.slice(2), {
  terminal: openTerminal(process.stdout, process.stderr),
  api: packageApi,
  cwd: process.cwd(),
})
