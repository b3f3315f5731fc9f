/** What a model file of this package says of itself, beside its tensors. */
import { z } from 'zod'
import { StegoError } from '../errors.js'
import { trainSchema } from '../method/train-options.js'

const pairs = z.strictObject({ self: z.number(), knn: z.number(), random: z.number() })

const modelSchema = z.object({
  format: z.literal(1),
  /** Steps trained. */
  step: z.int().min(0),
  options: trainSchema,
  /** The shifts in force; null before they were chosen. */
  shifts: pairs.nullable(),
  backbone: z.object({
    /** Name, or file it was read from. */
    name: z.string(),
    /** Width of a token. */
    dim: z.int(),
    /** Side of a patch in pixels. */
    patch: z.int(),
    /** Blocks. */
    depth: z.int(),
    /** Attention heads of a block. */
    heads: z.int().min(1),
    /** Numbers in its weights. */
    parameters: z.int(),
  }),
  /** Place in the features, and whether it is taken off; null where it was not measured, and kept. */
  position: z
    .object({ place: z.number(), layout: z.number().nullable(), removed: z.boolean() })
    .nullable()
    .default(null),
  /** Training images, and how many of them had labels; 0 for a checkpoint of another program, which does not say. */
  images: z.object({ train: z.int(), labelled: z.int() }),
  classNames: z.array(z.string()).nullable(),
  /** The class each k-means cluster was matched with on the validation split; null without labels. */
  assignment: z.array(z.int()).nullable(),
})

export type ModelRecord = z.infer<typeof modelSchema>

/** Metadata of a model file. */
export function writeRecord(record: ModelRecord): Record<string, string> {
  return { format: 'stego', model: JSON.stringify(record) }
}

/** The record in a file's metadata; null where there is none. Throws `ERR_STEGO_CHECKPOINT` for a malformed one. */
export function readRecord(path: string, metadata: Record<string, string>): ModelRecord | null {
  if (metadata.model === undefined) return null
  try {
    return modelSchema.parse(asWrittenNow(JSON.parse(metadata.model)))
  } catch (cause) {
    throw new StegoError(
      'ERR_STEGO_CHECKPOINT',
      `the description in ${path} is not one this version of stego reads. Use the version that wrote it, or train again.`,
      { cause },
    )
  }
}

/** A record that an earlier version wrote: features came as they are, and `auto` was a choice of `dtype`. */
function asWrittenNow(record: { options?: Record<string, unknown> }) {
  const { dtype, ...options } = record.options ?? {}
  return { ...record, options: { position: 'keep', ...options, ...(dtype !== 'auto' && { dtype }) } }
}
