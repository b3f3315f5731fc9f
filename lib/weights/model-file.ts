/**
 * The model file: one .safetensors with all tensors under the published names, and in its metadata what they mean.
 * A run folder stands for its last checkpoint; checkpoints of PyTorch are read as well.
 */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StegoError } from '../errors.js'
import type { TensorFile } from '../formats/tensor-file.js'
import type { TrainOptions } from '../method/train-options.js'
import {
  checked,
  type DType,
  job,
  type NativeNetwork,
  type PairValues,
  type PredictionHead,
  type Projection,
  type StoredTensors,
} from '../native/index.js'
import { featureChoice, networkOptions } from './network-options.js'
import type { ModelRecord } from './record.js'
import { storedTensors } from './tensors.js'
import { openWeights } from './weight-file.js'

export { type ModelRecord, writeRecord } from './record.js'

/** What is known of a model. */
export interface ModelInfo {
  /** Number of classes it was trained for. */
  classes: number
  /** Width of a code. */
  dim: number
  /** The head; null where the code is the feature. */
  projection: Projection | null
  /** The frozen backbone. */
  backbone: ModelRecord['backbone']
  /** Steps trained. */
  step: number
  /** The predictions it can make. */
  heads: PredictionHead[]
  /** The options it was trained with, defaults filled in. */
  options: TrainOptions
  /** The shifts in force; null where a checkpoint of another program does not say. */
  shifts: PairValues | null
  /** Place in the features, and whether it is taken off; null where it was not measured, and kept. */
  position: ModelRecord['position']
  /** Training images, and how many of them had labels. */
  images: ModelRecord['images']
  /** Names of the classes in order of their index, where known. */
  classNames: string[] | null
  /** The class each k-means cluster was matched with on the validation split; null without labels. */
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
      `there is no file or folder ${path}: expected a model file (.safetensors, or .ckpt of the official STEGO) or a run folder. Check the path.`,
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

/** Tensors of a network; what else a file holds (optimizers, say) is not read. */
const NETWORK = /^(net|decoder|cluster_probe|linear_probe|kmeans|raw|position)\./

/**
 * Reads a model file, or a checkpoint of the official STEGO or of leggedrobotics' fork.
 * @param request.dtype what its backbone computes in; default: what it was trained in
 *
 * Throws `ERR_STEGO_CHECKPOINT` where it is damaged or of another kind.
 */
export async function readModel(
  path: string,
  request: { dtype?: DType; signal?: AbortSignal } = {},
): Promise<{ network: NativeNetwork; record: ModelRecord; file: TensorFile }> {
  const { signal } = request
  const { file, kind, names, record, problem } = await openWeights(path, signal)
  if (!record) {
    const remedy =
      kind === 'backbone'
        ? 'It is a backbone: name it in `stego train --backbone`.'
        : 'Name a model file, a run folder or a checkpoint of STEGO.'
    throw new StegoError(
      'ERR_STEGO_CHECKPOINT',
      `${path} holds tensors but no stego model${problem ? `: ${problem}` : ''}. ${remedy}`,
    )
  }
  const { dim, heads } = record.backbone
  const known = names ?? Object.fromEntries(file.tensors.map(({ name }) => [name, name]))
  const wanted = Object.fromEntries(Object.entries(known).filter(([name]) => NETWORK.test(name)))
  const options = {
    ...networkOptions(record.options, dim),
    heads,
    features: featureChoice(record.options),
    device: 'cpu' as const,
    dtype: request.dtype ?? record.options.dtype,
  }
  const stored = storedTensors(file, wanted)
  const network = await job((native, cancel) => native.Network.load(stored, options, cancel), signal)
  return { network, record, file }
}

/** What a network and its record tell. */
export function describeModel(network: NativeNetwork, record: ModelRecord): ModelInfo {
  const { classes, dim, projection, heads } = checked(() => network.info)
  const { backbone, position, step, options, shifts, images, classNames, assignment } = record
  const trained = { step, options, shifts, images, classNames, assignment }
  return { classes, dim, projection, backbone, position, heads, ...trained }
}

/** The optimizers' state in a checkpoint of a run. */
export function optimizerTensors(file: TensorFile): StoredTensors {
  const names = file.tensors.flatMap(({ name }) => (name.startsWith('optimizer.') ? [[name, name]] : []))
  return storedTensors(file, Object.fromEntries(names))
}
