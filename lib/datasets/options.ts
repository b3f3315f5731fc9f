/** Options that describe a data folder, shared by training, evaluation and cropping. */
import { z } from 'zod'
import { option, path } from '../options/schema.js'
import { isRecord } from '../values.js'

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
  if (!isRecord(value)) return 'a map { id: class }'
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

const bandNumber = z.int().min(1).max(65_535)

/** Numbers in a text, as on a command line: `4,3,2`. */
function numbersIn(text: string): number[] {
  return text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
}

const bandTuple = z.tuple([bandNumber, bandNumber, bandNumber])
const bands = z.union([bandTuple, z.string().transform(numbersIn).pipe(bandTuple)])
const limits = z.tuple([z.number(), z.number()]).refine(([low, high]) => low < high)
const range = z.union([z.enum(['auto', 'type']), limits, z.string().transform(numbersIn).pipe(limits)])
const BANDS = {
  group: 'Images' as const,
  value: 'r,g,b',
  expected: 'three bands for red, green and blue, counted from 1, such as [4, 3, 2] (--bands 4,3,2)',
  doc: 'Bands to use as red, green and blue, counted from 1. Images of more than four bands need it.',
}
const RANGE = {
  group: 'Images' as const,
  value: 'auto|type|low,high',
  expected: '"auto", "type" or two numbers [low, high] (--range 0,4095), the lower first',
  doc:
    'What is black and what is white in images of other samples than bytes. auto: the whole range of the type where ' +
    'the values use half of it, else the percentiles 0.1 and 99.9 of the folder; type: always the whole range, 0 to 1 ' +
    'for floats.',
}

/** The `recursive` option. */
export const recursiveOption = option(z.boolean().default(true), {
  group: 'Images',
  doc: 'Search subfolders of a folder of images.',
})

const maxPixelsOption = option(z.int().min(1).default(100_000_000), {
  group: 'Images',
  unit: 'pixels',
  doc: 'Images with more pixels are refused before they are decoded.',
})

const ON_BAD_IMAGE = ['fail', 'skip'] as const

/** The `onBadImage` option. */
export function onBadImageOption(byDefault: (typeof ON_BAD_IMAGE)[number], doc: string) {
  return option(z.enum(ON_BAD_IMAGE).default(byDefault), { group: 'Images', doc })
}

const ids = z.array(z.int().min(0).max(MAX_ID))
const ignoreLabel = z
  .union([
    ids,
    z
      .number()
      .transform((id) => [id])
      .pipe(ids),
    z.string().transform(numbersIn).pipe(ids),
  ])
  .nullable()
const IGNORE_LABEL = {
  group: 'Images' as const,
  value: 'id,id',
  expected: 'an id or a list of ids in your label maps, such as 255 or [0, 255]',
  doc: 'Ids in your label maps that mean "no class"; nothing is said about their pixels.',
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
  ignoreLabel: option(ignoreLabel.default(null), { ...IGNORE_LABEL, whenAbsent: 'none' }),
  recursive: recursiveOption,
  maxPixels: maxPixelsOption,
  onBadImage: onBadImageOption(
    'fail',
    'fail stops before any work and names every image that cannot be read; skip goes on without them and names them.',
  ),
  bands: option(bands.nullable().default(null), { ...BANDS, whenAbsent: 'the first three, or the only one' }),
  range: option(range.default('auto'), { ...RANGE, whenAbsent: 'auto' }),
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

/** How images are read for a model, which knows how those it was trained on were. */
export const pixelFields = {
  maxPixels: maxPixelsOption,
  bands: option(bands.nullable().default(null), { ...BANDS, whenAbsent: 'as in training' }),
  range: option(range.nullable().default(null), { ...RANGE, whenAbsent: 'as in training' }),
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
  ignoreLabel: option(ignoreLabel.default(null), { ...IGNORE_LABEL, whenAbsent: 'as in training' }),
  recursive: recursiveOption,
  ...pixelFields,
  onBadImage: datasetFields.onBadImage,
  crops: datasetFields.crops,
  cropRatio: datasetFields.cropRatio,
}
