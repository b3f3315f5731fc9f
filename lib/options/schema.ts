/**
 * The small vocabulary every options schema is written in. A schema gives the type, the default, the check and
 * the documentation of each option, for the API, the configuration file and the command line alike.
 */
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/** Under which heading an option stands in the help, in this order. */
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

/** What people are told about an option, besides what its check already says. */
export interface OptionDoc {
  /** What it does, where its value comes from: one or two short sentences. */
  doc: string
  group?: OptionGroup
  /** Unit of the value: `pixels`, `images`, `steps`, `bytes`. */
  unit?: string
  /** Placeholder for the value in the help, where the type's own says too little: `folder`. */
  value?: string
  /** What leaving it out, or null, means. */
  whenAbsent?: string
  /** Whether it may be given several times on a command line; the values are a list then. */
  repeats?: boolean
  /** What a value must be, where the type's own description says too little. */
  expected?: string
}

/** Attaches documentation to a schema; the schema itself stays what it is. */
export function option<S extends z.ZodType>(schema: S, { doc, ...rest }: OptionDoc): S {
  return schema.meta({ description: doc, ...rest }) as S
}

/** A path as text or as a `file:` URL object; always text afterwards. */
export function path() {
  return z
    .union([z.string().min(1), z.custom<URL>(isFileUrl)])
    .transform((value) => (typeof value === 'string' ? value : fileURLToPath(value)))
}

function isFileUrl(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object URL]' && (value as URL).protocol === 'file:'
}

/** An `AbortSignal`, also one of another realm. */
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

/** One number for each of the three pairs of the loss: an image with itself, a neighbor, a random image. */
export function pairValues<S extends z.ZodType>(number: (pair: 'self' | 'knn' | 'random') => S) {
  return z.strictObject({ self: number('self'), knn: number('knn'), random: number('random') })
}
