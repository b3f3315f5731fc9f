/** Writes safetensors: https://huggingface.co/docs/safetensors */
import type { Tensor, TensorData } from '../native/index.js'
import { writeWhole } from '../write-whole.js'
import { countOf, ELEMENT_BYTES, type TensorEntry } from './tensor-file.js'

/** Alignment of the tensor data. */
const ALIGNMENT = 8

const DTYPES: Record<string, string> = {
  Float64Array: 'F64',
  Float32Array: 'F32',
  BigInt64Array: 'I64',
  Int32Array: 'I32',
  Int16Array: 'I16',
  Int8Array: 'I8',
  Uint16Array: 'U16',
  Uint8Array: 'U8',
}

/** Encodes the header for tensors stored in this order. */
export function encodeHeader(tensors: readonly TensorEntry[], metadata: Record<string, string>): Buffer {
  let end = 0
  const places = tensors.map(({ name, dtype, shape }) => {
    const begin = end
    end += countOf(shape) * ELEMENT_BYTES[dtype]!
    return [name, { dtype, shape, data_offsets: [begin, end] }]
  })
  const texts = Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)))
  const json = Buffer.from(JSON.stringify({ __metadata__: texts, ...Object.fromEntries(places) }))
  const padding = Buffer.alloc((ALIGNMENT - (json.length % ALIGNMENT)) % ALIGNMENT, ' ')
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length + padding.length))
  return Buffer.concat([length, json, padding])
}

/**
 * Writes named arrays atomically, creating the folder if needed.
 * Rejects with `ERR_STEGO_FILE` if writing fails.
 */
export async function writeSafetensors(
  path: string,
  tensors: Record<string, Tensor<TensorData>>,
  metadata: Record<string, string>,
): Promise<void> {
  const sorted = Object.entries(tensors).sort(([a], [b]) => (a < b ? -1 : 1))
  const entries = sorted.map(([name, { data, shape }]) => ({
    name,
    dtype: DTYPES[Object.prototype.toString.call(data).slice(8, -1)]!,
    shape,
  }))
  const values = sorted.map(([, { data }]) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))
  await writeWhole(path, Buffer.concat([encodeHeader(entries, metadata), ...values]))
}
