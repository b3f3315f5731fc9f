/** The flag `--quiet`, which silences progress and notes. */
import { Writable } from 'node:stream'
import { z } from 'zod'
import { option } from '../options/schema.js'
import type { Command } from './command.js'
import type { Terminal } from './terminal.js'

const quiet = option(z.boolean().optional(), {
  group: 'Output',
  doc: 'Print results and errors only: no progress, no notes.',
})

/** The command's flags, with `--quiet` if it shows progress. */
export function withQuiet({ schema, showsProgress }: Command): z.ZodObject {
  return showsProgress ? schema.extend({ quiet }) : schema
}

/** A terminal that shows results only. */
export function quietTerminal(terminal: Terminal): Terminal {
  const stderr = new Writable({ write: (_chunk, _encoding, done) => done() })
  return { ...terminal, note() {}, stderr }
}
