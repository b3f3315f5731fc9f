/** Weights from one kind of file to the other, every bit of every tensor as it is. */
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StegoError } from '../errors.js'
import { job, type WeightFormat } from '../native/index.js'
import { modelPath } from './model-file.js'
import { writeRecord } from './record.js'
import { openWeights, type WeightContents } from './weight-file.js'

const FORMATS: [RegExp, WeightFormat][] = [
  [/\.safetensors$/i, 'safetensors'],
  [/\.(pth|pt|ckpt|pth\.tar)$/i, 'torch'],
]

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
  /** Kind of the file that was written. */
  format: WeightFormat
  /** Tensors that were carried over. */
  tensors: number
}

/**
 * Writes the model or the backbone of a weight file (or of a run's last checkpoint) under our names: as one .safetensors
 * that `Stego.load` and `backbone` take, or as a .pth for PyTorch, `torch.load(path, weights_only=True)`, with the tensors
 * under `state_dict` and the description under `metadata`. The end of `to` tells which; a file of that name is replaced.
 * Of a checkpoint all tensors of its `state_dict` are carried, and its configuration as text, but not the optimisers of
 * another program.
 *
 * Throws `ERR_STEGO_OPTION` for another ending, `ERR_STEGO_DATA_MISSING`, `ERR_STEGO_RUN` or `ERR_STEGO_CHECKPOINT` for
 * the source, `ERR_STEGO_FILE` where `to` can not be written.
 */
export async function convertWeights(from: string, to: string, signal?: AbortSignal): Promise<Conversion> {
  const format = formatOf(to)
  const source = modelPath(from)
  const contents = await openWeights(source, signal)
  const { kind, layout, names, problem } = contents
  if (kind === 'other' || !names) {
    const reason = problem ?? 'it is neither a model nor a backbone that stego reads'
    throw new StegoError(
      'ERR_STEGO_CHECKPOINT',
      `${source} can not be converted: ${reason}. \`stego inspect\` lists what it holds.`,
    )
  }
  await makeFolder(to)
  const metadata = metadataOf(contents)
  await job((native) => native.convertWeights(source, names, to, metadata, format), signal)
  return { from: source, to, kind, layout, format, tensors: Object.keys(names).length }
}

function formatOf(path: string): WeightFormat {
  const known = FORMATS.find(([ending]) => ending.test(path))
  if (known) return known[1]
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `expected a file to write that ends in .safetensors, .pth, .pt or .ckpt, received ${path}. Choose one of these.`,
  )
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

async function makeFolder(file: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true })
  } catch (cause) {
    throw new StegoError(
      'ERR_STEGO_FILE',
      `the folder of ${file} can not be made (${(cause as NodeJS.ErrnoException).code}). Choose another place.`,
      { cause },
    )
  }
}
