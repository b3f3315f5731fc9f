/**
 * Helpers for option schemas. A schema defines the type, default, validation and documentation of each option for the
 * API, the configuration file and the command line.
 */
import { z } from 'zod'
import { isUrl } from '../values.js'
import { pathText } from './path.js'

/** Headings for options in the help, in order. */
export const OPTION_GROUPS = [
  'Common',
  'Images',
  'Method',
  'Optional losses',
  'Probes and clusters',
  'Features',
  'Run',
  'Output',
] as const
export type OptionGroup = (typeof OPTION_GROUPS)[number]

/** Documentation of an option, in addition to its validation. */
export interface OptionDoc {
  /** What it does, in one or two short sentences. */
  doc: string
  group?: OptionGroup
  /** Unit of the value: `pixels`, `images`, `steps`, `bytes`. */
  unit?: string
  /** Placeholder for the value in the help, such as `folder`. */
  value?: string
  /** What omitting it, or null, means. */
  whenAbsent?: string
  /** Whether the flag can be repeated to give a list. */
  repeats?: boolean
  /** Description of valid values, if the type alone is not enough. */
  expected?: string
}

/** Attaches documentation to a schema without changing its type. */
export function option<S extends z.ZodType>(schema: S, { doc, ...rest }: OptionDoc): S {
  return schema.meta({ description: doc, ...rest }) as S
}

/** A path or a `file:` URL, as text or as an object, converted to a path. */
export function path() {
  return z
    .union([z.string().min(1), z.custom<URL>(isUrl)])
    .refine((value) => pathText(value) !== null)
    .transform((value) => pathText(value)!)
}

/** An `AbortSignal`, possibly from another realm. */
export function abortSignal() {
  return z
    .custom<AbortSignal>(
      (value) =>
        typeof value === 'object' &&
        value !== null &&
        typeof Reflect.get(value, 'aborted') === 'boolean' &&
        typeof Reflect.get(value, 'addEventListener') === 'function',
    )
    .optional()
    .meta({ description: 'Cancels the call, which rejects with its reason.', expected: 'an AbortSignal' })
}

/** A function that is called with values of type `T`. */
export function callback<T>(doc: string) {
  return z
    .custom<(value: T) => void>((value) => typeof value === 'function')
    .optional()
    .meta({ description: doc, expected: 'a function' })
}

/** One number for each pair type of the loss: an image with itself, a neighbor or a random image. */
export function pairValues<S extends z.ZodType>(number: (pair: 'self' | 'knn' | 'random') => S) {
  return z.strictObject({ self: number('self'), knn: number('knn'), random: number('random') })
}
