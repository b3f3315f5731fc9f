/** Errors of the API in the words of the command line: `out` becomes --out. */
import { StegoError } from '../errors.js'
import { type Flag, flagsOf } from '../options/flags.js'
import { shellWord } from '../output/words.js'
import type { Command } from './command.js'

/** An option as messages name it, alone or with a value: `out`, `position: keep`, featureStore.mode: 'memory'. */
const IN_BACKTICKS = /`([A-Za-z.]+)(?:: ['"]?([^'"`]+)['"]?)?`/g
const WITH_A_DOT = /\b([a-z][A-Za-z]*\.[A-Za-z.]*[A-Za-z])\b(?:: '([\w.-]+)')?/g
/** `"at" must hold`, and `use backbone "starter"`. */
const AS_SUBJECT = /"([A-Za-z.]+)"()(?= (?:must|is missing|and ")\b)/g
const WITH_A_NAME = /(?<=\b(?:use|or) )([A-Za-z.]+) "([\w.-]+)"/g

/** The error, with the options that its message names as flags. Names that are not flags of the command stay. */
export function inFlags(error: unknown, { schema }: Pick<Command, 'schema'>): unknown {
  if (!(error instanceof StegoError)) return error
  const flags = new Map(flagsOf(schema).map((flag) => [flag.path.join('.'), flag]))
  const message = [IN_BACKTICKS, WITH_A_DOT, AS_SUBJECT, WITH_A_NAME].reduce(
    (text, pattern) =>
      text.replace(pattern, (whole, name: string, value?: string) => {
        const flag = flags.get(name)
        if (flag) return typed(flag, value)
        const part = [...flags].find(([path]) => path.startsWith(`${name}.`))?.[1]
        return part && !value ? `--${part.name.slice(0, part.name.indexOf('.'))}.*` : whole
      }),
    error.message,
  )
  return message === error.message ? error : new StegoError(error.code, message, { cause: error.cause })
}

function typed({ kind, name }: Flag, value = ''): string {
  if (kind === 'boolean') return value === 'false' ? `--no-${name}` : `--${name}`
  return value === '' ? `--${name}` : `--${name} ${shellWord(value)}`
}
