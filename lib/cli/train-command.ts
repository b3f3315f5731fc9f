/** The `stego train` command that continues another command with the same options. */
import { deviceOption } from '../method/backbone-options.js'
import { trainSchema } from '../method/train-options.js'
import { flagsOf } from '../options/flags.js'
import { shellWord } from '../output/words.js'

const TRAINING = trainSchema.extend({ device: deviceOption() })

/** Writes options as a command line, the inverse of `readFlags`. Options that training does not have are left out. */
export function trainCommandLine(values: Record<string, unknown>): string {
  const flags = flagsOf(TRAINING).flatMap(({ name, path, kind }) => {
    const value = path.reduce(valueAt, values as unknown)
    if (value === undefined || (typeof value === 'object' && value !== null)) return []
    if (kind === 'boolean') return [value ? `--${name}` : `--no-${name}`]
    return [`--${name} ${value === null ? 'none' : shellWord(String(value))}`]
  })
  return ['stego train', ...flags].join(' ')
}

function valueAt(parent: unknown, key: string): unknown {
  return typeof parent === 'object' && parent !== null ? Reflect.get(parent, key) : undefined
}
