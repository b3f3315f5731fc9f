/** From command-line words to an exit code. */
import { createRequire } from 'node:module'
import { StegoError } from '../errors.js'
import { type Given, readFlags } from '../options/flags.js'
import { nearest } from '../options/nearest.js'
import type { Api } from './api.js'
import type { Command } from './command.js'
import { convertCommand } from './convert.js'
import { correspondCommand } from './correspond.js'
import { cropCommand } from './crop.js'
import { demoCommand } from './demo.js'
import { doctorCommand } from './doctor.js'
import { evaluateCommand } from './evaluate.js'
import { reportError } from './failure.js'
import { featuresCommand } from './features.js'
import { commandHelp, mainHelp } from './help.js'
import { inspectCommand } from './inspect.js'
import { listenForSignals } from './interrupt.js'
import { neighborsCommand } from './neighbors.js'
import { segmentCommand } from './segment.js'
import type { Terminal } from './terminal.js'
import { trainCommand } from './train.js'

/** In the order in which people need them. */
export const COMMANDS: Command[] = [
  trainCommand,
  segmentCommand,
  evaluateCommand,
  correspondCommand,
  inspectCommand,
  featuresCommand,
  neighborsCommand,
  cropCommand,
  convertCommand,
  demoCommand,
  doctorCommand,
]

export interface DispatchOptions {
  terminal: Terminal
  api: Api
  cwd: string
}

/** Runs `stego <args>`; all that goes wrong is reported, nothing is thrown. */
export async function dispatch(args: string[], options: DispatchOptions): Promise<number> {
  const { terminal } = options
  try {
    const [first, ...rest] = args
    if (first === '--version' || first === '-v') terminal.print(version())
    else if (first === undefined || isHelp(first)) terminal.print(mainHelp(COMMANDS, terminal.width))
    else if (first === 'help') terminal.print(helpOf(rest[0], terminal.width))
    else await runCommand(commandNamed(first), rest, options)
    return 0
  } catch (error) {
    return reportError(error, terminal, args.includes('--json'))
  }
}

async function runCommand(command: Command, args: string[], options: DispatchOptions): Promise<void> {
  const { terminal } = options
  if (beforeTerminator(args).some(isHelp)) return terminal.print(commandHelp(command, terminal.width))
  const given = readFlags(command.schema, args, `stego ${command.name}`)
  checkWords(command, given)
  if (!command.interruptible) {
    return command.run(given, { ...options, signal: new AbortController().signal })
  }
  using signals = listenForSignals((name) => {
    const again = name === 'SIGINT' ? 'Ctrl-C again' : 'a second SIGTERM'
    terminal.note(`${terminal.stderr.isTTY ? '\n' : ''}stopping; ${again} ends at once`)
  })
  await command.run(given, { ...options, signal: signals.signal })
}

function checkWords({ name, words, usage }: Command, given: Given): void {
  const { length } = given.words
  if (length >= words.min && length <= words.max) return
  const received = length === 0 ? 'nothing' : given.words.map((word) => JSON.stringify(word)).join(' ')
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `stego ${name}: expected ${words.what}, received ${received}. Usage: stego ${usage[0]}`,
  )
}

function helpOf(name: string | undefined, width: number): string {
  return name === undefined ? mainHelp(COMMANDS, width) : commandHelp(commandNamed(name), width)
}

function commandNamed(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name)
  if (command) return command
  const names = COMMANDS.map((candidate) => candidate.name)
  const meant = nearest(name, names)
  throw new StegoError(
    'ERR_STEGO_OPTION',
    name.startsWith('-')
      ? `expected a command before ${name}: ${names.join(', ')}`
      : `unknown command ${name}. ${meant ? `Did you mean ${meant}?` : `Commands: ${names.join(', ')}`}`,
  )
}

function beforeTerminator(args: string[]): string[] {
  const end = args.indexOf('--')
  return end < 0 ? args : args.slice(0, end)
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h'
}

function version(): string {
  return createRequire(import.meta.url)('../../package.json').version
}
