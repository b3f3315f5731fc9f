/** Help texts, made from the commands and their schemas. */
import { formatBytes } from '../options/bytes.js'
import { type Flag, flagsOf } from '../options/flags.js'
import { OPTION_GROUPS } from '../options/schema.js'
import type { Command } from './command.js'

const INDENT = 2
const COLUMN = 30

/** The help of one command. */
export function commandHelp(command: Command, width: number): string {
  const flags = flagsOf(command.schema)
  const groups = OPTION_GROUPS.map((group) => ({
    group,
    flags: flags.filter((flag) => flag.group === group),
  })).filter((group) => group.flags.length > 0)
  return [
    ...command.usage.map((line, index) => `${index === 0 ? 'Usage:' : '      '} stego ${line}`),
    '',
    ...wrap(command.purpose, width),
    ...groups.flatMap((group) => [
      '',
      `${group.group}:`,
      ...group.flags.flatMap((flag) => entry(title(flag), about(flag), width)),
    ]),
    ...entry('-h, --help', 'This text.', width),
    '',
    'Examples:',
    ...command.examples.flatMap(({ line, doc }) => [
      ...wrap(`# ${doc}`, width - INDENT).map(indented),
      indented(line),
    ]),
    '',
  ].join('\n')
}

/** The help of `stego` itself. */
export function mainHelp(commands: Command[], width: number): string {
  return [
    'Usage: stego <command> [flags]',
    '',
    ...wrap(
      'Unsupervised semantic segmentation (STEGO): a folder of unlabelled images in, label maps out.',
      width,
    ),
    '',
    'Commands:',
    ...commands.flatMap((command) => entry(command.name, command.purpose, width, 14)),
    '',
    ...entry('stego help <command>', 'Flags, defaults and examples of a command.', width),
    ...entry('stego --version', 'The version of this package.', width),
    '',
    'Exit codes: 0 fine, 1 failure, 2 wrong usage, 130 stopped by Ctrl-C, 143 stopped by SIGTERM.',
    '',
  ].join('\n')
}

function title(flag: Flag): string {
  if (flag.choices.length === 1) return `--${flag.name} ${flag.choices[0]}`
  if (flag.kind !== 'boolean') return `--${flag.name} <${placeholder(flag)}>`
  return flag.default === undefined ? `--${flag.name}` : `--[no-]${flag.name}`
}

function placeholder(flag: Flag): string {
  if (flag.value) return flag.value
  if (flag.unit === 'bytes') return 'size'
  switch (flag.kind) {
    case 'choice':
      return flag.choices.join('|')
    case 'text':
      return 'text'
    default:
      return flag.kind === 'integer' ? 'n' : 'x'
  }
}

function about(flag: Flag): string {
  const standard = defaultOf(flag)
  if (flag.required) return `${flag.doc} (required)`
  return standard === undefined ? flag.doc : `${flag.doc} (default: ${standard})`
}

function defaultOf({ default: value, kind, unit, whenAbsent }: Flag): string | undefined {
  if (value === null || value === undefined) return whenAbsent
  if (kind === 'boolean') return value === true ? 'on' : 'off'
  if (unit === 'bytes') return formatBytes(Number(value))
  return unit === undefined ? String(value) : `${value} ${unit}`
}

/** A title with its text beside it, or below where the title is long. */
function entry(name: string, text: string, width: number, column = COLUMN): string[] {
  const lines = wrap(text, width - column)
  const left = indented(name)
  const beside = left.length + 2 <= column
  return [
    ...(beside ? [] : [left]),
    ...lines.map((line, index) => (beside && index === 0 ? left : '').padEnd(column) + line),
  ]
}

function indented(line: string): string {
  return ' '.repeat(INDENT) + line
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
