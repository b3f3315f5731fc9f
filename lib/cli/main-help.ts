/** The help of `stego` itself, for which no command is loaded. */
import type { Entry } from './command.js'
import { entry, wrap } from './text.js'

/** The help of `stego` itself. */
export function mainHelp(commands: readonly Entry[], width: number): string {
  return [
    'Usage: stego <command> [flags]',
    '',
    ...wrap(
      'Unsupervised semantic segmentation (STEGO): a folder of unlabelled images in, label maps out.',
      width,
    ),
    '',
    'Commands:',
    ...commands.flatMap(({ name, purpose }) => entry(name, purpose, width, 14)),
    '',
    ...entry('stego help <command>', 'Flags, defaults and examples of a command.', width),
    ...entry('stego --version', 'The version of this package.', width),
    '',
    'Exit codes: 0 fine, 1 failure, 2 wrong usage, 130 stopped by Ctrl-C, 143 stopped by SIGTERM.',
    '',
  ].join('\n')
}

/** Whether a word asks for help. */
export function isHelp(word: string): boolean {
  return word === '--help' || word === '-h'
}
