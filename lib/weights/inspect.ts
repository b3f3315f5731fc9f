/** What a weight file holds, without loading it as a model. */

import type { PredictionHead } from '../native/index.js'
import { pathOf } from '../options/path.js'
import { type ModelInfo, modelPath } from './model-file.js'
import { networkOptions } from './network-options.js'
import { openWeights, type WeightContents } from './weight-file.js'

/** What a weight file holds. */
export interface Inspection
  extends Pick<
    WeightContents,
    'kind' | 'path' | 'format' | 'layout' | 'metadata' | 'values' | 'tensors' | 'problem'
  > {
  /** Length of the file. */
  bytes: number
  /** The model's description; null for other files. */
  model: ModelInfo | null
}

/** The tensors that make a prediction possible. */
const HEAD_TENSORS: [PredictionHead, string][] = [
  ['kmeans', 'kmeans.centers'],
  ['online', 'cluster_probe.clusters'],
  ['linear', 'linear_probe.weight'],
  ['raw', 'raw.kmeans.centers'],
  ['rawLinear', 'raw.linear_probe.weight'],
]

/**
 * Lists tensors and metadata of a weight file, .safetensors or PyTorch's, or of a run's last checkpoint. Nothing that a
 * PyTorch file holds is executed.
 * Throws `ERR_STEGO_DATA_MISSING`, `ERR_STEGO_RUN` or `ERR_STEGO_CHECKPOINT`.
 */
export async function inspectWeights(
  path: string | URL,
  { signal }: { signal?: AbortSignal } = {},
): Promise<Inspection> {
  const file = modelPath(pathOf(path))
  const { record, names, heads: _, file: stored, ...contents } = await openWeights(file, signal)
  const model = record && {
    ...record,
    classes: record.options.classes,
    dim: networkOptions(record.options, record.backbone.dim).dim,
    projection: record.options.projection,
    heads: HEAD_TENSORS.flatMap(([head, tensor]) => (names && tensor in names ? [head] : [])),
  }
  return { ...contents, bytes: stored.bytes, model }
}
