/** What the frozen backbone computes in. */
import { z } from 'zod'
import { type OptionGroup, option } from './schema.js'

const DTYPES = z.enum(['float32', 'bfloat16'])

const DOC =
  'Precision of the backbone. bfloat16 rotates a feature by less than 2 degrees, so results differ slightly; ' +
  'it is rarely faster than float32, and much slower on processors without bfloat16 instructions.'

/** The option where a backbone is named. */
export function dtypeOption(group: OptionGroup) {
  return option(DTYPES.default('float32'), { group, doc: DOC })
}

/** The option where a model is loaded, which knows what it was trained in. */
export function modelDtypeOption() {
  return option(DTYPES.optional(), {
    group: 'Common',
    whenAbsent: 'as in training, float32 unless set otherwise',
    doc: DOC,
  })
}
