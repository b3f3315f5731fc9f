/** Options from a YAML file, combined with command-line flags. */
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { StegoError } from '../errors.js'
import { currentOptions } from '../weights/format1.js'

/** Reads a map of options from a file such as a run's config.yaml, of any version. Throws `ERR_STEGO_OPTION`. */
export async function readConfig(path: string): Promise<Record<string, unknown>> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `the configuration file ${path} cannot be read (${(cause as NodeJS.ErrnoException).code}). Check the path.`,
      { cause },
    )
  }
  let value: unknown
  try {
    value = parse(text)
  } catch (cause) {
    const reason = (cause as Error).message.split('\n', 1)[0]
    throw new StegoError('ERR_STEGO_OPTION', `the configuration file ${path} is not valid YAML: ${reason}`, {
      cause,
    })
  }
  if (isMap(value)) return currentOptions(value)
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `the configuration file ${path} must hold a map of options, such as "classes: 8".`,
  )
}

/** Merges flags over the options in a file, recursing into nested options. */
export function mergeOptions(
  config: Record<string, unknown>,
  typed: Record<string, unknown>,
): Record<string, unknown> {
  const merged = { ...config }
  for (const [key, value] of Object.entries(typed)) {
    const own = merged[key]
    merged[key] = isMap(own) && isMap(value) ? mergeOptions(own, value) : value
  }
  return merged
}

/** Whether options contain a value at this path. */
export function hasOption(options: Record<string, unknown>, [key, ...rest]: string[]): boolean {
  const value = options[key!]
  if (rest.length > 0) return isMap(value) && hasOption(value, rest)
  return value !== undefined
}

function isMap(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]'
}
