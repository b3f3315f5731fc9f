/** Weights of other programs as .safetensors under our names, every bit of every tensor as it is. */
import { open } from 'node:fs/promises'
import { StegoError } from '../errors.js'
import { withFile } from '../formats/read-file.js'
import { readContiguous } from '../formats/read-values.js'
import type { StoredTensor } from '../formats/tensor-file.js'
import { encodeHeader } from '../formats/write-safetensors.js'
import { syncFile, writeWhole } from '../write-whole.js'
import { modelPath } from './model-file.js'
import { writeRecord } from './record.js'
import { storedTensors } from './tensors.js'
import { openWeights, type WeightContents } from './weight-file.js'

/** What was converted. */
export interface Conversion {
  /** The file that was read. */
  from: string
  /** The file that was written. */
  to: string
  /** What it holds. */
  kind: 'model' | 'backbone'
  /** Whose names `from` had; those of `to` are ours. */
  layout: WeightContents['layout']
  /** Tensors that were carried over. */
  tensors: number
}

/**
 * Writes the model or the backbone of a weight file (or of a run's last checkpoint) under our names, as one .safetensors
 * that `Stego.load` and `backbone` take; in Python, `safetensors.torch.load_file` reads it. A file of that name is
 * replaced. Of a checkpoint all tensors of its `state_dict` are carried, and its configuration as text, but not the
 * optimizers of another program. Needs no libtorch.
 *
 * Throws `ERR_STEGO_OPTION` for another ending of `to`, `ERR_STEGO_DATA_MISSING`, `ERR_STEGO_RUN` or
 * `ERR_STEGO_CHECKPOINT` for the source, `ERR_STEGO_FILE` where `to` cannot be written.
 */
export async function convertWeights(from: string, to: string, signal?: AbortSignal): Promise<Conversion> {
  checkEnding(to)
  const source = modelPath(from)
  const contents = await openWeights(source, signal)
  const { file, kind, layout, names, problem } = contents
  if (kind === 'other' || !names) {
    const reason = problem ?? 'it is neither a model nor a backbone that stego reads'
    throw new StegoError(
      'ERR_STEGO_CHECKPOINT',
      `${source} cannot be converted: ${reason}. \`stego inspect\` lists what it holds.`,
    )
  }
  const tensors = Object.entries(storedTensors(file, names)).sort(([a], [b]) => (a < b ? -1 : 1))
  const entries = tensors.map(([name, parts]) => joined(source, name, parts as StoredTensor[]))
  const header = encodeHeader(entries, metadataOf(contents))
  await writeWhole(to, (temporary) =>
    copy(
      source,
      tensors.flatMap(([, parts]) => parts as StoredTensor[]),
      header,
      temporary,
      signal,
    ),
  )
  return { from: source, to, kind, layout, tensors: entries.length }
}

function checkEnding(path: string): void {
  if (/\.safetensors$/i.test(path)) return
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `expected a file to write that ends in .safetensors, got ${path}. PyTorch reads such files with ` +
      'safetensors.torch.load_file.',
  )
}

/** The tensor that parts are when they follow each other along the first axis. */
function joined(path: string, name: string, parts: StoredTensor[]) {
  const [first, ...others] = parts as [StoredTensor, ...StoredTensor[]]
  const width = (shape: number[]) => String(shape.slice(1))
  const other = others.find(
    ({ dtype, shape }) =>
      shape.length === 0 ||
      shape.length !== first.shape.length ||
      dtype !== first.dtype ||
      width(shape) !== width(first.shape),
  )
  if (other) {
    throw new StegoError(
      'ERR_STEGO_CHECKPOINT',
      `Expected the tensors of ${path} that make '${name}' to have one type and width, but '${other.name}' differs ` +
        `from '${first.name}'.`,
    )
  }
  if (others.length === 0) return { name, dtype: first.dtype, shape: first.shape }
  const length = parts.reduce((sum, { shape }) => sum + shape[0]!, 0)
  return { name, dtype: first.dtype, shape: [length, ...first.shape.slice(1)] }
}

/** Writes a header and the values of tensors, one tensor at a time. */
async function copy(
  source: string,
  tensors: StoredTensor[],
  header: Buffer,
  to: string,
  signal?: AbortSignal,
): Promise<void> {
  const target = await open(to, 'wx')
  try {
    await target.writeFile(header)
    await withFile(source, 'weights', async (file) => {
      for (const tensor of tensors) {
        signal?.throwIfAborted()
        await target.writeFile(await readContiguous(file, tensor))
      }
    })
    await syncFile(target)
  } finally {
    await target.close()
  }
}

/** What is stored already, or the record of a model or the heads of a backbone; other programs' configuration as JSON. */
function metadataOf({ metadata, record, heads, values }: WeightContents): Record<string, string> {
  const configuration = (values as { hyper_parameters?: unknown } | null)?.hyper_parameters
  return {
    ...(record ? writeRecord(record) : heads > 0 ? { heads: String(heads) } : {}),
    ...(configuration === undefined ? {} : { hyper_parameters: JSON.stringify(configuration) }),
    ...metadata,
  }
}
