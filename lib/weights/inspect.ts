/** Inspects weight files without loading them as models. */
import type { PredictionHead } from '../native/index.js'
import { pathOf } from '../options/path.js'
import { modelNotes, modelPath, type StoredModelInfo } from './model-file.js'
import { networkOptions } from './network-options.js'
import { openWeights, type WeightContents } from './weight-file.js'

/** Contents of a weight file. */
export interface Inspection
  extends Pick<
    WeightContents,
    | 'kind'
    | 'path'
    | 'format'
    | 'layout'
    | 'metadata'
    | 'values'
    | 'tensors'
    | 'backbone'
    | 'assumed'
    | 'problem'
  > {
  /** File size. */
  bytes: number
  /** Description of the model; null for other files. */
  model: StoredModelInfo | null
}

/** The tensor that each prediction head needs. */
const HEAD_TENSORS: [PredictionHead, string][] = [
  ['kmeans', 'kmeans.centers'],
  ['clusterProbe', 'cluster_probe.clusters'],
  ['linearProbe', 'linear_probe.weight'],
  ['baselineKmeans', 'baseline.kmeans.centers'],
  ['baselineLinearProbe', 'baseline.linear_probe.weight'],
]

/**
 * Lists tensors and metadata of a .safetensors or PyTorch weight file, a folder of weights, or a run's last checkpoint,
 * without executing any code in it. `problem` is what loading would refuse.
 * Throws `ERR_STEGO_DATA_MISSING`, `ERR_STEGO_RUN` or `ERR_STEGO_CHECKPOINT`.
 */
export async function inspectWeights(
  path: string | URL,
  { signal }: { signal?: AbortSignal } = {},
): Promise<Inspection> {
  const file = modelPath(pathOf(path))
  const { record, names, file: stored, ...contents } = await openWeights(file, signal)
  const found = HEAD_TENSORS.flatMap(([head, tensor]) => (names && tensor in names ? [head] : []))
  const model = record && {
    ...record,
    classes: record.options.classes,
    dim: networkOptions(record.options, record.backbone.dim).dim,
    projection: record.options.projection,
    notes: modelNotes(record, found),
    heads: found,
  }
  return { ...contents, bytes: stored.bytes, model }
}
