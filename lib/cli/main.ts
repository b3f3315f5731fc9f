#!/usr/bin/env node
/** `stego`, the program. It sets an exit code and lets Node end by itself, so that pipes get all that was written. */
import { packageApi } from './commands.js'
import { dispatch } from './dispatch.js'
import { openTerminal } from './terminal.js'

process.exitCode = await dispatch(process.argv.slice(2), {
  terminal: openTerminal(process.stdout, process.stderr),
  api: packageApi,
  cwd: process.cwd(),
})
