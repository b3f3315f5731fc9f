/** Options of where backbone features are kept, shared by what computes them of whole folders. */
import { z } from 'zod'
import { option, path } from './schema.js'

const GIB = 1024 ** 3

export const featureStoreFields = {
  features: option(z.enum(['auto', 'store', 'memory', 'off']).default('auto'), {
    group: 'Features',
    doc:
      'Where the features of training images are kept: in a store on disk, shared by later runs on the same images; ' +
      'in memory up to cacheBytes; or nowhere (off), recomputing them at every step. auto: in memory if all fit, ' +
      'else in a store if they fit into storeBytes, else as many as fit in memory.',
  }),
  cacheBytes: option(
    z
      .int()
      .min(0)
      .default(2 * GIB),
    {
      group: 'Features',
      unit: 'bytes',
      doc: 'Memory for features; what does not fit is recomputed when needed.',
    },
  ),
  storeBytes: option(
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
  storeType: option(z.enum(['float16', 'float32']).default('float16'), {
    group: 'Features',
    doc: 'Number format of a store: float16 takes half the space and rounds features by at most 1 in 2048.',
  }),
  storeFolder: option(path().nullable().default(null), {
    group: 'Features',
    value: 'folder',
    expected: 'a folder, as a path or a file: URL',
    whenAbsent: 'features in the cache folder (STEGO_CACHE)',
    doc: 'Folder for stores. Use a fast disk with enough space.',
  }),
}

export interface FeatureStoreOptions {
  features: 'auto' | 'store' | 'memory' | 'off'
  cacheBytes: number
  storeBytes: number
  storeType: 'float16' | 'float32'
  storeFolder: string | null
}
