/** The help of `stego` itself, for which no command is loaded. */
import type { Entry } from './command.js'

/** The help of `stego` itself. */
export function mainHelp(commands: readonly Entry[], width: number): string {
  return [
    'Usage: stego <command> [flags]',
    '',
    ...wrap(
      'Unsupervised semantic segmentation (STEGO): a folder of unlabeled images in, label maps out.',
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

/** Columns before the lines of a list. */
export const INDENT = 2
const COLUMN = 30

/** A title with its text beside it, or below where the title is long. */
export function entry(name: string, text: string, width: number, column = COLUMN): string[] {
  const lines = wrap(text, width - column)
  const left = indented(name)
  const beside = left.length + 2 <= column
  return [
    ...(beside ? [] : [left]),
    ...lines.map((line, index) => (beside && index === 0 ? left : '').padEnd(column) + line),
  ]
}

/** A line with the indent of a list. */
export function indented(line: string): string {
  return ' '.repeat(INDENT) + line
}

/** Words in lines of at most `width` columns. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
