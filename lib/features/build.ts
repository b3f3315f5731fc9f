/** Building a feature store by itself, before any training. */
import { checked, job } from '../native/index.js'
import { parseOptions } from '../options/parse.js'
import { fillStore } from './fill.js'
import { openImages } from './images.js'
import { openStore } from './open.js'
import { type BuildFeatureStoreInput, buildSchema } from './options.js'
import { prepareFeatures } from './prepare.js'

/** A store that is complete. */
export interface BuiltFeatureStore {
  /** The file of the store. */
  file: string
  /** Images it is for. */
  images: number
  /** How many of them were computed now; the others were there. */
  computed: number
  /** Length of the file. */
  bytes: number
}

/**
 * Computes the backbone features of all images of a folder into a store on disk, or what an earlier call left to do.
 * Trainings with `features: 'store'` on the same images, backbone and transform take them from there.
 *
 * Rejects with `ERR_STEGO_OPTION` for wrong options, `ERR_STEGO_DATA_*` and `ERR_STEGO_IMAGE` for what is wrong with
 * the images, `ERR_STEGO_BACKBONE`, `ERR_STEGO_SIZE` for the resolution, `ERR_STEGO_FILE` where the disk is too full or
 * another run is filling the same store, and with the signal's reason; what was computed until then stays.
 */
export async function buildFeatureStore(input: BuildFeatureStoreInput): Promise<BuiltFeatureStore> {
  const options = parseOptions(buildSchema, input, 'buildFeatureStore()')
  const { signal } = options
  const set = await openImages(options)
  const { backbone, transform, plan } = await prepareFeatures(set, options, 'store', options.pictures)
  const { images, bytes } = plan
  const file = plan.file!.path
  options.onPlan?.({ file, images, bytes })
  const store = openStore(backbone, plan)
  try {
    const missing = await job((_, cancel) => store.missingMeans(cancel), signal)
    const there = checked(() => store.info).kept
    const read = (index: number) => set.read(set.images[index]!)
    for await (const done of fillStore(store, missing, read, transform, signal)) {
      options.onProgress?.(there + done, images)
    }
    return { file, images, computed: missing.length, bytes }
  } finally {
    store.dispose()
  }
}
