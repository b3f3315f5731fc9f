/** What the frozen backbone computes in. */
import { z } from 'zod'
import { type OptionGroup, option } from './schema.js'

const DTYPES = ['auto', 'float32', 'bfloat16'] as const
export type DTypeChoice = (typeof DTYPES)[number]

/** The option, for a schema: `float32` where the work is training, `auto` elsewhere. */
export function dtypeOption(usual: DTypeChoice, group: OptionGroup) {
  return option(z.enum(DTYPES).default(usual), {
    group,
    doc:
      'Numbers the backbone computes in. bfloat16 is faster on processors with instructions for it and turns a ' +
      'feature by less than 2 degrees; auto takes it on those and float32 elsewhere.',
  })
}
