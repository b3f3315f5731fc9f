/** Reads .safetensors and PyTorch weight files and maps their tensors to our names. */
import { readTensorFile } from '../formats/read-tensor-file.js'
import type { TensorEntry, TensorFile, WeightFormat } from '../formats/tensor-file.js'
import { type CheckpointValues, describeCheckpoint, headsOf } from './checkpoint.js'
import { currentTensor } from './format1.js'
import { type BackboneLayout, type Found, findBackbone, findModel, type ModelLayout } from './names.js'
import { type ModelRecord, readRecord } from './record.js'
import type { NameMap } from './tensors.js'

/** Naming scheme of a file: this package's or another program's. */
export type WeightLayout = 'stego' | ModelLayout | BackboneLayout

/** Contents of a weight file. */
export interface WeightContents {
  /** Path of the file. */
  path: string
  /** Its tensors and their locations. */
  file: TensorFile
  /** Format, detected from its contents. */
  format: WeightFormat
  /** Metadata of a .safetensors file, or of a PyTorch file from an earlier version of this package. */
  metadata: Record<string, string>
  /** Everything in a PyTorch file except tensors, as plain data; null for a .safetensors file. */
  values: unknown
  /** Every tensor with its type and shape. */
  tensors: TensorEntry[]
  /** A STEGO model, a backbone, or something else. */
  kind: 'model' | 'backbone' | 'other'
  /** Naming scheme; null for other files. */
  layout: WeightLayout | null
  /** Maps our names to those in the file; null for other files. */
  names: NameMap | null
  /** Record of the model; null for other files. */
  record: ModelRecord | null
  /** Attention heads of the backbone; 0 if unknown. */
  heads: number
  /** Why a file that looks like a model or backbone is not supported; null otherwise. */
  problem: string | null
}

/**
 * Reads the contents of a weight file, without tensor values.
 * Throws `ERR_STEGO_DATA_MISSING` or `ERR_STEGO_CHECKPOINT`.
 */
export async function openWeights(path: string, signal?: AbortSignal): Promise<WeightContents> {
  const file = await readTensorFile(path)
  signal?.throwIfAborted()
  const { format, values } = file
  const metadata = format === 'torch' ? texts(values) : file.metadata
  const tensors = file.tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape }))
  const contents = { path, file, format, metadata, values, tensors }
  const model = findModel(tensors)
  if (model || metadata.model !== undefined) return { ...contents, ...asModel(contents, model) }
  return { ...contents, ...asBackbone(contents, findBackbone(tensors)) }
}

type File = Pick<WeightContents, 'path' | 'metadata' | 'values' | 'tensors'>
type Meaning = Omit<WeightContents, keyof File | 'file' | 'format'>

const NOTHING: Meaning = { kind: 'other', layout: null, names: null, record: null, heads: 0, problem: null }

function asModel({ path, metadata, values, tensors }: File, model: Found<ModelLayout> | null): Meaning {
  const own = readRecord(path, metadata)
  if (own) {
    const stored = model?.names ?? Object.fromEntries(tensors.map(({ name }) => [name, name]))
    const names = Object.fromEntries(
      Object.entries(stored).map(([name, inFile]) => [currentTensor(name), inFile]),
    )
    return { ...NOTHING, kind: 'model', layout: 'stego', names, record: own, heads: own.backbone.heads }
  }
  const { names } = model!
  const record = describeCheckpoint(model!, tensors, (values ?? {}) as CheckpointValues)
  if (typeof record === 'string') return { ...NOTHING, layout: model!.layout, problem: record }
  return { ...NOTHING, kind: 'model', layout: model!.layout, names, record, heads: record.backbone.heads }
}

function asBackbone({ metadata, values }: File, backbone: Found<BackboneLayout> | null): Meaning {
  if (!backbone) return NOTHING
  const { layout, names, foreign } = backbone
  if (foreign.length > 0) {
    const problem = `it has ${foreign[0]}, which is not part of DINO's ViT`
    return { ...NOTHING, layout, problem }
  }
  const { arch } = (values as CheckpointValues | null)?.args ?? {}
  const heads = Number.isSafeInteger(Number(metadata.heads)) ? Number(metadata.heads) : headsOf(arch)
  return { ...NOTHING, kind: 'backbone', layout, names, heads }
}

/** Metadata that earlier versions of this package wrote to PyTorch files. */
function texts(values: unknown): Record<string, string> {
  const metadata = (values as { metadata?: unknown } | null)?.metadata
  if (typeof metadata !== 'object' || metadata === null) return {}
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => typeof value === 'string'))
}
