/** Weight files of either kind, .safetensors or PyTorch's, and what is in them by our names. */
import { readTensorFile } from '../formats/read-tensor-file.js'
import type { TensorEntry, TensorFile, WeightFormat } from '../formats/tensor-file.js'
import { type CheckpointValues, describeCheckpoint, headsOf } from './checkpoint.js'
import { type BackboneLayout, type Found, findBackbone, findModel, type ModelLayout } from './names.js'
import { type ModelRecord, readRecord } from './record.js'
import type { NameMap } from './tensors.js'

/** Whose names a file has: this package's, or another program's. */
export type WeightLayout = 'stego' | ModelLayout | BackboneLayout

/** What a weight file holds. */
export interface WeightContents {
  /** The file. */
  path: string
  /** What is in it, and where. */
  file: TensorFile
  /** Its kind, told by its content. */
  format: WeightFormat
  /** Text that was stored beside the tensors of a .safetensors file, or of a PyTorch file that an earlier version wrote. */
  metadata: Record<string, string>
  /** Everything but the tensors of a PyTorch file, as plain data; null for a .safetensors file. */
  values: unknown
  /** Every tensor with its type and shape. */
  tensors: TensorEntry[]
  /** A model of STEGO, a backbone, or something else. */
  kind: 'model' | 'backbone' | 'other'
  /** Whose names it has; null for other files. */
  layout: WeightLayout | null
  /** Our names to the file's; null for other files. */
  names: NameMap | null
  /** The description of a model; null for other files. */
  record: ModelRecord | null
  /** Attention heads of the backbone; 0 where the file does not say. */
  heads: number
  /** Why something that looks like a model or a backbone is neither here; null else. */
  problem: string | null
}

/**
 * Reads what a weight file holds, but no values.
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
  const names = model?.names ?? null
  if (own)
    return { ...NOTHING, kind: 'model', layout: 'stego', names, record: own, heads: own.backbone.heads }
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

/** The metadata that this package writes into PyTorch files: texts by name. */
function texts(values: unknown): Record<string, string> {
  const metadata = (values as { metadata?: unknown } | null)?.metadata
  if (typeof metadata !== 'object' || metadata === null) return {}
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => typeof value === 'string'))
}
