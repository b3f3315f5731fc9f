/** Reads weight files, or folders of them, and maps their tensors to our names. */
import type { StoredTensor, TensorEntry, TensorFile, WeightFormat } from '../formats/tensor-file.js'
import { architectureOf } from './architectures.js'
import { type BackboneConfig, contradiction, readBackboneConfig } from './backbone-config.js'
import { assumedIn, type CheckpointValues, describeCheckpoint, headsOf } from './checkpoint.js'
import { findNotFinite } from './floats.js'
import { currentTensor } from './format1.js'
import { chooseHeads, type Heads } from './heads.js'
import {
  type BackboneLayout,
  type Found,
  type FoundBackbone,
  findBackbone,
  findModel,
  type ModelLayout,
} from './names.js'
import type { Normalization } from './normalization.js'
import { type ModelRecord, readRecord } from './record.js'
import type { NameMap } from './tensors.js'
import { describeVit, type VitShape } from './vit.js'
import { readWeights } from './weight-folder.js'

/** Naming scheme of a file: this package's or another program's. */
export type WeightLayout = 'stego' | ModelLayout | BackboneLayout

/** Structure of the ViT in a backbone file. */
export interface BackboneDescription extends VitShape, Heads {
  /** How pixels are scaled for it; ImageNet's mean and deviation unless the files beside it say otherwise. */
  normalization: Normalization
}

/** Contents of a weight file. */
export interface WeightContents {
  /** Path of the file or folder. */
  path: string
  /** Its tensors and their locations, which are in several files if the weights are. */
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
  /** Structure of a backbone; null for other files. */
  backbone: BackboneDescription | null
  /** Values of the record that the file does not hold, such as `options.seed`; defaults stand in for them. */
  assumed: string[]
  /** Why a file that looks like a model or backbone is not supported; null otherwise. */
  problem: string | null
}

/**
 * Reads the contents of a weight file, of an index of weight files, or of a folder with either. The values of a backbone
 * are read to check that they are finite.
 * @param heads attention heads of a backbone, whatever the file says of them
 *
 * Throws `ERR_STEGO_DATA_MISSING`, `ERR_STEGO_FILE` or `ERR_STEGO_CHECKPOINT`.
 */
export async function openWeights(
  path: string,
  signal?: AbortSignal,
  heads?: number,
): Promise<WeightContents> {
  const file = await readWeights(path)
  signal?.throwIfAborted()
  const { format, values } = file
  const metadata = format === 'torch' ? texts(values) : file.metadata
  const tensors = file.tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape }))
  const contents = { path, file, format, metadata, values, tensors }
  const model = findModel(tensors)
  if (model || metadata.model !== undefined) return { ...contents, ...asModel(contents, model) }
  return { ...contents, ...(await asBackbone(contents, signal, heads)) }
}

type File = Pick<WeightContents, 'path' | 'file' | 'metadata' | 'values' | 'tensors'>
type Meaning = Omit<WeightContents, keyof File | 'format'>

const NOTHING: Meaning = {
  kind: 'other',
  layout: null,
  names: null,
  record: null,
  backbone: null,
  assumed: [],
  problem: null,
}

function asModel({ path, metadata, values, tensors }: File, model: Found<ModelLayout> | null): Meaning {
  const own = readRecord(path, metadata)
  if (own) {
    const stored = model?.names ?? Object.fromEntries(tensors.map(({ name }) => [name, name]))
    const names = Object.fromEntries(
      Object.entries(stored).map(([name, inFile]) => [currentTensor(name), inFile]),
    )
    return { ...NOTHING, kind: 'model', layout: 'stego', names, record: own }
  }
  const { names } = model!
  const held = (values ?? {}) as CheckpointValues
  const record = describeCheckpoint(model!, tensors, held)
  if (typeof record === 'string') return { ...NOTHING, layout: model!.layout, problem: record }
  const { layout } = model!
  return { ...NOTHING, kind: 'model', layout, names, record, assumed: assumedIn(layout, held) }
}

async function asBackbone(contents: File, signal?: AbortSignal, given?: number): Promise<Meaning> {
  const found = findBackbone(contents.tensors)
  if (!found) return { ...NOTHING, problem: otherKind(contents) }
  const { layout, names } = found
  const shape = describeVit(found, contents.tensors)
  if (typeof shape === 'string') {
    const part = partOf(contents.path)
    return { ...NOTHING, layout, problem: part ? `${shape}; it is ${part}` : shape }
  }
  const config = await readBackboneConfig(contents.path)
  const heads: Heads | string =
    given === undefined ? headsIn(contents, config, shape) : { heads: given, headsFrom: 'metadata' }
  const problem =
    contradiction(config, shape) ??
    (typeof heads === 'string' ? heads : null) ??
    (await notFinite(contents.file, found, signal))
  if (problem !== null || typeof heads === 'string') return { ...NOTHING, layout, problem }
  const backbone = { ...shape, ...heads, normalization: config.normalization }
  return { ...NOTHING, kind: 'backbone', layout, names, backbone }
}

function headsIn(
  { metadata, values }: File,
  { heads, path }: BackboneConfig,
  { dim }: VitShape,
): Heads | string {
  const { arch } = (values as CheckpointValues | null)?.args ?? {}
  return chooseHeads(dim, {
    metadata: metadata.heads,
    config: { heads, path },
    checkpoint: headsOf(arch),
  })
}

/** What a file without a ViT is, as a clause; null if that is not known. */
function otherKind({ path, file, tensors }: File): string | null {
  const like = architectureOf(tensors.map(({ name }) => name))
  if (like)
    return `its tensors are named as those of ${like.name} (${like.tensor}), which stego does not support`
  if (file.isProgram) {
    return 'it is a TorchScript program; save its weights with torch.save(model.state_dict(), path) instead'
  }
  const part = partOf(path)
  return part && `it is ${part}`
}

/** A hint for one of several files of a model; null for other files. */
function partOf(path: string): string | null {
  const [, number, total] = /-(\d+)-of-(\d+)\.\w+$/.exec(path) ?? []
  if (number === undefined) return null
  return `file ${Number(number)} of the ${Number(total)} of a model: name their folder, or the .index.json in it`
}

async function notFinite(
  file: TensorFile,
  { names }: FoundBackbone,
  signal?: AbortSignal,
): Promise<string | null> {
  const wanted = new Set(Object.values(names).flat())
  const tensors = file.tensors.filter(
    ({ name, problem }: StoredTensor) => wanted.has(name) && problem === null,
  )
  const found = await findNotFinite(tensors, signal)
  return found && `its weights are not all finite: ${found.name} has ${found.value}`
}

/** Metadata that earlier versions of this package wrote to PyTorch files. */
function texts(values: unknown): Record<string, string> {
  const metadata = (values as { metadata?: unknown } | null)?.metadata
  if (typeof metadata !== 'object' || metadata === null) return {}
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => typeof value === 'string'))
}
