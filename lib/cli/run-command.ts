/** Parses a command's arguments and runs it, or prints its help. */
import { StegoError } from '../errors.js'
import { type Given, readFlags } from '../options/flags.js'
import type { Command, CommandContext, Entry } from './command.js'
import { inFlags } from './flag-words.js'
import { commandHelp } from './help.js'
import { listenForSignals } from './interrupt.js'
import { isHelp } from './main-help.js'
import { quietTerminal, withQuiet } from './quiet.js'

/** Runs `stego <name> <args>`. Throws any error. */
export async function runCommand(
  entry: Entry,
  args: string[],
  context: Omit<CommandContext, 'signal'>,
): Promise<void> {
  const { terminal } = context
  const command = await entry.load()
  if (beforeTerminator(args).some(isHelp)) return terminal.print(commandHelp(entry, command, terminal.width))
  const { values, words } = readFlags(withQuiet(command), args, `stego ${entry.name}`)
  const { quiet, ...options } = values
  const given = { values: options, words }
  checkWords(entry, command, given)
  const shown = { ...context, terminal: quiet ? quietTerminal(terminal) : terminal }
  try {
    if (!command.interruptible) return await command.run(given, { ...shown, signal: NEVER })
    using signals = listenForSignals((name) => {
      const again = name === 'SIGINT' ? 'Ctrl-C again' : 'a second SIGTERM'
      terminal.note(`${terminal.stderr.isTTY ? '\n' : ''}stopping; ${again} quits immediately`)
    })
    await command.run(given, { ...shown, signal: signals.signal })
  } catch (error) {
    throw inFlags(error, command)
  }
}

const NEVER = new AbortController().signal

function checkWords({ name }: Entry, { words, usage }: Command, given: Given): void {
  const { length } = given.words
  if (length >= words.min && length <= words.max) return
  const received = length === 0 ? 'nothing' : given.words.map((word) => JSON.stringify(word)).join(' ')
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `stego ${name}: expected ${words.what}, got ${received}. Usage: stego ${usage[0]}`,
  )
}

function beforeTerminator(args: string[]): string[] {
  const end = args.indexOf('--')
  return end < 0 ? args : args.slice(0, end)
}
