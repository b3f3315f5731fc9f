/** Dispatches command-line arguments to a command, loading only the one that was named. */
import { StegoError } from '../errors.js'
import { ownPackage } from '../native/packages.js'
import { nearest } from '../options/nearest.js'
import type { CommandContext, Entry } from './command.js'
import { COMMANDS } from './commands.js'
import { reportError } from './failure.js'
import { isHelp, mainHelp } from './main-help.js'

/** Runs `stego <args>` and returns the exit code. Never throws: errors are reported on stderr. */
export async function dispatch(args: string[], context: Omit<CommandContext, 'signal'>): Promise<number> {
  const { terminal } = context
  try {
    const [first, ...rest] = args
    if (first === '--version' || first === '-v') terminal.print(version())
    else if (first === undefined || isHelp(first)) terminal.print(mainHelp(COMMANDS, terminal.width))
    else if (first === 'completion') terminal.print(await completion(rest))
    else if (first !== 'help') await run(commandNamed(first), rest, context)
    else if (rest[0] === undefined) terminal.print(mainHelp(COMMANDS, terminal.width))
    else if (rest[0] === 'completion') terminal.print(await completion(['--help']))
    else await run(commandNamed(rest[0]), ['--help'], context)
    return 0
  } catch (error) {
    return reportError(error, terminal, args.includes('--json'))
  }
}

async function run(...parts: Parameters<typeof import('./run-command.js')['runCommand']>): Promise<void> {
  const { runCommand } = await import('./run-command.js')
  return runCommand(...parts)
}

async function completion(words: string[]): Promise<string> {
  const { COMPLETION_HELP, completionScript } = await import('./completion.js')
  return words.some(isHelp) ? COMPLETION_HELP : completionScript(COMMANDS, words)
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
