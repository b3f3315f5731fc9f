/** `--json`, which every command has. */
import { z } from 'zod'
import { option } from '../options/schema.js'

/** The flag, with what the command prints for it. Errors are JSON as well then, on the last line of stdout. */
export function jsonOption(doc: string) {
  return option(z.boolean().optional(), { group: 'Output', doc })
}
