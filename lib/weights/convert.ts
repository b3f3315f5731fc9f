/** Converts weights from other programs to .safetensors under our names, without changing values. */
import { open } from 'node:fs/promises'
import { StegoError } from '../errors.js'
import { withFile } from '../formats/read-file.js'
import { readContiguous } from '../formats/read-values.js'
import type { StoredTensor, TensorEntry } from '../formats/tensor-file.js'
import { encodeHeader } from '../formats/write-safetensors.js'
import { pathOf } from '../options/path.js'
import { syncFile, writeWhole } from '../write-whole.js'
import { modelPath } from './model-file.js'
import { IMAGENET, withImageNetPatches } from './normalization.js'
import { writeRecord } from './record.js'
import { storedTensors } from './tensors.js'
import { openWeights, type WeightContents } from './weight-file.js'

/** Result of a conversion. */
export interface Conversion {
  /** Source file. */
  from: string
  /** Output file. */
  to: string
  /** What it contains. */
  kind: 'model' | 'backbone'
  /** Naming scheme of the source. The output uses this package's names. */
  layout: WeightContents['layout']
  /** Number of tensors converted. */
  tensors: number
}

/** Options of `convertWeights()`. */
export interface ConvertOptions {
  /** Attention heads of a backbone, which its tensors do not show. Default: what is known of the source. */
  heads?: number
  /** Aborts the conversion. The promise rejects with the signal's reason. */
  signal?: AbortSignal
}

/**
 * Converts the model or backbone in a weight file (or a run's last checkpoint) to a .safetensors file for `Stego.load`
 * or `backbone`, also readable in Python with `safetensors.torch.load_file`. An existing file is overwritten. For a
 * checkpoint, all tensors of its `state_dict` are kept, and its configuration as text, but not the optimizers of other
 * programs. Attention heads become metadata. If the files beside a backbone scale pixels unlike ImageNet's, that is folded
 * into its patch embedding; every other tensor keeps its values. Does not need libtorch.
 *
 * Throws `ERR_STEGO_OPTION` if `to` has another extension or `heads` do not fit, `ERR_STEGO_DATA_MISSING`, `ERR_STEGO_RUN` or
 * `ERR_STEGO_CHECKPOINT` for the source, `ERR_STEGO_FILE` if `to` cannot be written.
 */
export async function convertWeights(
  from: string | URL,
  to: string | URL,
  { heads, signal }: ConvertOptions = {},
): Promise<Conversion> {
  const target = pathOf(to)
  checkEnding(target)
  const source = modelPath(pathOf(from))
  const contents = await openWeights(source, signal, heads)
  const { file, kind, layout, names, problem } = contents
  if (kind === 'other' || !names) {
    const reason = problem ?? 'it is not a model or backbone that stego can read'
    throw new StegoError(
      'ERR_STEGO_CHECKPOINT',
      `${source} cannot be converted: ${reason}. \`stego inspect\` lists its contents.`,
    )
  }
  if (heads !== undefined) checkHeads(source, contents, heads)
  const normalization = contents.backbone?.normalization ?? IMAGENET
  return withImageNetPatches(storedTensors(file, names), normalization, async (stored) => {
    const tensors = Object.entries(stored).sort(([a], [b]) => (a < b ? -1 : 1))
    const entries = tensors.map(([name, parts]) => joined(name, parts))
    const header = encodeHeader(entries, metadataOf(contents, heads))
    const parts = tensors.flatMap(([, stored]) => stored)
    await writeWhole(target, (temporary) => copy(parts, header, temporary, signal))
    return { from: source, to: target, kind, layout, tensors: entries.length }
  })
}

function checkHeads(source: string, { backbone }: WeightContents, heads: number): void {
  if (backbone && Number.isSafeInteger(heads) && heads > 0 && backbone.dim % heads === 0) return
  const expected = backbone
    ? `expected a number of attention heads that divides the width of ${backbone.dim}, got ${heads}`
    : `attention heads can be given for a backbone, and ${source} is a model, which knows its own`
  throw new StegoError('ERR_STEGO_OPTION', `${expected}. Correct or omit heads.`)
}

function checkEnding(path: string): void {
  if (/\.safetensors$/i.test(path)) return
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `expected an output file ending in .safetensors, got ${path}. PyTorch can read such files with ` +
      'safetensors.torch.load_file.',
  )
}

/** Joins parts along the first axis into one tensor. */
function joined(name: string, parts: StoredTensor[]): TensorEntry {
  const { dtype, shape } = parts[0]!
  if (parts.length === 1) return { name, dtype, shape }
  const length = parts.reduce((sum, part) => sum + part.shape[0]!, 0)
  return { name, dtype, shape: [length, ...shape.slice(1)] }
}

/** Copies a header and tensor values, one tensor at a time. */
async function copy(
  tensors: StoredTensor[],
  header: Buffer,
  to: string,
  signal?: AbortSignal,
): Promise<void> {
  const target = await open(to, 'wx')
  try {
    await target.writeFile(header)
    for (const tensor of tensors) {
      signal?.throwIfAborted()
      const bytes = await withFile(tensor.file, 'weights', (file) => readContiguous(file, tensor))
      await target.writeFile(bytes)
    }
    await syncFile(target)
  } finally {
    await target.close()
  }
}

/** Stored metadata, or a model record or backbone heads, with other programs' configuration as JSON. */
function metadataOf(
  { metadata, record, backbone, values }: WeightContents,
  heads?: number,
): Record<string, string> {
  const known = heads ?? (backbone?.headsFrom === 'width' ? undefined : backbone?.heads)
  const configuration = (values as { hyper_parameters?: unknown } | null)?.hyper_parameters
  return {
    ...(configuration !== undefined && { hyper_parameters: JSON.stringify(configuration) }),
    ...metadata,
    ...(known !== undefined && { heads: String(known) }),
    ...(record && writeRecord(record)),
  }
}
