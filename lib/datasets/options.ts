/** Options that describe a data folder, shared by training, evaluation and cropping. */
import { z } from 'zod'
import { option, path } from '../options/schema.js'

/** Kinds of data folders. */
export const DATASETS = [
  'auto',
  'directory',
  'cocostuff27',
  'cocostuff15',
  'cocostuff3',
  'cityscapes',
  'potsdam',
  'potsdamraw',
  'cropped',
] as const
/** Contents of a data folder: your own images, or one of the official layouts. */
export type DatasetName = (typeof DATASETS)[number]

export const CROP_KINDS = ['five', 'random'] as const
export type CropKind = (typeof CROP_KINDS)[number]

/** Class of each id stored in label files, null for void; ids not listed are void. */
export interface ClassMap {
  [id: number]: number | null
  /** Names of the classes, in order of their index. */
  names?: string[]
}

const MAX_ID = 2 ** 32 - 1
const MAX_CLASS = 254

/** What a class map should be instead, in words that follow "expected ..."; null if it is valid. */
export function classMapProblem(value: unknown): string | null {
  if (Object.prototype.toString.call(value) !== '[object Object]') return 'a map { id: class }'
  const { names, ...ids } = value as Record<string, unknown>
  let last = -1
  for (const [id, mapped] of Object.entries(ids)) {
    if (!/^(0|[1-9]\d{0,9})$/.test(id) || Number(id) > MAX_ID) {
      return `ids from 0 to ${MAX_ID}, got ${JSON.stringify(id)}`
    }
    if (mapped === null) continue
    if (!Number.isInteger(mapped) || (mapped as number) < 0 || (mapped as number) > MAX_CLASS) {
      return `for id ${id} a class from 0 to ${MAX_CLASS}, or null for void, got ${JSON.stringify(mapped)}`
    }
    last = Math.max(last, mapped as number)
  }
  if (last < 0) return 'at least one id with a class'
  if (names === undefined) return null
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string' && name !== '')) {
    return 'names to be a list of strings'
  }
  return names.length > last ? null : `names for the classes 0 to ${last}, got ${names.length}`
}

/** The fields, to be spread into a schema. */
export const datasetFields = {
  dataset: option(z.enum(DATASETS).default('auto'), {
    group: 'Images',
    value: 'name',
    doc:
      `Contents of the data folder: ${DATASETS.join(', ')}. auto accepts images or imgs/<split>; the others use ` +
      "the official code's layout, and data may be its pytorch_data_dir.",
  }),
  classMap: option(
    z
      .union([path(), z.custom<ClassMap>((value) => classMapProblem(value) === null)])
      .nullable()
      .default(null),
    {
      group: 'Images',
      value: 'file',
      expected: 'a YAML file or an object { id: class, ..., names: [...] }, ids from 0, classes 0 to 254',
      whenAbsent: 'ids are classes',
      doc: 'Classes of the ids in your label maps, as a YAML file with lines "id: class"; other ids are void.',
    },
  ),
  crops: option(z.enum(CROP_KINDS).nullable().default(null), {
    group: 'Images',
    whenAbsent: 'whole images',
    doc:
      'Replace each image by five crops: five takes the corners and the center, random takes random ones. ' +
      'Official for cocostuff27 and cityscapes: five.',
  }),
  cropRatio: option(z.number().gt(0).lt(1).default(0.5), {
    group: 'Images',
    expected: 'a number between 0 and 1',
    doc: "Height and width of a crop as a fraction of the image's. Official value.",
  }),
}

/** The same fields for use with a model, which knows what it was trained on. */
export const modelDatasetFields = {
  dataset: option(z.enum(DATASETS).nullable().default(null), {
    group: 'Images',
    value: 'name',
    whenAbsent: 'as in training',
    doc: `Contents of the data folder: ${DATASETS.join(', ')}.`,
  }),
  classMap: option(datasetFields.classMap, {
    group: 'Images',
    value: 'file',
    expected: 'a YAML file or an object { id: class, ..., names: [...] }, ids from 0, classes 0 to 254',
    whenAbsent: 'as in training',
    doc: 'Classes of the ids in your label maps, as a YAML file with lines "id: class"; other ids are void.',
  }),
  crops: datasetFields.crops,
  cropRatio: datasetFields.cropRatio,
}
