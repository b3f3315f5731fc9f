/** Top-level help, which loads no command. */
import type { Entry } from './command.js'

/** Returns the top-level help text. */
export function mainHelp(commands: readonly Entry[], width: number): string {
  return [
    'Usage: stego <command> [flags]',
    '',
    ...wrap(
      'Unsupervised semantic segmentation (STEGO): from a folder of unlabeled images to label maps.',
      width,
    ),
    '',
    'Commands:',
    ...commands.flatMap(({ name, purpose }) => entry(name, purpose, width, 14)),
    '',
    ...entry('stego help <command>', 'Show the flags, defaults and examples of a command.', width),
    ...entry('stego completion <shell>', 'Print completion for bash, zsh or fish.', width),
    ...entry('stego --version', 'Show the version.', width),
    '',
    'Exit codes: 0 success, 1 failure, 2 invalid usage, 130 stopped by Ctrl-C, 143 stopped by SIGTERM.',
    '',
  ].join('\n')
}

/** Whether an argument is a help flag. */
export function isHelp(word: string): boolean {
  return word === '--help' || word === '-h'
}

/** Indentation of list lines. */
export const INDENT = 2
const COLUMN = 30

/** A name with its text beside it, or below if the name is long. */
export function entry(name: string, text: string, width: number, column = COLUMN): string[] {
  const lines = wrap(text, width - column)
  const left = indented(name)
  const beside = left.length + 2 <= column
  return [
    ...(beside ? [] : [left]),
    ...lines.map((line, index) => (beside && index === 0 ? left : '').padEnd(column) + line),
  ]
}

/** Indents a list line. */
export function indented(line: string): string {
  return ' '.repeat(INDENT) + line
}

/** Wraps text to at most `width` columns. */
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
