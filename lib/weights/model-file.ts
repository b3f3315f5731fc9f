/**
 * The model file: one .safetensors with all tensors under the published names, and in its metadata what they mean.
 * A run folder stands for its last checkpoint.
 */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { StegoError } from '../errors.js'
import {
  checked,
  job,
  type NativeNetwork,
  type PairValues,
  type PredictionHead,
  type Projection,
} from '../native.js'
import { type TrainOptions, trainSchema } from '../options/train.js'
import { featureChoice, networkOptions } from './network-options.js'

const pairs = z.strictObject({ self: z.number(), knn: z.number(), random: z.number() })

/** What a model file says of itself, beside its tensors. */
const modelSchema = z.object({
  format: z.literal(1),
  /** Steps trained. */
  step: z.int().min(0),
  options: trainSchema,
  /** The shifts in force; null before they were chosen. */
  shifts: pairs.nullable(),
  backbone: z.object({
    name: z.string(),
    dim: z.int(),
    patch: z.int(),
    depth: z.int(),
    heads: z.int().min(1),
    parameters: z.int(),
  }),
  /** Training images, and how many of them had labels. */
  images: z.object({ train: z.int(), labelled: z.int() }),
  classNames: z.array(z.string()).nullable(),
  /** The class each k-means cluster was matched with on the validation split; null without labels. */
  assignment: z.array(z.int()).nullable(),
})

export type ModelRecord = z.infer<typeof modelSchema>

/** What is known of a model. */
export interface ModelInfo {
  classes: number
  dim: number
  projection: Projection | null
  backbone: ModelRecord['backbone']
  /** Steps trained. */
  step: number
  /** The predictions it can make. */
  heads: PredictionHead[]
  options: TrainOptions
  shifts: PairValues | null
  images: ModelRecord['images']
  classNames: string[] | null
  assignment: number[] | null
}

/** Where a run keeps its model. */
export const lastCheckpoint = (run: string) => join(run, 'checkpoints', 'last.safetensors')

/**
 * The model file that a path means: a file itself, or the last checkpoint of a run folder.
 * Throws `ERR_STEGO_DATA_MISSING` or `ERR_STEGO_RUN`.
 */
export function modelPath(path: string): string {
  if (!existsSync(path)) {
    throw new StegoError(
      'ERR_STEGO_DATA_MISSING',
      `there is no file or folder ${path}: expected a model file (.safetensors) or a run folder. Check the path.`,
    )
  }
  if (!statSync(path).isDirectory()) return path
  const checkpoint = lastCheckpoint(path)
  if (existsSync(checkpoint)) return checkpoint
  throw new StegoError(
    'ERR_STEGO_RUN',
    `${path} is not a run folder: it holds no checkpoints/last.safetensors. Name a run that has begun to train, ` +
      'or a model file.',
  )
}

/** Metadata of a model file. */
export function writeRecord(record: ModelRecord): Record<string, string> {
  return { format: 'stego', model: JSON.stringify(record) }
}

/** The record in a file's metadata; null where there is none. Throws `ERR_STEGO_CHECKPOINT` for a malformed one. */
export function readRecord(path: string, metadata: Record<string, string>): ModelRecord | null {
  if (metadata.model === undefined) return null
  try {
    return modelSchema.parse(JSON.parse(metadata.model))
  } catch (cause) {
    throw new StegoError(
      'ERR_STEGO_CHECKPOINT',
      `the description in ${path} is not one this version of stego reads. Use the version that wrote it, or train again.`,
      { cause },
    )
  }
}

/** Reads a model file. Throws `ERR_STEGO_CHECKPOINT` where it is damaged or of another kind. */
export async function readModel(
  path: string,
  signal?: AbortSignal,
): Promise<{ network: NativeNetwork; record: ModelRecord }> {
  const { metadata } = await job((native) => native.inspectWeights(path), signal)
  const record = readRecord(path, metadata)
  if (!record) {
    throw new StegoError(
      'ERR_STEGO_CHECKPOINT',
      `${path} holds tensors but no stego model. Name a model file or a run folder; a backbone goes to ` +
        '`stego train --backbone`.',
    )
  }
  const { dim, heads } = record.backbone
  const options = {
    ...networkOptions(record.options, dim),
    heads,
    features: featureChoice(record.options),
  }
  const network = await job(
    (native, cancel) => native.Network.load(path, { ...options, device: 'cpu', dtype: 'float32' }, cancel),
    signal,
  )
  return { network, record }
}

/** What a network and its record tell. */
export function describeModel(network: NativeNetwork, record: ModelRecord): ModelInfo {
  const { classes, dim, projection, heads } = checked(() => network.info)
  const { backbone, step, options, shifts, images, classNames, assignment } = record
  return { classes, dim, projection, backbone, step, heads, options, shifts, images, classNames, assignment }
}
