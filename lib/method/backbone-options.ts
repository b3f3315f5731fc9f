/** Precision of the backbone, position handling and feature storage. */
import { z } from 'zod'
import { isDeviceChoice } from '../env.js'
import type { DeviceChoice } from '../native/index.js'
import { type OptionGroup, option, path } from '../options/schema.js'

const DTYPES = z.enum(['float32', 'bfloat16'])

const DOC =
  'Precision of the backbone. bfloat16 rotates a feature by less than 2 degrees, so results differ slightly; ' +
  'it is rarely faster than float32, and much slower on processors without bfloat16 instructions.'

/** The `dtype` option where a backbone is given. */
export function dtypeOption(group: OptionGroup) {
  return option(DTYPES.default('float32'), { group, doc: DOC })
}

/** The `dtype` option where a model is loaded. */
export function modelDtypeOption() {
  return option(DTYPES.optional(), {
    group: 'Common',
    whenAbsent: 'as in training, float32 unless set otherwise',
    doc: DOC,
  })
}

/** The `device` option. It belongs to the machine, not to the model: nothing that is written records it. */
export function deviceOption(group: OptionGroup = 'Common') {
  return option(z.custom<DeviceChoice>(isDeviceChoice).optional(), {
    group,
    value: 'device',
    expected: 'auto, cpu, cuda, or cuda:0 and so on',
    whenAbsent: 'STEGO_DEVICE, or auto',
    doc: 'Where to compute: cpu; cuda, the first GPU that fits; cuda:1, a certain one; auto, a GPU if one can be used.',
  })
}

export const POSITION_CHOICES = ['auto', 'keep', 'remove'] as const
export type PositionChoice = (typeof POSITION_CHOICES)[number]

export const positionOption = option(z.enum(POSITION_CHOICES).default('auto'), {
  group: 'Method',
  doc:
    'Keep or remove the part of a feature that encodes patch position regardless of content, before neighbors, loss ' +
    'and head. auto measures it and removes it if the images share no layout. Official: keep.',
})

const GIB = 1024 ** 3

/** Where features are kept. */
export const featureStoreOption = z
  .strictObject({
    mode: option(z.enum(['auto', 'disk', 'memory', 'off']).default('auto'), {
      group: 'Features',
      doc:
        'Where the features of training images are kept: in a store on disk, shared by later runs on the same images; ' +
        'in memory up to memoryBytes; or nowhere (off), recomputing them at every step. auto: in memory if all fit, ' +
        'else on disk if they fit into diskBytes and there is room, else as many as fit in memory.',
    }),
    memoryBytes: option(
      z
        .int()
        .min(0)
        .default(2 * GIB),
      {
        group: 'Features',
        unit: 'bytes',
        doc: 'Memory for features, at most half of what a container may use; what does not fit is recomputed when needed.',
      },
    ),
    diskBytes: option(
      z
        .int()
        .min(0)
        .default(64 * GIB),
      {
        group: 'Features',
        unit: 'bytes',
        doc: 'Size limit for stores that auto creates.',
      },
    ),
    dtype: option(z.enum(['float16', 'float32']).default('float16'), {
      group: 'Features',
      doc: 'Number format of a store: float16 takes half the space and rounds features by at most 1 in 2048.',
    }),
    folder: option(path().nullable().default(null), {
      group: 'Features',
      value: 'folder',
      expected: 'a folder, as a path or a file: URL',
      whenAbsent: 'features in the cache folder (STEGO_CACHE)',
      doc: 'Folder for stores. Use a fast disk with enough space.',
    }),
  })
  .prefault({})

export type ResolvedFeatureStoreOptions = z.output<typeof featureStoreOption>
