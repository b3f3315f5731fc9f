/**
 * Model files: a .safetensors with all tensors under the published names, and a description in its metadata.
 * A run folder refers to its last checkpoint. PyTorch checkpoints are supported too.
 */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StegoError } from '../errors.js'
import type { TensorFile } from '../formats/tensor-file.js'
import type { ResolvedRunOptions } from '../method/train-options.js'
import {
  checked,
  type Device,
  type DeviceChoice,
  type DeviceInUse,
  type DType,
  job,
  type NativeNetwork,
  type PairValues,
  type PredictionHead,
  type Projection,
  type StoredTensors,
  useDevice,
} from '../native/index.js'
import { featureChoice, networkOptions } from './network-options.js'
import type { ModelRecord } from './record.js'
import { type NameMap, storedTensors } from './tensors.js'
import { openWeights } from './weight-file.js'
import { WEIGHT_FILES, weightsIn } from './weight-folder.js'

export { type ModelRecord, writeRecord } from './record.js'

/** Description of a loaded model. */
export interface ModelInfo extends StoredModelInfo {
  /** Where it computes: `cpu`, or `cuda:0` and so on. */
  device: Device
  /** The GPU's name; null for the CPU. */
  deviceName: string | null
}

/** Description of a model in a file. */
export interface StoredModelInfo {
  /** Number of classes it was trained for. */
  classes: number
  /** Code dimension. */
  dim: number
  /** Projection head; null if codes are the features themselves. */
  projection: Projection | null
  /** The frozen backbone. */
  backbone: ModelRecord['backbone']
  /** Training steps done. */
  step: number
  /** Predictions it can make. */
  heads: PredictionHead[]
  /** Training options, with defaults filled in. */
  options: ResolvedRunOptions
  /** Shifts used; null if a checkpoint from another program does not include them. */
  shifts: PairValues | null
  /** Position in the features, and whether it is removed; null if it was kept without measuring. */
  position: ModelRecord['position']
  /** Number of training images, and how many were labeled. */
  images: ModelRecord['images']
  /** Class names by index, if known. */
  classNames: string[] | null
  /** Class matched to each k-means cluster on the validation split; null without labels. */
  assignment: number[] | null
  /** What whoever uses the model should know: that it is not trained, or not to its end. */
  notes: string[]
}

/** Path of a run's model. */
export const lastCheckpoint = (run: string) => join(run, 'checkpoints', 'last.safetensors')

/**
 * Resolves a path to a model file: the file itself, the last checkpoint of a run folder, or a folder of weights.
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
  if (weightsIn(path) !== null) return path
  throw new StegoError(
    'ERR_STEGO_RUN',
    `${path} is not a run folder: it has no checkpoints/last.safetensors, nor weights (${WEIGHT_FILES.join(', ')}). ` +
      'Use a run that has started training, or a model file.',
  )
}

/** Tensors of a network. Other tensors, such as optimizer state, are not read. */
const NETWORK = /^(net|decoder|cluster_probe|linear_probe|kmeans|baseline|position)\./

/**
 * Reads a model file, or a checkpoint of the official STEGO or of leggedrobotics' fork.
 * @param request.dtype precision of the backbone; default: as in training
 * @param request.device where to compute; default: `STEGO_DEVICE`, or `auto`
 *
 * Throws `ERR_STEGO_CHECKPOINT` if it is damaged or of another type, `ERR_STEGO_DEVICE` for the device.
 */
export async function readModel(
  path: string,
  request: { dtype?: DType; device?: DeviceChoice; signal?: AbortSignal } = {},
): Promise<{
  network: NativeNetwork
  record: ModelRecord
  device: DeviceInUse
  file: TensorFile
  names: NameMap
}> {
  const { signal } = request
  const { file, kind, names, record, problem } = await openWeights(path, signal)
  if (!record || !names) {
    const remedy =
      kind === 'backbone'
        ? 'It is a backbone: use it with `stego train --backbone`.'
        : 'Use a model file, a run folder or a STEGO checkpoint.'
    throw new StegoError(
      'ERR_STEGO_CHECKPOINT',
      `${path} contains tensors but no stego model${problem ? `: ${problem}` : ''}. ${remedy}`,
    )
  }
  const { dim, heads } = record.backbone
  const device = useDevice(request.device)
  const options = {
    ...networkOptions(record.options, dim),
    heads,
    features: featureChoice(record.options),
    device: device.device,
    dtype: request.dtype ?? record.options.dtype,
  }
  const stored = storedTensors(file, matching(names, NETWORK))
  const network = await job((native, cancel) => native.Network.load(stored, options, cancel), signal)
  return { network, record, device, file, names }
}

/** Describes a model from its network and record. */
export function describeModel(
  network: NativeNetwork,
  record: ModelRecord,
  { device, name }: DeviceInUse,
): ModelInfo {
  const { classes, dim, projection, heads } = checked(() => network.info)
  const { backbone, position, step, options, shifts, images, classNames, assignment } = record
  const notes = modelNotes(record, heads)
  const trained = { step, options, shifts, images, classNames, assignment, notes }
  const place = { device, deviceName: name }
  return { classes, dim, projection, backbone, position, heads, ...trained, ...place }
}

/** What whoever uses a model should know. */
export function modelNotes({ step, options, images }: ModelRecord, heads: PredictionHead[]): string[] {
  // A checkpoint of another program does not say.
  if (images.train === 0) return []
  if (step === 0) return ['the model has not been trained: its labels mean nothing.']
  if (step >= options.steps || heads.includes('kmeans')) return []
  return [
    `the run was stopped after step ${step} of ${options.steps}, before k-means: labels come from the cluster probe. ` +
      'Resume it to finish.',
  ]
}

/**
 * Names for the labels of a head, by index. Clusters have those of the classes that they were matched to on the
 * validation split, and no names without labels.
 */
export function classNamesOf({ classNames, assignment }: ModelRecord, head: PredictionHead): string[] | null {
  if (head === 'linearProbe' || classNames === null) return classNames
  if (head !== 'kmeans' || assignment === null) return null
  return assignment.map((index, cluster) => classNames[index] ?? `cluster ${cluster}`)
}

/** Optimizer state in a run's checkpoint. */
export function optimizerTensors(file: TensorFile, names: NameMap): StoredTensors {
  return storedTensors(file, matching(names, /^optimizer\./))
}

function matching(names: NameMap, pattern: RegExp): NameMap {
  return Object.fromEntries(Object.entries(names).filter(([name]) => pattern.test(name)))
}
