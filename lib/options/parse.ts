/** Validates options against a schema, with one line per error. */
import type { z } from 'zod'
import { StegoError } from '../errors.js'
import { brief, isRecord, tagOf } from '../values.js'
import { expectedAt, knownPath, namesAt } from './describe.js'
import { nearest } from './nearest.js'

/** How options are named in messages: `weights.self` in code, `--weights.self` in a shell. */
export interface Wording {
  name(path: string[]): string
  /** Names an option suggested instead of the given one. Default: as `name` does. */
  suggestion?(path: string[], given: string[]): string
  /** Whether to mention types. In a shell, everything is text. */
  types: boolean
}

export const API_WORDING: Wording = { name: (path) => `"${path.join('.')}"`, types: true }

type Issue = z.core.$ZodIssue

/**
 * Validates `input` and fills in defaults. Unknown keys are rejected at every level.
 * @param context The call to name in messages, such as `Stego.train()`.
 * @throws StegoError ERR_STEGO_OPTION
 */
export function parseOptions<S extends z.ZodObject>(
  schema: S,
  input: unknown,
  context: string,
  wording: Wording = API_WORDING,
): z.output<S> {
  if (input !== undefined && !isRecord(input)) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `${context}: options must be an object such as { ${namesAt(schema, [])[0]}: ... }, got ${received(input)}`,
    )
  }
  const result = schema.safeParse(input ?? {})
  if (result.success) return result.data
  const lines = new Set(
    flatten(result.error.issues, [], input).flatMap(({ issue, path: whole }) => {
      const path = knownPath(schema, whole)
      return issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => unknownKey(schema, path, key, wording))
        : [wrongValue(schema, path, valueAt(input, path), wording)]
    }),
  )
  const [first, ...others] = lines
  throw new StegoError(
    'ERR_STEGO_OPTION',
    others.length === 0
      ? `${context}: ${first}`
      : `${context}:\n${[...lines].map((line) => `  ${line}`).join('\n')}`,
  )
}

/** Flattens unions: an object is assumed to match the object branch. */
function flatten(issues: Issue[], prefix: string[], input: unknown): { issue: Issue; path: string[] }[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path.map(String)]
    const value = valueAt(input, path)
    if (issue.code === 'invalid_union' && isRecord(value)) {
      const branch = issue.errors.find((errors) =>
        errors.every((error) => error.path.length > 0 || error.code === 'unrecognized_keys'),
      )
      if (branch) return flatten(branch, path, input)
    }
    return [{ issue, path }]
  })
}

function unknownKey(schema: z.ZodObject, path: string[], key: string, wording: Wording): string {
  const names = namesAt(schema, path)
  const meant = nearest(key, names)
  const unknown = `unknown option ${wording.name([...path, brief(key)])}. `
  return meant === undefined
    ? `${unknown}Known options: ${names.map((name) => [...path, name].join('.')).join(', ')}`
    : `${unknown}Did you mean ${suggested(wording, [...path, meant], [...path, key])}?`
}

function suggested(wording: Wording, path: string[], given: string[]): string {
  return wording.suggestion?.(path, given) ?? wording.name(path)
}

function wrongValue(schema: z.ZodObject, path: string[], value: unknown, wording: Wording): string {
  const expected = expectedAt(schema, path, value)
  const name = wording.name(path)
  if (value === undefined) return `${name} is missing: expected ${expected}`
  return `${name} must be ${expected}, got ${wording.types ? received(value) : brief(JSON.stringify(value))}`
}

function valueAt(input: unknown, path: string[]): unknown {
  return path.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), input)
}

/** Formats a value and its type on one line. */
function received(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (Array.isArray(value)) return `an array of ${value.length}`
  switch (typeof value) {
    case 'string':
      return `${JSON.stringify(brief(value))} (string)`
    case 'bigint':
      return `${value}n (bigint)`
    case 'function':
      return 'a function'
    case 'object':
      return isRecord(value)
        ? `an object with ${brief(Object.keys(value).join(', ')) || 'nothing in it'}`
        : `an instance of ${brief(tagOf(value))}`
    default:
      return `${String(value)} (${typeof value})`
  }
}
