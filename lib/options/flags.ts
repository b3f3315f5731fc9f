/** Maps a schema to flags: `weights.self` to `--weights.self`, `zeroClamp` to `--[no-]zero-clamp`. */
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { StegoError } from '../errors.js'
import { parseBytes } from './bytes.js'
import { expectedAt, type Field, fieldsOf } from './describe.js'
import { nearest } from './nearest.js'
import type { Wording } from './parse.js'
import { option } from './schema.js'

/** An option as a flag. */
export interface Flag extends Field {
  /** Without the leading dashes. */
  name: string
}

/** Parsed arguments: options as nested, unvalidated values without defaults, and positional arguments. */
export interface Given {
  values: Record<string, unknown>
  words: string[]
}

export const FLAG_WORDING: Wording = { name: (path) => `--${flagName(path)}`, types: false }

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
/** Arguments that start with a number are not flags, such as `-.5,0`. */
const BEGINS_WITH_NUMBER = /^-\.?\d/

/** Lists the options of a schema as flags, in order. */
export function flagsOf(schema: z.ZodObject): Flag[] {
  return fieldsOf(schema).map((field) => ({ ...field, name: flagName(field.path) }))
}

/**
 * Parses command-line arguments by a schema. Rejects only unreadable input; `parseOptions` validates values.
 * @param context The command to name in messages, such as `stego train`.
 * @throws StegoError ERR_STEGO_OPTION
 */
export function readFlags(schema: z.ZodObject, args: string[], context: string): Given {
  const flags = new Map(flagsOf(schema).map((flag) => [flag.name, flag]))
  const { tokens } = parseArgs({
    args,
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      [...flags].map(([name, { kind }]) => [
        name,
        { type: kind === 'boolean' ? ('boolean' as const) : ('string' as const) },
      ]),
    ),
  })
  const given: Given = { values: {}, words: [] }
  for (const token of tokens) {
    if (token.kind === 'positional') given.words.push(token.value)
    if (token.kind !== 'option') continue
    const flag = flags.get(token.name) ?? negated(flags, token.name)
    if (flag === undefined) throw unknownFlag(token.rawName, flags, context)
    const value =
      flag.kind === 'boolean'
        ? switched(flag, token.name === flag.name, token.value, context)
        : read(flag, token.value, token.inlineValue === true, schema, context)
    assign(given.values, flag, value, context)
  }
  return given
}

function flagName(path: string[]): string {
  return path.map((key) => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)).join('.')
}

function negated(flags: Map<string, Flag>, name: string): Flag | undefined {
  const flag = name.startsWith('no-') ? flags.get(name.slice(3)) : undefined
  return flag?.kind === 'boolean' ? flag : undefined
}

function unknownFlag(raw: string, flags: Map<string, Flag>, context: string): StegoError {
  const names = [...flags.values()].flatMap(({ name, kind }) =>
    kind === 'boolean' ? [name, `no-${name}`] : [name],
  )
  const meant = nearest(raw.replace(/^-+/, ''), names)
  return refusal(
    context,
    `unknown flag ${raw}. ${meant === undefined ? '' : `Did you mean --${meant}? `}Run "${context} --help" to list all flags`,
  )
}

function switched(flag: Flag, on: boolean, value: string | undefined, context: string): boolean {
  if (value === undefined) return on
  if (on && (value === 'true' || value === 'false')) return value === 'true'
  throw refusal(
    context,
    `--${flag.name} takes no value; --${flag.name} turns it on, --no-${flag.name} turns it off`,
  )
}

function read(
  flag: Flag,
  value: string | undefined,
  inline: boolean,
  schema: z.ZodObject,
  context: string,
): unknown {
  const looksLikeFlag = !inline && value?.startsWith('-') && value !== '-' && !BEGINS_WITH_NUMBER.test(value)
  if (value === undefined || looksLikeFlag) {
    throw refusal(context, `--${flag.name} needs a value: ${expectedAt(schema, flag.path)}`)
  }
  if (flag.kind === 'text') return value
  if (flag.nullable && value === 'none') return null
  if (flag.kind === 'choice') return flag.numeric && NUMBER.test(value) ? Number(value) : value
  if (flag.unit === 'bytes') return size(flag, value, context)
  return NUMBER.test(value) ? Number(value) : value
}

function size(flag: Flag, value: string, context: string): number {
  const bytes = parseBytes(value)
  if (bytes !== undefined) return bytes
  throw refusal(context, `--${flag.name} must be a size such as 500MB, 2GiB or 0, got "${value}"`)
}

function assign(values: Record<string, unknown>, flag: Flag, value: unknown, context: string): void {
  let parent = values
  for (const key of flag.path.slice(0, -1)) {
    parent[key] ??= {}
    if (typeof parent[key] !== 'object') throw wholeAndPart(flag, context)
    parent = parent[key] as Record<string, unknown>
  }
  const last = flag.path.at(-1)!
  if (flag.repeats) {
    parent[last] = [...((parent[last] as unknown[] | undefined) ?? []), value]
    return
  }
  if (typeof parent[last] === 'object' && parent[last] !== null) throw wholeAndPart(flag, context)
  parent[last] = value
}

function wholeAndPart(flag: Flag, context: string): StegoError {
  const whole = `--${flagName(flag.path.slice(0, 1))}`
  return refusal(context, `${whole} and ${whole}.* cannot be combined: use one or the other`)
}

function refusal(context: string, message: string): StegoError {
  return new StegoError('ERR_STEGO_OPTION', `${context}: ${message}`)
}

/** The `--json` flag. With it, errors are also printed as JSON on the last line of stdout. */
export function jsonOption(doc: string) {
  return option(z.boolean().optional(), { group: 'Output', doc })
}
