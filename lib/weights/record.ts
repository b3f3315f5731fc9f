/** Record of a model, stored in the metadata of its file. */
import { z } from 'zod'
import { StegoError } from '../errors.js'
import { SAMPLE_TYPES } from '../images/samples.js'
import { trainSchema } from '../method/train-options.js'
import { currentRecord } from './format1.js'

const pairs = z.strictObject({ self: z.number(), knn: z.number(), random: z.number() })

const modelSchema = z.object({
  format: z.literal(2),
  /** Training steps done. */
  step: z.int().min(0),
  options: trainSchema,
  /** Shifts in use; null until chosen. */
  shifts: pairs.nullable(),
  backbone: z.object({
    /** Name or file. */
    name: z.string(),
    /** Embedding dimension. */
    dim: z.int(),
    /** Patch size in pixels. */
    patch: z.int(),
    /** Number of blocks. */
    depth: z.int(),
    /** Attention heads per block. */
    heads: z.int().min(1),
    /** Number of parameters. */
    parameters: z.int(),
  }),
  /** Position in the features, and whether it is removed; null if it was kept without measuring. */
  position: z
    .object({ place: z.number(), layout: z.number().nullable(), removed: z.boolean() })
    .nullable()
    .default(null),
  /** Black and white of training images whose samples are not bytes, by type; null if all are. */
  pixels: z
    .partialRecord(z.enum(SAMPLE_TYPES), z.tuple([z.number(), z.number()]))
    .nullable()
    .default(null),
  /** Number of training images, and how many were labeled; 0 if a checkpoint from another program does not say. */
  images: z.object({ train: z.int(), labeled: z.int() }),
  classNames: z.array(z.string()).nullable(),
  /** Class matched to each k-means cluster on the validation split; null without labels. */
  assignment: z.array(z.int()).nullable(),
})

export type ModelRecord = z.infer<typeof modelSchema>

/** Encodes a record as metadata of a model file. */
export function writeRecord(record: ModelRecord): Record<string, string> {
  return { format: 'stego', model: JSON.stringify(record) }
}

/** Reads the record in a file's metadata; null if there is none. Throws `ERR_STEGO_CHECKPOINT` if malformed. */
export function readRecord(path: string, metadata: Record<string, string>): ModelRecord | null {
  if (metadata.model === undefined) return null
  try {
    const written = JSON.parse(metadata.model)
    return modelSchema.parse(written.format === 1 ? currentRecord(written) : written)
  } catch (cause) {
    throw new StegoError(
      'ERR_STEGO_CHECKPOINT',
      `this version of stego cannot read the model description in ${path}. Use the version that wrote it, or train again.`,
      { cause },
    )
  }
}
