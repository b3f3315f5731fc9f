/** The shape of a `stego` command and the context it runs in. */
import type { z } from 'zod'
import type { correspondFeatures } from '../correspond/correspond.js'
import type { runDemo } from '../demo.js'
import type { Given } from '../options/flags.js'
import type { Stego } from '../stego.js'
import type { inspectWeights } from '../weights/inspect.js'
import type { Terminal } from './terminal.js'

/** What a command runs with. */
export interface CommandContext {
  terminal: Terminal
  /** Aborts on Ctrl-C and SIGTERM, but only for `interruptible` commands; others are killed outright. */
  signal: AbortSignal
  /** Base folder for relative paths. */
  cwd: string
  api: Api
}

/** An entry in the list of commands. */
export interface Entry {
  name: string
  /** One sentence. */
  purpose: string
  load(): Promise<Command>
}

/** A command: its flags, its help and its implementation. */
export interface Command {
  /** Usage lines without the leading `stego `, most common first. */
  usage: string[]
  /** Flags, both API options and CLI-only ones. */
  schema: z.ZodObject
  /** Positional arguments: how many, and what they are. */
  words: { min: number; max: number; what: string }
  examples: { line: string; doc: string }[]
  /** Whether the first Ctrl-C aborts `signal` instead of killing the process. */
  interruptible: boolean
  /** Whether it shows progress or notes, which `--quiet` silences. */
  showsProgress: boolean
  run(given: Given, context: CommandContext): Promise<void>
}

/** The part of the package that commands use, loaded lazily so help needs no addon and tests need no weights. */
export interface Api {
  stego(): Promise<Pick<typeof Stego, 'train' | 'load'>>
  correspondFeatures: typeof correspondFeatures
  inspectWeights: typeof inspectWeights
  runDemo: typeof runDemo
}
