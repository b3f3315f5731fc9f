/** From command-line words to an exit code. A command, its flags and its help are loaded only when it is named. */
import { StegoError } from '../errors.js'
import { ownPackage } from '../native/packages.js'
import { nearest } from '../options/nearest.js'
import type { Entry, Surroundings } from './command.js'
import { COMMANDS } from './commands.js'
import { reportError } from './failure.js'
import { isHelp, mainHelp } from './main-help.js'

/** Runs `stego <args>`; all that goes wrong is reported, nothing is thrown. */
export async function dispatch(args: string[], surroundings: Omit<Surroundings, 'signal'>): Promise<number> {
  const { terminal } = surroundings
  try {
    const [first, ...rest] = args
    if (first === '--version' || first === '-v') terminal.print(version())
    else if (first === undefined || isHelp(first)) terminal.print(mainHelp(COMMANDS, terminal.width))
    else if (first !== 'help') await run(commandNamed(first), rest, surroundings)
    else if (rest[0] === undefined) terminal.print(mainHelp(COMMANDS, terminal.width))
    else await run(commandNamed(rest[0]), ['--help'], surroundings)
    return 0
  } catch (error) {
    return reportError(error, terminal, args.includes('--json'))
  }
}

async function run(...parts: Parameters<typeof import('./run-command.js')['runCommand']>): Promise<void> {
  const { runCommand } = await import('./run-command.js')
  return runCommand(...parts)
}

function commandNamed(name: string): Entry {
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

function version(): string {
  return ownPackage().manifest.version
}
