/** Generates a command's help from its schema. */
import { formatBytes } from '../options/bytes.js'
import { type Flag, flagsOf } from '../options/flags.js'
import { OPTION_GROUPS } from '../options/schema.js'
import type { Command, Entry } from './command.js'
import { entry, INDENT, indented, wrap } from './main-help.js'
import { withQuiet } from './quiet.js'

/** Returns the help text of a command. */
export function commandHelp({ purpose }: Pick<Entry, 'purpose'>, command: Command, width: number): string {
  const flags = flagsOf(withQuiet(command))
  const groups = OPTION_GROUPS.map((group) => ({
    group,
    flags: flags.filter((flag) => flag.group === group),
  })).filter((group) => group.flags.length > 0)
  return [
    ...command.usage.map((line, index) => `${index === 0 ? 'Usage:' : '      '} stego ${line}`),
    '',
    ...wrap(purpose, width),
    ...groups.flatMap((group) => [
      '',
      `${group.group}:`,
      ...group.flags.flatMap((flag) => entry(title(flag), about(flag), width)),
    ]),
    ...entry('-h, --help', 'Show this help.', width),
    '',
    'Examples:',
    ...command.examples.flatMap(({ line, doc }) => [
      ...wrap(`# ${doc}`, width - INDENT).map(indented),
      indented(line),
    ]),
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
