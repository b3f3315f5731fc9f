/** What a command of `stego` is made of, and what it may touch. */
import type { z } from 'zod'
import type { correspondFeatures } from '../correspond/correspond.js'
import type { runDemo } from '../demo.js'
import type { Given } from '../options/flags.js'
import type { Stego } from '../stego.js'
import type { inspectWeights } from '../weights/inspect.js'
import type { Terminal } from './terminal.js'

/** The surroundings of a command. */
export interface Surroundings {
  terminal: Terminal
  /** Aborts on Ctrl-C and SIGTERM; only commands that are `interruptible` get it before the process dies. */
  signal: AbortSignal
  /** Folder that relative paths start from. */
  cwd: string
  api: Api
}

/** A command in the list of them. */
export interface Entry {
  name: string
  /** One sentence. */
  purpose: string
  load(): Promise<Command>
}

/** One command: all that its help and its flags are made from, and what it does. */
export interface Command {
  /** Lines after `stego `, most common first. */
  usage: string[]
  /** The flags, those of the API and those of the command line alone. */
  schema: z.ZodObject
  /** What stands on the line besides flags: how many words, and what they are. */
  words: { min: number; max: number; what: string }
  examples: { line: string; doc: string }[]
  /** Whether Ctrl-C goes to `signal` first. */
  interruptible: boolean
  run(given: Given, surroundings: Surroundings): Promise<void>
}

/** The part of the package the commands use, loaded when used: help needs no addon, and tests no weights. */
export interface Api {
  stego(): Promise<Pick<typeof Stego, 'train' | 'load'>>
  correspondFeatures: typeof correspondFeatures
  inspectWeights: typeof inspectWeights
  runDemo: typeof runDemo
}
