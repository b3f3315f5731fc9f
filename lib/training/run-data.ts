/** The images a run trains on and is scored on. */
import { checkClasses, listSplits, openDataset } from '../data/dataset.js'
import type { Split } from '../data/split.js'
import { StegoError } from '../errors.js'
import type { TrainOptions } from '../options/train.js'
import type { ModelRecord } from '../weights/model-file.js'

/** The training split and, where it exists and has labels, the validation split, which is never cropped. */
export async function openData(options: TrainOptions): Promise<{ train: Split; validation: Split | null }> {
  const train = await openDataset(options)
  checkClasses(train, options.classes)
  if (train.items.length < 2) {
    throw new StegoError(
      'ERR_STEGO_DATA_EMPTY',
      `training needs at least two images, to compare one with another; ${options.data} has one. Add images.`,
    )
  }
  if (options.oracle && train.labelled < train.items.length) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `oracle learns from labels, but of ${train.items.length} images in ${options.data} only ${train.labelled} have ` +
        'any. Label the others, or leave oracle off.',
    )
  }
  const splits = await listSplits(options)
  const exists = options.validationSplit !== options.split && splits.includes(options.validationSplit)
  const whole = { ...options, split: options.validationSplit, crops: null }
  const validation = exists ? await openDataset(whole) : null
  return { train, validation: validation && validation.labelled > 0 ? validation : null }
}

/** Throws `ERR_STEGO_RUN` where a run that is resumed would find other images than it began with. */
export function checkSameImages(record: ModelRecord, train: Split, data: string): void {
  const { train: count, labelled } = record.images
  if (count === train.items.length && labelled === train.labelled) return
  throw new StegoError(
    'ERR_STEGO_RUN',
    `the run was trained on ${count} images, ${labelled} with labels, but ${data} now has ${train.items.length}, ` +
      `${train.labelled} with labels. Restore the images, or begin a new run.`,
  )
}
