/** What a weight file holds, without loading it as a model. */
import { stat } from 'node:fs/promises'
import { job, type PredictionHead, type WeightFile } from '../native.js'
import { type ModelInfo, modelPath, readRecord } from './model-file.js'
import { networkOptions } from './network-options.js'

export interface Inspection extends WeightFile {
  kind: 'model' | 'backbone' | 'other'
  path: string
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
 * Lists tensors and metadata of a .safetensors file or of a run's last checkpoint.
 * Throws `ERR_STEGO_DATA_MISSING`, `ERR_STEGO_RUN` or `ERR_STEGO_CHECKPOINT`.
 */
export async function inspectWeights(path: string): Promise<Inspection> {
  const file = modelPath(path)
  const { metadata, tensors } = await job((native) => native.inspectWeights(file))
  const record = readRecord(file, metadata)
  const names = new Set(tensors.map(({ name }) => name))
  const { size } = await stat(file)
  const model = record && {
    ...record,
    classes: record.options.classes,
    dim: networkOptions(record.options, record.backbone.dim).dim,
    projection: record.options.projection,
    heads: HEAD_TENSORS.flatMap(([head, tensor]) => (names.has(tensor) ? [head] : [])),
  }
  const isBackbone = names.has('patch_embed.proj.weight') && names.has('blocks.0.attn.qkv.weight')
  return {
    kind: model ? 'model' : isBackbone ? 'backbone' : 'other',
    path: file,
    bytes: size,
    metadata,
    tensors,
    model,
  }
}
